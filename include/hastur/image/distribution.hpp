#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "hastur/image/manifest.hpp"

namespace hastur::image {

/// Where an image is built.
struct BuildSite {
    std::string target;   ///< the directory to fill; it does not exist yet
    std::string scratch;  ///< directory for temporary files, gone when the build ends
    std::string cache;    ///< directory of downloaded packages, kept from build to build, shared by concurrent builds
    std::function<void(std::string_view step)> on_progress;
};

/// The policy of one distribution: which releases, sources and packages make its minimal system. How packages get
/// into a directory is an installer's business (installer.hpp). Arch or Fedora come in as another of these.
class Distribution {
public:
    /// Throws UsageError for an unknown one.
    [[nodiscard]] static const Distribution& find(std::string_view id);

    virtual ~Distribution() = default;
    [[nodiscard]] virtual std::string default_release() const = 0;
    [[nodiscard]] virtual std::string architecture() const = 0;
    /// Lines that say where packages come from, in the distribution's own format.
    [[nodiscard]] virtual std::vector<std::string> sources(const Os& os, const Os& host,
                                                           const std::string& mirror) const = 0;
    /// Builds the image into `site.target`. Throws with the package manager's own words.
    virtual void bootstrap(const Manifest& manifest, const BuildSite& site) const = 0;
};

}  // namespace hastur::image
