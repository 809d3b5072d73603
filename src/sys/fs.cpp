#include "hastur/sys/fs.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include <algorithm>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include "hastur/base/error.hpp"
#include "hastur/base/fault.hpp"
#include "hastur/types/text.hpp"

namespace hastur::fs {
namespace {

int openat2(int dir, const std::string& path, int flags, mode_t mode, std::uint64_t resolve) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
    how.mode = mode;
    how.resolve = resolve;
    long fd = -1;
    // EAGAIN: a rename raced with the resolution, and the kernel could not vouch for the result.
    do fd = ::syscall(SYS_openat2, dir, path.c_str(), &how, sizeof how);
    while (fd < 0 && (errno == EINTR || errno == EAGAIN));
    return static_cast<int>(fd);
}

/// TEMP_FAILURE_RETRY makes a long of every int.
template <class Call>
int retry(Call&& call) {
    int result = -1;
    do result = call();
    while (result < 0 && errno == EINTR);
    return result;
}

// No interface's and no container's name starts with a dash.
constexpr const char* unfinished_prefix = "-";
constexpr const char* unfinished_suffix = ".new";

bool is_unfinished(const std::string& name) {
    return name.starts_with(unfinished_prefix) && name.ends_with(unfinished_suffix);
}

auto opening(const std::string& path) {
    return [&path] { return "opening " + text::quoted(path); };
}

std::optional<std::string> read_regular(UniqueFd fd, const std::string& name, std::size_t limit) {
    struct stat info {};
    check(::fstat(fd.get(), &info), opening(name));
    if (!S_ISREG(info.st_mode)) throw Error(text::quoted(name) + " is no regular file");
    std::string contents;
    std::size_t filled = 0;
    // Files in /proc say that their size is 0: the buffer grows as far as it must.
    for (std::size_t room = std::min(limit, static_cast<std::size_t>(info.st_size)) + 4096; filled <= limit;
         room *= 2) {
        contents.resize(std::min(room, limit + 1));
        const auto got = TEMP_FAILURE_RETRY(::read(fd.get(), contents.data() + filled, contents.size() - filled));
        check(got, [&] { return "reading " + text::quoted(name); });
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    if (filled > limit) throw Error(fmt::format("{} is larger than {} bytes", text::quoted(name), limit));
    contents.resize(filled);
    return contents;
}

}  // namespace

UniqueFd open_beneath(int dir, const std::string& path, int flags, mode_t mode) {
    return UniqueFd(check(openat2(dir, path, flags, mode, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), opening(path)));
}

UniqueFd open_beneath_if_exists(int dir, const std::string& path, int flags) {
    const int fd = openat2(dir, path, flags, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    if (fd < 0 && errno == ENOENT) return UniqueFd{};
    return UniqueFd(check(fd, opening(path)));
}

UniqueFd open_in_root(int root, const std::string& path, int flags, mode_t mode) {
    return UniqueFd(check(openat2(root, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), opening(path)));
}

bool has_link(int root, const std::string& path) {
    const UniqueFd found(openat2(root, path, O_PATH, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
    return !found && errno == ELOOP;
}

UniqueFd open_directory(const std::string& path) {
    return UniqueFd(
        check(retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }), opening(path)));
}

bool make_directory(int dir, const std::string& name, mode_t mode) {
    fault::point("before making a directory");
    if (::mkdirat(dir, name.c_str(), mode) == 0) {
        fault::point("made a directory");
        return true;
    }
    if (errno == EEXIST) return false;
    throw_sys_error(errno, "creating directory " + text::quoted(name));
}

UniqueFd open_or_make_directory(int dir, const std::string& name) {
    constexpr int directory = O_RDONLY | O_DIRECTORY;
    if (auto fd = open_beneath_if_exists(dir, name, directory)) return fd;
    make_directory(dir, name, 0700);
    return open_beneath(dir, name, directory);
}

bool exists(int dir, const std::string& name) {
    if (::faccessat(dir, name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return true;
    if (errno == ENOENT) return false;
    throw_sys_error(errno, "looking for " + text::quoted(name));
}

bool remove_file(int dir, const std::string& name) {
    fault::point("before removing a file");
    if (::unlinkat(dir, name.c_str(), 0) == 0) return true;
    if (errno == ENOENT) return false;
    throw_sys_error(errno, "removing " + text::quoted(name));
}

void rename(int from_dir, const std::string& from, int to_dir, const std::string& to) {
    fault::point("before renaming");
    check(::renameat(from_dir, from.c_str(), to_dir, to.c_str()),
          [&] { return "renaming " + text::quoted(from) + " to " + text::quoted(to); });
    fault::point("renamed");
}

bool exchange(int dir, const std::string& one, int other_dir, const std::string& other) {
    fault::point("before exchanging");
    const int result = ::renameat2(dir, one.c_str(), other_dir, other.c_str(), RENAME_EXCHANGE);
    if (result < 0 && (errno == EINVAL || errno == ENOENT)) return false;
    check(result, [&] { return "exchanging " + text::quoted(one) + " and " + text::quoted(other); });
    fault::point("exchanged");
    return true;
}

std::vector<std::string> list(int dir) {
    const auto listing = [] { return "listing a directory"; };
    UniqueFd fd(check(::openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), listing));
    DIR* opened = nullptr;
    do opened = ::fdopendir(fd.get());
    while (opened == nullptr && errno == EINTR);
    check(opened != nullptr ? 0 : -1, listing);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(opened, ::closedir);
    (void)fd.release();  // the stream's from now on
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(stream.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    return names;
}

std::optional<std::string> read_file(int dir, const std::string& name, std::size_t limit) {
    auto fd = open_beneath_if_exists(dir, name, O_RDONLY | O_NONBLOCK);
    if (!fd) return std::nullopt;
    return read_regular(std::move(fd), name, limit);
}

std::optional<std::string> read_file(const std::string& path, std::size_t limit) {
    UniqueFd fd(retry([&] { return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC); }));
    if (!fd && errno == ENOENT) return std::nullopt;
    check(fd.get(), opening(path));
    return read_regular(std::move(fd), path, limit);
}

UniqueFd duplicate(int fd) {
    return UniqueFd(
        check(retry([&] { return ::fcntl(fd, F_DUPFD_CLOEXEC, 3); }), [] { return "duplicating a descriptor"; }));
}

void write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written =
            check(TEMP_FAILURE_RETRY(::write(fd, bytes.data(), bytes.size())), [] { return "writing"; });
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

bool has_unfinished(int dir) { return std::ranges::any_of(list(dir), is_unfinished); }

void remove_unfinished(int dir) {
    for (const auto& name : list(dir))
        if (is_unfinished(name)) remove_file(dir, name);
}

void write_file(int dir, const std::string& name, std::string_view contents, mode_t mode, Durability durability) {
    // Always the same name, so that a kill leaves at most one, which the next writer replaces.
    const auto temporary = unfinished_prefix + name + unfinished_suffix;
    const auto writing = "writing " + text::quoted(name);
    with_context(writing, [&] {
        ::unlinkat(dir, temporary.c_str(), 0);
        try {
            const UniqueFd file = open_beneath(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
            fault::point("created a file");
            write_all(file.get(), contents);
            fault::point("wrote a file");
            check(::fchmod(file.get(), mode), [] { return "setting its mode"; });
            if (durability == Durability::durable) check(::fsync(file.get()), [] { return "syncing"; });
            rename(dir, temporary, dir, name);
        } catch (...) {
            ::unlinkat(dir, temporary.c_str(), 0);
            throw;
        }
        if (durability == Durability::durable) check(::fsync(dir), [] { return "syncing its directory"; });
    });
}

std::uint64_t free_bytes(int dir) {
    struct statvfs info {};
    check(TEMP_FAILURE_RETRY(::fstatvfs(dir, &info)), [] { return "looking for free space"; });
    if (info.f_blocks == 0) return std::numeric_limits<std::uint64_t>::max();
    return static_cast<std::uint64_t>(info.f_bfree) * info.f_frsize;
}

std::string random_hex(std::size_t bytes) {
    std::string raw(bytes, '\0');
    // Requests of up to 256 bytes are never cut short (getrandom(2)).
    check(TEMP_FAILURE_RETRY(::getrandom(raw.data(), raw.size(), 0)), [] { return "getrandom"; });
    return text::to_hex(raw);
}

}  // namespace hastur::fs
