#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <unordered_set>
#include <vector>

#include "hastur/base/error.hpp"
#include "hastur/base/fault.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/tree.hpp"
#include "hastur/types/text.hpp"

namespace hastur::fs {
namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

auto removing(const std::string& name) {
    return [&name] { return "removing " + text::quoted(name); };
}

/// Empties `dir` of all but directories. A directory that is not empty is moved up into `top` under a
/// new name, so that the work left is flat: neither the stack nor the descriptors grow with depth.
void flatten(int dir, int top) {
    for (const auto& name : list(dir)) {
        if (::unlinkat(dir, name.c_str(), 0) == 0 || errno == ENOENT) continue;
        if (errno != EISDIR) throw_sys_error(errno, removing(name)());
        if (::unlinkat(dir, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) continue;
        if (errno != ENOTEMPTY && errno != EEXIST) throw_sys_error(errno, removing(name)());
        const auto flat = "." + random_hex(16);
        if (dir != top) check(::renameat(dir, name.c_str(), top, flat.c_str()), removing(name));
    }
}

}  // namespace

void remove_tree(int dir, const std::string& name) {
    const UniqueFd top(::openat(dir, name.c_str(), directory_flags));
    if (!top && errno == ENOENT) return;
    if (!top && (errno == ENOTDIR || errno == ELOOP)) {
        remove_file(dir, name);
        return;
    }
    check(top.get(), removing(name));
    fault::point("before emptying a tree");
    flatten(top.get(), top.get());
    fault::point("emptying a tree");
    while (true) {
        const auto left = list(top.get());
        if (left.empty()) break;
        for (const auto& child : left) {
            const UniqueFd fd(::openat(top.get(), child.c_str(), directory_flags));
            if (!fd && errno == ENOENT) continue;
            check(fd.get(), removing(child));
            flatten(fd.get(), top.get());
            if (::unlinkat(top.get(), child.c_str(), AT_REMOVEDIR) < 0 && errno != ENOENT)
                throw_sys_error(errno, removing(child)());
        }
    }
    fault::point("emptied a tree");
    if (::unlinkat(dir, name.c_str(), AT_REMOVEDIR) < 0 && errno != ENOENT) throw_sys_error(errno, removing(name)());
}

std::uint64_t disk_usage(int dir) {
    constexpr std::uint64_t block = 512;
    std::uint64_t total = 0;
    std::unordered_set<ino_t> seen;
    // Paths, not descriptors: a tree has more directories than a process may have files.
    std::vector<std::string> pending{"."};
    while (!pending.empty()) {
        const auto path = std::move(pending.back());
        pending.pop_back();
        const auto current = open_beneath_if_exists(dir, path, O_RDONLY | O_DIRECTORY);
        if (!current) continue;
        for (const auto& name : list(current.get())) {
            struct stat info {};
            if (::fstatat(current.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) < 0) continue;
            const bool directory = S_ISDIR(info.st_mode);
            if (info.st_nlink > 1 && !directory && !seen.insert(info.st_ino).second) continue;
            total += static_cast<std::uint64_t>(info.st_blocks) * block;
            if (directory) pending.push_back(path + "/" + name);
        }
    }
    return total;
}

}  // namespace hastur::fs
