#include "hastur/image/os_release.hpp"

#include <sys/utsname.h>

#include <algorithm>

#include "hastur/base/error.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/types/text.hpp"

namespace hastur::image {
namespace {

/// Undoes shell quoting as os-release(5) allows it: one pair of quotes, backslash escapes in double quotes.
std::string unquote(std::string_view value) {
    if (value.size() < 2 || (value.front() != '"' && value.front() != '\'') || value.back() != value.front())
        return std::string(value);
    const bool escapes = value.front() == '"';
    value = value.substr(1, value.size() - 2);
    std::string plain;
    for (std::size_t at = 0; at < value.size(); ++at) {
        if (escapes && value[at] == '\\' && at + 1 < value.size()) ++at;
        plain += value[at];
    }
    return plain;
}

bool is_identifier(std::string_view text) {
    return !text.empty() && text::is_alnum(text.front()) && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return text::is_digit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-';
    });
}

}  // namespace

std::map<std::string, std::string> parse_os_release(std::string_view text) {
    std::map<std::string, std::string> variables;
    for (const auto raw : text::split(text, '\n')) {
        const auto line = text::trim(raw);
        const auto equals = line.find('=');
        if (line.empty() || line.front() == '#' || equals == 0 || equals == std::string_view::npos) continue;
        variables[std::string(line.substr(0, equals))] = unquote(line.substr(equals + 1));
    }
    return variables;
}

Os host_os() {
    constexpr std::size_t limit = 1U << 16U;
    auto contents = fs::read_file("/etc/os-release", limit);
    if (!contents) contents = fs::read_file("/usr/lib/os-release", limit);
    auto variables = parse_os_release(contents.value_or(""));
    Os os{variables["ID"], variables["VERSION_CODENAME"]};
    if (os.release.empty()) os.release = variables["VERSION_ID"];
    if (!is_identifier(os.id))
        throw Error("/etc/os-release does not say which distribution this is", "choose one: --os ID:RELEASE");
    return os;
}

Os parse_os(std::string_view text) {
    const auto colon = text.find(':');
    const auto id = text.substr(0, colon);
    const auto release = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    if (!is_identifier(id) || (colon != std::string_view::npos && !is_identifier(release)))
        throw UsageError("invalid distribution " + text::quoted(text) +
                         ": expected ID[:RELEASE], such as debian:bookworm");
    return {std::string(id), std::string(release)};
}

std::string debian_architecture() {
    static const std::map<std::string, std::string> names{
        {"x86_64", "amd64"}, {"aarch64", "arm64"}, {"armv7l", "armhf"}, {"i686", "i386"}, {"ppc64le", "ppc64el"}};
    utsname system{};
    ::uname(&system);
    const auto found = names.find(system.machine);
    return found != names.end() ? found->second : system.machine;
}

}  // namespace hastur::image
