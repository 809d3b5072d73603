#include <algorithm>

#include "hastur/base/error.hpp"
#include "hastur/image/apt_sources.hpp"
#include "hastur/image/distribution.hpp"
#include "hastur/image/installer.hpp"
#include "hastur/sys/process.hpp"
#include "hastur/types/text.hpp"

namespace hastur::image {
namespace {

/// Debian and its derivative Ubuntu.
class DebianFamily : public Distribution {
public:
    DebianFamily(std::string id, std::string default_release, std::vector<std::string> components)
        : id_(std::move(id)), default_release_(std::move(default_release)), components_(std::move(components)) {}

    [[nodiscard]] std::string default_release() const override { return default_release_; }
    [[nodiscard]] std::string architecture() const override { return debian_architecture(); }

    [[nodiscard]] std::vector<std::string> sources(const Os& os, const Os& host,
                                                   const std::string& mirror) const override {
        std::vector<std::string> lines;
        if (!mirror.empty()) {
            check_mirror(mirror);
            lines.push_back(AptSource{mirror, os.release, components_, ""}.line());
        } else if (host.id == id_) {
            for (const auto& source : sources_for(host_apt_sources(), host.release, os.release))
                lines.push_back(source.line());
        }
        return lines;
    }

    void bootstrap(const Manifest& manifest, const BuildSite& site) const override {
        installer::AptJob job{manifest.os.release,
                              manifest.architecture,
                              manifest.sources,
                              {"bash", "coreutils", "iproute2", "iputils-ping"}};
        std::ranges::copy(manifest.packages, std::back_inserter(job.packages));
        if (!process::find("mmdebstrap") && process::find("debootstrap"))
            installer::debootstrap(job, site);
        else
            installer::mmdebstrap(job, site);
    }

private:
    static void check_mirror(const std::string& mirror) {
        const auto colon = mirror.find(':');
        if (colon == std::string::npos || colon == 0 || mirror.find_first_of(" \t\n\r[]") != std::string::npos ||
            mirror.size() > 2000)
            throw UsageError("invalid mirror " + text::quoted(mirror) + ": expected a URL");
    }

    std::string id_, default_release_;
    std::vector<std::string> components_;
};

}  // namespace

const Distribution& Distribution::find(std::string_view id) {
    static const DebianFamily debian("debian", "stable", {"main"});
    static const DebianFamily ubuntu("ubuntu", "noble", {"main", "universe"});
    if (id == "debian") return debian;
    if (id == "ubuntu") return ubuntu;
    throw UsageError("unknown distribution " + text::quoted(id) + ": hastur knows debian and ubuntu",
                     "choose one: --os debian:stable");
}

}  // namespace hastur::image
