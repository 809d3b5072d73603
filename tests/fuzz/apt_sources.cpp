#include "target.hpp"

#include "hastur/image/apt_sources.hpp"

using namespace hastur::image;

/// A source that was read becomes one line that reads the same.
void fuzz(std::string_view input) {
    for (const auto& sources : {parse_list(input), parse_deb822(input)})
        for (const auto& source : sources) {
            const auto line = source.line();
            must(line.find('\n') == std::string::npos);
            const auto again = parse_list(line);
            must(again.size() == 1 && again.front().line() == line);
        }
}
