#include "target.hpp"

#include <string>
#include <vector>

#include "hastur/cli/options.hpp"
#include "hastur/types/text.hpp"

using namespace hastur;

/// A whole command line, one word a line.
void fuzz(std::string_view input) {
    std::vector<std::string> words{"hastur"};
    for (const auto word : text::split(input, '\n')) words.emplace_back(word.substr(0, word.find('\0')));
    std::vector<const char*> argv;
    for (const auto& word : words) argv.push_back(word.c_str());
    argv.push_back(nullptr);
    const auto options = cli::parse(static_cast<int>(words.size()), argv.data());
    must(options.operation != cli::Operation::destroy || !options.names.empty());
    // What runs in the container is what stands last on the line, word by word.
    const auto& command = options.run.command.words;
    if (options.operation == cli::Operation::start) must(std::equal(command.rbegin(), command.rend(), words.rbegin()));
}
