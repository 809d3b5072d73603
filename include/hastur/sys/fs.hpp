#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hastur/base/unique_fd.hpp"

/// Files and directories, always relative to an open directory. Everything here throws SysError,
/// retries EINTR and opens with O_CLOEXEC. `what` in a message is the name as given.
namespace hastur::fs {

/// Opens `path` below `dir` for hastur's own state: no symbolic link is followed anywhere on
/// the way and the path cannot leave `dir` (openat2(2), RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS).
[[nodiscard]] UniqueFd open_beneath(int dir, const std::string& path, int flags, mode_t mode = 0);
/// The same, but a missing file gives an empty handle.
[[nodiscard]] UniqueFd open_beneath_if_exists(int dir, const std::string& path, int flags);
/// Opens `path` as a process would whose root directory is `root`: absolute links and `..` stay
/// inside, /proc-style magic links are refused (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS).
/// The only way to touch a container's files.
[[nodiscard]] UniqueFd open_in_root(int root, const std::string& path, int flags, mode_t mode = 0);
/// Whether a symbolic link stands anywhere on the way to `path` below `root`, its end included.
[[nodiscard]] bool has_link(int root, const std::string& path);
/// Opens a directory by a path of the user's, links followed.
[[nodiscard]] UniqueFd open_directory(const std::string& path);

/// True if the directory was made, false if one was there already.
bool make_directory(int dir, const std::string& name, mode_t mode);
/// Opens a subdirectory of hastur's own; makes it (0700) if it is missing.
[[nodiscard]] UniqueFd open_or_make_directory(int dir, const std::string& name);
/// True if something with this name is there (a dangling link counts).
[[nodiscard]] bool exists(int dir, const std::string& name);
/// Removes a file; true if it was there.
bool remove_file(int dir, const std::string& name);
void rename(int from_dir, const std::string& from, int to_dir, const std::string& to);
/// Two entries change places in one step (renameat2(2), RENAME_EXCHANGE). False if one is missing or the file system
/// cannot do it.
[[nodiscard]] bool exchange(int dir, const std::string& one, int other_dir, const std::string& other);

/// The names in a directory but "." and "..", unsorted. The descriptor's position is not used.
[[nodiscard]] std::vector<std::string> list(int dir);

/// The contents of a regular file of at most `limit` bytes; nullopt if it is missing.
/// Throws for a larger file and for anything that is no regular file.
[[nodiscard]] std::optional<std::string> read_file(int dir, const std::string& name, std::size_t limit);
[[nodiscard]] std::optional<std::string> read_file(const std::string& path, std::size_t limit);

enum class Durability {
    cached,   ///< survives a crash of hastur
    durable,  ///< survives a power cut too: file and directory are synced around the rename
};
/// Replaces `name` in one step: a reader sees the old contents or the new, never a part,
/// and a link in its place is replaced, not followed. `name` has no directory in it. Two at once must not write the
/// same file: the callers hold a lock.
void write_file(int dir, const std::string& name, std::string_view contents, mode_t mode,
                Durability durability = Durability::cached);

/// Whether there is something in `dir` that write_file left when it was killed (or that it is writing just now).
[[nodiscard]] bool has_unfinished(int dir);
/// Removes that. Call under the lock that the writers hold.
void remove_unfinished(int dir);

/// Another descriptor of the same open file.
[[nodiscard]] UniqueFd duplicate(int fd);
void write_all(int fd, std::string_view bytes);

/// What is left for root on the file system that a directory is on, in bytes; the largest number if it does not tell.
[[nodiscard]] std::uint64_t free_bytes(int dir);

/// `bytes` random bytes in hexadecimal (getrandom(2)).
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace hastur::fs
