#include "hastur/image/apt_sources.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "hastur/base/error.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/types/text.hpp"

namespace hastur::image {
namespace {

constexpr std::size_t file_limit = 1U << 20U;

std::vector<std::string> strings(const std::vector<std::string_view>& views) { return {views.begin(), views.end()}; }

/// One paragraph of deb822: field names in lower case; continuation lines joined by newlines.
using Paragraph = std::map<std::string, std::string>;

std::vector<Paragraph> paragraphs(std::string_view text) {
    std::vector<Paragraph> all(1);
    std::string field;
    for (const auto line : text::split(text, '\n')) {
        if (!line.empty() && line.front() == '#') continue;
        if (text::trim(line).empty()) {
            if (!all.back().empty()) all.emplace_back();
            field.clear();
        } else if (line.front() == ' ' || line.front() == '\t') {
            if (!field.empty()) all.back()[field] += "\n" + std::string(text::trim(line));
        } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
            field = std::string(line.substr(0, colon));
            std::ranges::transform(field, field.begin(),
                                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
            all.back()[field] = std::string(text::trim(line.substr(colon + 1)));
        }
    }
    return all;
}

std::string options_of(const Paragraph& paragraph) {
    std::vector<std::string> options;
    const auto add = [&](const char* field, const char* option) {
        const auto found = paragraph.find(field);
        if (found == paragraph.end()) return;
        options.push_back(fmt::format("{}={}", option, text::join(strings(text::words(found->second)), ",")));
    };
    add("architectures", "arch");
    add("signed-by", "signed-by");
    add("trusted", "trusted");
    add("check-valid-until", "check-valid-until");
    return text::join(options, " ");
}

/// "bookworm-security" -> "bookworm"; "bookworm/updates" -> "bookworm".
std::string_view release_of(std::string_view suite) { return suite.substr(0, suite.find_first_of("-/")); }

/// As apt reads a boolean (StringToBool).
bool is_no(std::string_view value) {
    return value == "no" || value == "false" || value == "without" || value == "off" || value == "disable" ||
           value == "0";
}

/// Whether the one-line format can say it: it has no way to quote these.
bool fits_one_line(const AptSource& source) {
    const auto plain = [](const std::string& word) { return word.find('#') == std::string::npos; };
    return source.options.find_first_of("#[]") == std::string::npos && !source.uri.starts_with('[') &&
           plain(source.uri) && plain(source.suite) && std::ranges::all_of(source.components, plain);
}

bool has_suffix(const std::string& name, std::string_view suffix) { return std::string_view(name).ends_with(suffix); }

}  // namespace

std::string AptSource::line() const {
    return fmt::format("deb {}{} {} {}", options.empty() ? "" : "[" + options + "] ", uri, suite,
                       text::join(components, " "));
}

std::vector<AptSource> parse_list(std::string_view text) {
    std::vector<AptSource> found;
    for (const auto raw : text::split(text, '\n')) {
        auto line = text::trim(raw.substr(0, raw.find('#')));
        if (!line.starts_with("deb ") && !line.starts_with("deb\t")) continue;
        line = text::trim(line.substr(3));
        AptSource source;
        if (line.starts_with('[')) {
            const auto close = line.find(']');
            if (close == std::string_view::npos) continue;
            source.options = text::join(strings(text::words(line.substr(1, close - 1))), " ");
            line = line.substr(close + 1);
        }
        const auto words = text::words(line);
        if (words.size() < 2) continue;
        source.uri = words[0];
        source.suite = words[1];
        source.components.assign(words.begin() + 2, words.end());
        if (fits_one_line(source)) found.push_back(std::move(source));
    }
    return found;
}

std::vector<AptSource> parse_deb822(std::string_view text) {
    std::vector<AptSource> found;
    for (auto& paragraph : paragraphs(text)) {
        const auto types = text::words(paragraph["types"]);
        if (std::ranges::find(types, "deb") == types.end() || is_no(paragraph["enabled"])) continue;
        // A key written out in the file itself has no place in the one-line format, and without it nothing verifies.
        if (paragraph["signed-by"].find("PGP PUBLIC KEY") != std::string::npos) continue;
        const auto options = options_of(paragraph);
        for (const auto uri : text::words(paragraph["uris"]))
            for (const auto suite : text::words(paragraph["suites"])) {
                AptSource source{std::string(uri), std::string(suite), strings(text::words(paragraph["components"])),
                                 options};
                if (fits_one_line(source)) found.push_back(std::move(source));
            }
    }
    return found;
}

std::vector<AptSource> host_apt_sources() {
    auto all = parse_list(fs::read_file("/etc/apt/sources.list", file_limit).value_or(""));
    const UniqueFd dir = [] {
        try {
            return fs::open_directory("/etc/apt/sources.list.d");
        } catch (const Error&) {
            return UniqueFd{};
        }
    }();
    if (!dir) return all;
    auto names = fs::list(dir.get());
    std::ranges::sort(names);
    for (const auto& name : names) {
        if (!has_suffix(name, ".list") && !has_suffix(name, ".sources")) continue;
        const auto contents = fs::read_file("/etc/apt/sources.list.d/" + name, file_limit).value_or("");
        std::ranges::move(has_suffix(name, ".list") ? parse_list(contents) : parse_deb822(contents),
                          std::back_inserter(all));
    }
    return all;
}

std::vector<AptSource> sources_for(const std::vector<AptSource>& sources, const std::string& host_release,
                                   const std::string& release) {
    // Some hosts name their release by what it is at the moment, not by its code name.
    const auto serves = [&](const AptSource& source, bool by_alias) {
        const auto name = release_of(source.suite);
        return by_alias ? name == "stable" || name == "oldstable" || name == "testing" || name == "unstable"
                        : name == host_release;
    };
    for (const bool by_alias : {false, true}) {
        std::vector<AptSource> chosen;
        for (auto source : sources) {
            if (!serves(source, by_alias)) continue;
            if (release != host_release) source.suite = release + source.suite.substr(release_of(source.suite).size());
            // Debian's rolling release has one suite only.
            if (release == "sid" && source.suite != "sid") continue;
            chosen.push_back(std::move(source));
        }
        if (!chosen.empty()) return chosen;
    }
    return {};
}

}  // namespace hastur::image
