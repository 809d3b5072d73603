#pragma once

#include <map>
#include <string>
#include <string_view>

namespace hastur::image {

/// A distribution and one of its releases, as os-release(5) calls them: {"debian", "bookworm"}.
struct Os {
    std::string id;
    std::string release;
};

/// The variables of an os-release(5) text, unquoted. Lines that are no assignment are skipped.
[[nodiscard]] std::map<std::string, std::string> parse_os_release(std::string_view text);

/// The host's own distribution. Throws if /etc/os-release does not say.
[[nodiscard]] Os host_os();

/// `ID[:RELEASE]`, lower-case letters, digits, '.', '_' and '-'. The release is empty if not given. Throws UsageError.
[[nodiscard]] Os parse_os(std::string_view text);

/// The machine's architecture as Debian calls it: "amd64", "arm64", …
[[nodiscard]] std::string debian_architecture();

}  // namespace hastur::image
