#pragma once

#include <string>

#include "hastur/storage/root.hpp"
#include "hastur/types/storage_spec.hpp"

namespace hastur {

/// A container's root file system: an image with the container's data over it, mounted in this process's own mount
/// namespace (enter_private_mount_namespace first).
class Merged {
public:
    struct Parts {
        std::string layers;      ///< read-only layers, topmost first, separated by ':', relative to the root directory
        std::string container;   ///< the container's directory, relative to the root directory, with data/ and work/
        std::string source;      ///< what mountinfo shows as the source
        bool ephemeral = false;  ///< certainly gone afterwards: nothing needs to reach the disk
    };

    /// Mounts at Root::mount_point(). Where the file system cannot carry an overlay, the data goes into a tmpfs, and
    /// the user is told; never over data that exists already.
    Merged(const Root& root, const Parts& parts, const StorageSpec& storage);
    ~Merged();
    Merged(const Merged&) = delete;
    Merged& operator=(const Merged&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] int dir() const noexcept { return dir_.get(); }
    /// Unmounts it; what the destructor does, but errors are thrown.
    void unmount();

private:
    void mount_in_memory(const Root& root, const Parts& parts, const StorageSpec& storage);

    std::string path_;
    int mounts_ = 0;
    UniqueFd dir_;
};

}  // namespace hastur
