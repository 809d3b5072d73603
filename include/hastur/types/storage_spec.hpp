#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hastur {

/// What `-s SPEC` says.
struct StorageSpec {
    enum class Kind {
        autodetect,  ///< overlayfs on the root's file system; its tmpfs where that cannot carry an overlay
        overlayfs,   ///< the same, asked for by name
        tmpfs,       ///< the container's data in memory, gone when it ends
    };
    Kind kind = Kind::autodetect;
    /// Bytes, at least 1 MiB: the size of the tmpfs, where one is used. Without it: half of the memory (tmpfs(5)).
    std::optional<std::uint64_t> size;

    /// `autodetect`, `overlayfs[:SIZE]` or `tmpfs[:SIZE]`; SIZE is a number with K, M, G or T behind. Throws
    /// UsageError.
    [[nodiscard]] static StorageSpec parse(std::string_view text);
};

}  // namespace hastur
