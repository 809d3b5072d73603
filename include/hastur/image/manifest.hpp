#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hastur/image/os_release.hpp"
#include "hastur/types/package_set.hpp"

namespace hastur::image {

/// All that an image depends on. Equal manifests give equal images, so the hash of one is the image's id.
struct Manifest {
    Os os;
    std::string architecture;
    std::vector<std::string> sources;   ///< where packages come from, in order; empty: the installer's default
    std::vector<std::string> packages;  ///< on top of the base set, sorted, unique

    /// 16 hexadecimal digits of the SHA-256 of everything above and of the image format's version.
    [[nodiscard]] std::string id() const;
    [[nodiscard]] static bool valid_id(std::string_view text) noexcept;
    /// "debian bookworm with git, nginx", for people.
    [[nodiscard]] std::string describe() const;
};

/// What the command line says about an image.
struct Choice {
    std::string os;      ///< `ID[:RELEASE]`; empty: the host's
    std::string mirror;  ///< URL; empty: the host's sources
    PackageSet packages;
};

/// Fills in what the command line leaves open, by the policy of the distribution. Throws UsageError for a
/// distribution that hastur does not know.
[[nodiscard]] Manifest resolve(const Choice& choice);

}  // namespace hastur::image
