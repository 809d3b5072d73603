#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// Mounts, through libmount. Call in a private mount namespace. Throws SysError.
namespace hastur::mount {

/// What an overlay is made of. Paths are relative to `base`, so that no character in the root's path
/// needs escaping in the option string (kernel: Documentation/filesystems/overlayfs.rst).
struct Overlay {
    std::string base;   ///< directory that `lower`, `upper` and `work` are relative to. A path, because a
                        ///< descriptor from before would lead into the mount namespace that we left
    std::string lower;  ///< topmost layer first, separated by ':'
    std::string upper;
    std::string work;
    std::string source;        ///< shown in mountinfo; hastur's mark
    bool is_volatile = false;  ///< never sync: the data will not survive anyway
};

void overlay(const Overlay& what, const std::string& target);
/// `size` in bytes; without it the kernel's default, half of the memory.
void tmpfs(const std::string& target, const std::string& source, std::optional<std::uint64_t> size, mode_t mode);
/// Takes the mount away from the tree at once; what is open in it stays usable (MNT_DETACH).
void detach(const std::string& target);

}  // namespace hastur::mount
