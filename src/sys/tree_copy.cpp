#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <map>
#include <string>
#include <utility>

#include "hastur/base/error.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/tree.hpp"
#include "hastur/types/text.hpp"

namespace hastur::fs {
namespace {

/// Copies one tree. `path_` is where we are, relative to both roots; the destination is resolved anew
/// inside the container for each directory, because a link there may lead elsewhere in the container.
class TreeCopy {
public:
    explicit TreeCopy(int to_root) : to_root_(to_root) {}

    void copy_entries(int from, const std::string& path) {
        const UniqueFd to = open_in_root(to_root_, path.empty() ? "/" : path, O_RDONLY | O_DIRECTORY);
        for (const auto& name : list(from))
            with_context("copying " + text::quoted(path + "/" + name),
                         [&] { copy_entry(from, to.get(), name, path + "/" + name); });
    }

private:
    void copy_entry(int from, int to, const std::string& name, const std::string& path) {
        struct stat info {};
        check(::fstatat(from, name.c_str(), &info, AT_SYMLINK_NOFOLLOW), [] { return "stat"; });
        if (S_ISDIR(info.st_mode)) return copy_directory(from, to, name, path, info);

        if (::unlinkat(to, name.c_str(), 0) < 0 && errno != ENOENT) throw_sys_error(errno, "replacing what is there");
        if (info.st_nlink > 1) {
            const auto [first, is_new] = links_.try_emplace({info.st_dev, info.st_ino}, path);
            if (!is_new) return link_again(to, name, first->second);
        }
        if (S_ISREG(info.st_mode)) return copy_file(from, to, name, info);
        if (S_ISLNK(info.st_mode))
            copy_symlink(from, to, name);
        else
            check(::mknodat(to, name.c_str(), info.st_mode, info.st_rdev), [] { return "creating a node"; });
        const UniqueFd made(
            check(::openat(to, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC), [] { return "opening"; }));
        const UniqueFd source(
            check(::openat(from, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC), [] { return "opening"; }));
        set_attributes(source.get(), made.get(), info);
    }

    void copy_directory(int from, int to, const std::string& name, const std::string& path, const struct stat& info) {
        const UniqueFd source(check(::openat(from, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                                    [] { return "opening"; }));
        const bool made = make_directory(to, name, 0700);
        copy_entries(source.get(), path);
        const UniqueFd target = open_in_root(to_root_, path, O_RDONLY | O_DIRECTORY);
        // What was there keeps its owner and mode: `DIR/etc` must not change the container's /etc.
        if (made) set_attributes(source.get(), target.get(), info);
    }

    static void copy_file(int from, int to, const std::string& name, const struct stat& info) {
        const UniqueFd source(
            check(::openat(from, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC), [] { return "opening"; }));
        const UniqueFd target(
            check(::openat(to, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600),
                  [] { return "creating"; }));
        constexpr std::size_t chunk = 1U << 30U;
        ssize_t copied = 0;
        do
            copied = check(TEMP_FAILURE_RETRY(::sendfile(target.get(), source.get(), nullptr, chunk)),
                           [] { return "writing"; });
        while (copied > 0);
        set_attributes(source.get(), target.get(), info);
    }

    static void copy_symlink(int from, int to, const std::string& name) {
        std::array<char, PATH_MAX> target{};
        check(::readlinkat(from, name.c_str(), target.data(), target.size() - 1), [] { return "reading a link"; });
        check(::symlinkat(target.data(), to, name.c_str()), [] { return "creating a link"; });
    }

    void link_again(int to, const std::string& name, const std::string& first) {
        const auto slash = first.rfind('/');
        const UniqueFd dir = open_in_root(to_root_, slash == 0 ? "/" : first.substr(0, slash), O_RDONLY | O_DIRECTORY);
        check(::linkat(dir.get(), first.c_str() + slash + 1, to, name.c_str(), 0),
              [] { return "creating a hard link"; });
    }

    /// Owner before mode: chown clears set-id bits. Through /proc/self/fd because an O_PATH descriptor
    /// of a link or a node has no f*() calls of its own.
    static void set_attributes(int from, int to, const struct stat& info) {
        const auto source = "/proc/self/fd/" + std::to_string(from);
        const auto target = "/proc/self/fd/" + std::to_string(to);
        check(::fchownat(to, "", info.st_uid, info.st_gid, AT_EMPTY_PATH), [] { return "setting the owner"; });
        if (!S_ISLNK(info.st_mode)) {
            check(::chmod(target.c_str(), info.st_mode & 07777), [] { return "setting the mode"; });
            copy_xattrs(source, target);
        }
        const std::array<timespec, 2> times{info.st_atim, info.st_mtim};
        check(::utimensat(to, "", times.data(), AT_EMPTY_PATH), [] { return "setting the times"; });
    }

    static void copy_xattrs(const std::string& from, const std::string& to) {
        std::string names(XATTR_LIST_MAX, '\0');
        const auto length = ::listxattr(from.c_str(), names.data(), names.size());
        if (length < 0 && errno == EOPNOTSUPP) return;
        names.resize(static_cast<std::size_t>(check(length, [] { return "listing attributes"; })));
        std::string value(XATTR_SIZE_MAX, '\0');
        for (std::size_t at = 0; at < names.size(); at += names.find('\0', at) - at + 1) {
            const char* name = names.c_str() + at;
            const auto size = check(::getxattr(from.c_str(), name, value.data(), value.size()),
                                    [] { return "reading an attribute"; });
            check(::setxattr(to.c_str(), name, value.data(), static_cast<std::size_t>(size), 0),
                  [&] { return "setting attribute " + text::quoted(name); });
        }
    }

    int to_root_;
    std::map<std::pair<dev_t, ino_t>, std::string> links_;
};

}  // namespace

void copy_tree(int from, int to_root) { TreeCopy(to_root).copy_entries(from, ""); }

}  // namespace hastur::fs
