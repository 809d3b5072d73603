#include "hastur/storage/merged.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>

#include "hastur/base/error.hpp"
#include "hastur/base/log.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/mount.hpp"

namespace hastur {
namespace {

/// What overlayfs does when it cannot make a directory of its own, for want of a block or an inode.
void refuse_read_only(int dir) {
    struct statvfs info {};
    check(::fstatvfs(dir, &info), [] { return "looking at the overlay"; });
    if ((info.f_flag & ST_RDONLY) != 0) throw SysError(ENOSPC, "mounting overlay: it is read-only");
}

}  // namespace

Merged::Merged(const Root& root, const Parts& parts, const StorageSpec& storage) : path_(root.mount_point()) {
    if (storage.kind == StorageSpec::Kind::tmpfs) {
        mount_in_memory(root, parts, storage);
    } else {
        try {
            mount::overlay({root.path(), parts.layers, parts.container + "/data", parts.container + "/work",
                            parts.source, parts.ephemeral},
                           path_);
            ++mounts_;
        } catch (const SysError& error) {
            // What overlayfs answers to an upper directory that it cannot use (on another overlay, on NFS).
            if (error.code() != EINVAL) throw;
            log::debug("no overlay on this file system: {}", error.what());
            mount_in_memory(root, parts, storage);
            log::failure(
                "the file system of {} cannot carry an overlay: this container's data is kept in memory and ends with "
                "it",
                root.path());
        }
    }
    dir_ = fs::open_directory(path_);
    refuse_read_only(dir_.get());
}

void Merged::mount_in_memory(const Root& root, const Parts& parts, const StorageSpec& storage) {
    const auto data = fs::open_beneath(root.dir(), parts.container + "/data", O_RDONLY | O_DIRECTORY);
    if (!fs::list(data.get()).empty())
        throw Error("the container has data on disk, which a file system in memory would hide",
                    "use it with -s overlayfs, or destroy it first (-D)");
    mount::tmpfs(path_, parts.source, storage.size, 0700);
    ++mounts_;
    const auto memory = fs::open_directory(path_);
    fs::make_directory(memory.get(), "data", 0755);
    fs::make_directory(memory.get(), "work", 0700);
    mount::overlay({root.path(), parts.layers, "mnt/data", "mnt/work", parts.source, false}, path_);
    ++mounts_;
}

Merged::~Merged() {
    try {
        unmount();
    } catch (const Error& error) {
        log::failure("{}", error.what());
    }
}

void Merged::unmount() {
    dir_.reset();
    for (; mounts_ > 0; --mounts_) mount::detach(path_);
}

}  // namespace hastur
