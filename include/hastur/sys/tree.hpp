#pragma once

#include <cstdint>
#include <string>

/// Whole directory trees, walked by file descriptor: no symbolic link is followed, no other
/// file system is entered, names may be any bytes and depth has no limit.
namespace hastur::fs {

/// Removes `name` below `dir` with all that is in it; no error if it is missing.
/// Throws SysError for what resists (an immutable file, a mount point inside).
void remove_tree(int dir, const std::string& name);

/// Copies every entry of the directory `from` into the container whose root directory is `to_root`:
/// directories are merged, anything else replaces what has its name. Modes, owners, times,
/// links (hard and symbolic), device nodes and extended attributes are kept. A directory on the
/// way that is a link inside the container is followed inside the container only.
void copy_tree(int from, int to_root);

/// Bytes on disk (st_blocks) of everything below the directory; a file with several links counts once.
[[nodiscard]] std::uint64_t disk_usage(int dir);

}  // namespace hastur::fs
