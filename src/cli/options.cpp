#include "hastur/cli/options.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "hastur/base/error.hpp"
#include "hastur/types/text.hpp"

namespace hastur::cli {
namespace {

constexpr const char* see_help = "hastur --help shows what there is";

/// The words as they stand on the command line, before anything is checked.
struct Raw {
    bool start = false, query = false, images = false, destroy = false, free = false, help = false, version = false;
    bool quiet = false, verbose = false, force = false, json = false, keep = false, keep_failed = false;
    bool own_filters = false;
    std::string root = "/var/lib/hastur";
    std::string storage = "autodetect", bridge = "hastur0", address, uplink, name, copy, os, mirror;
    std::vector<std::string> packages, environment, rest;
    bool has_name = false;
};

void define(CLI::App& app, Raw& raw) {
    app.set_help_flag();
    app.add_flag("-S,--start", raw.start);
    app.add_flag("-Q,--query", raw.query);
    app.add_flag("-i,--images", raw.images);
    app.add_flag("-D,--destroy", raw.destroy);
    app.add_flag("--free", raw.free);
    app.add_flag("-h,--help", raw.help);
    app.add_flag("--version", raw.version);
    app.add_flag("-q,--quiet", raw.quiet);
    app.add_flag("-v,--verbose", raw.verbose);
    app.add_flag("-f,--force", raw.force);
    app.add_flag("-j,--json", raw.json);
    app.add_flag("-k,--keep", raw.keep);
    app.add_flag("-e,--keep-failed", raw.keep_failed);
    app.add_flag("--own-filters", raw.own_filters);
    // A value that is given twice replaces the first; lists add up.
    const auto value = [&](const char* names, std::string& target) {
        return app.add_option(names, target)->take_last()->expected(1);
    };
    const auto list = [&](const char* names, std::vector<std::string>& target) {
        return app.add_option(names, target)->take_all()->expected(1)->allow_extra_args(false);
    };
    value("-r,--root", raw.root);
    value("-s,--storage", raw.storage);
    value("-b,--bridge", raw.bridge);
    value("-a,--address", raw.address);
    value("-t,--uplink", raw.uplink);
    value("-n,--name", raw.name);
    value("-x,--copy", raw.copy);
    value("--os", raw.os);
    value("--mirror", raw.mirror);
    list("-p,--packages", raw.packages);
    list("-E,--setenv", raw.environment);
}

/// An empty value is a script's unset variable, not a wish for the default.
void parse_words(CLI::App& app, const std::vector<std::string>& words) {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them in reverse
    for (const auto* option : app.get_options())
        if (option->get_expected_max() > 0 && option->count() > 0 &&
            std::ranges::find(option->results(), "") != option->results().end())
            throw UsageError("the value of " + option->get_name() + " is empty");
}

/// Parses up to the first word that is no option. What is behind it goes to `rest`, untouched.
Raw parse_prefix(const std::vector<std::string>& words) {
    Raw raw;
    CLI::App app;
    define(app, raw);
    app.prefix_command();
    parse_words(app, words);
    raw.has_name = app.count("-n") > 0;
    raw.rest = app.remaining();
    // CLI11 leaves the mark in, and takes an option that it does not know for the first word of the command.
    if (raw.rest.empty()) return raw;
    if (raw.rest.front() == "--")
        raw.rest.erase(raw.rest.begin());
    else if (raw.rest.front().starts_with('-'))
        throw UsageError("unknown option " + text::quoted(raw.rest.front()), see_help);
    return raw;
}

/// Parses options and names in any order.
Raw parse_mixed(const std::vector<std::string>& words) {
    Raw raw;
    CLI::App app;
    define(app, raw);
    app.add_option("names", raw.rest);
    parse_words(app, words);
    return raw;
}

Operation operation_of(const Raw& raw) {
    if (raw.help) return Operation::help;
    if (raw.version) return Operation::version;
    const int chosen = static_cast<int>(raw.start) + raw.query + raw.destroy + raw.free;
    if (chosen == 0) throw UsageError("no operation given: -S, -Q, -D or --free", "hastur --help lists them");
    if (chosen > 1) throw UsageError("only one operation at a time: -S, -Q, -D or --free");
    if (raw.images && !raw.query && !raw.destroy) throw UsageError("-i goes with -Q or -D");
    if (raw.start) return Operation::start;
    if (raw.query) return raw.images ? Operation::query_images : Operation::query_containers;
    if (raw.free) return Operation::free;
    return raw.images ? Operation::destroy_images : Operation::destroy;
}

void check_variable(const std::string& variable) {
    const auto name = variable.substr(0, variable.find('='));
    const bool valid = variable.size() > name.size() && !name.empty() && !text::is_digit(name.front()) &&
                       std::ranges::all_of(name, [](char c) { return text::is_alnum(c) || c == '_'; });
    if (!valid) throw UsageError("invalid variable " + text::quoted(variable) + ": expected NAME=VALUE");
}

container::RunSpec run_spec(const Raw& raw) {
    container::RunSpec spec;
    if (raw.has_name) spec.name.emplace(raw.name);
    spec.keep = raw.keep;
    spec.keep_failed = raw.keep_failed;
    spec.bootstrap_anew = raw.force;
    spec.own_filters = raw.own_filters;
    spec.image.os = raw.os;
    spec.image.mirror = raw.mirror;
    if (!raw.os.empty()) [[maybe_unused]]
        const auto valid = image::parse_os(raw.os);
    for (const auto& packages : raw.packages) spec.image.packages.add_list(packages);
    spec.storage = StorageSpec::parse(raw.storage);
    spec.bridge = BridgeSpec::parse(raw.bridge);
    if (!raw.address.empty()) spec.address = AddressSpec::parse(raw.address);
    if (!raw.uplink.empty()) spec.uplink.emplace(raw.uplink);
    if (!raw.copy.empty()) spec.copy_from = raw.copy;
    for (const auto& variable : raw.environment) check_variable(variable);
    spec.command = {raw.rest, raw.environment};
    return spec;
}

std::vector<std::string> image_ids(const std::vector<std::string>& words) {
    if (words.empty()) throw UsageError("-Di needs the id of an image", "hastur -Qi lists them");
    for (const auto& id : words)
        if (!image::Manifest::valid_id(id))
            throw UsageError("invalid image id " + text::quoted(id), "hastur -Qi lists them");
    return words;
}

void refuse_words(const Raw& raw, const char* operation) {
    if (!raw.rest.empty()) throw UsageError("unexpected word " + text::quoted(raw.rest.front()) + " with " + operation);
}

Options understand(const Raw& raw, Operation operation) {
    if (raw.quiet && raw.verbose) throw UsageError("-q and -v contradict each other");
    Options options;
    options.operation = operation;
    options.root = raw.root;
    options.quiet = raw.quiet;
    options.verbose = raw.verbose;
    options.force = raw.force;
    options.json = raw.json;
    if (operation == Operation::start) options.run = run_spec(raw);
    if (operation == Operation::query_images) refuse_words(raw, "-Qi");
    if (operation == Operation::free) refuse_words(raw, "--free");
    if (operation == Operation::query_containers || operation == Operation::destroy)
        for (const auto& name : raw.rest) options.names.emplace_back(name);
    if (operation == Operation::destroy && options.names.empty()) throw UsageError("-D needs the name of a container");
    if (operation == Operation::destroy_images) options.image_ids = image_ids(raw.rest);
    return options;
}

}  // namespace

Options parse(int argc, const char* const* argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    try {
        // The first word that is no option ends the options of -S; for the others names and options may mix.
        auto raw = parse_prefix(words);
        const bool mixed = !raw.start && (raw.query || raw.destroy || raw.free);
        if (mixed) raw = parse_mixed(words);
        const auto operation = operation_of(raw);
        return understand(raw, operation);
    } catch (const CLI::Error& error) {
        throw UsageError(error.what(), see_help);
    }
}

}  // namespace hastur::cli
