#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hastur::image {

/// One enabled binary archive out of sources.list(5).
struct AptSource {
    std::string uri, suite;
    std::vector<std::string> components;
    std::string options;  ///< as between the brackets of a one-line entry; may be empty

    [[nodiscard]] std::string line() const;  ///< in the one-line format
};

/// The one-line format (`*.list`). Lines that make no sense are skipped, as are `deb-src` lines.
[[nodiscard]] std::vector<AptSource> parse_list(std::string_view text);
/// The deb822 format (`*.sources`).
[[nodiscard]] std::vector<AptSource> parse_deb822(std::string_view text);

/// All that /etc/apt/sources.list and sources.list.d say, in apt's order.
[[nodiscard]] std::vector<AptSource> host_apt_sources();

/// Those of `sources` that serve `release` of the host's distribution, whose own release is `host_release`. For
/// another release the host's entries are rewritten (bookworm-security becomes trixie-security).
[[nodiscard]] std::vector<AptSource> sources_for(const std::vector<AptSource>& sources, const std::string& host_release,
                                                 const std::string& release);

}  // namespace hastur::image
