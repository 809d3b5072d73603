#pragma once

#include <string>
#include <vector>

/// Where everything is measured: a mount and a network namespace of our own, and the image that hastur made.
namespace bench {

struct Scene {
    std::string hastur;     ///< the program
    std::string directory;  ///< for all that is made here; absolute, empty at the beginning
    std::string root;       ///< hastur's root directory, with one image
    std::string image;      ///< that image's root file system
    std::string bridge;     ///< hastur's, up, with an address
    std::string nspawn;     ///< path of systemd-nspawn

    /// hastur on this root, with these words behind.
    [[nodiscard]] std::vector<std::string> hastur_with(std::vector<std::string> words) const;
    /// A new overlay on the image, mounted: what a peer may write to.
    [[nodiscard]] std::string writable_image(const std::string& name) const;
};

/// Enters the namespaces and gets everything ready.
Scene set_the_scene(const std::string& hastur, const std::string& directory);

}  // namespace bench
