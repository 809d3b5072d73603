#include "hastur/image/store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "hastur/base/error.hpp"
#include "hastur/base/fault.hpp"
#include "hastur/base/log.hpp"
#include "hastur/base/rollback.hpp"
#include "hastur/image/distribution.hpp"
#include "hastur/image/finish.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/lock.hpp"
#include "hastur/sys/tree.hpp"

namespace hastur::image {
namespace {

constexpr int directory = O_RDONLY | O_DIRECTORY;
constexpr const char* note = "image.json";
constexpr std::size_t note_limit = 1U << 20U;

Info read_info(int images, const std::string& id) {
    Info info;
    try {
        const auto dir = fs::open_beneath(images, id, directory);
        info = Info::from_json(fs::read_file(dir.get(), note, note_limit).value_or(""));
        struct stat stat {};
        check(::fstatat(dir.get(), note, &stat, AT_SYMLINK_NOFOLLOW), [] { return "stat"; });
        info.last_used = stat.st_mtim.tv_sec;
    } catch (const Error& error) {
        info.damage = error.what();
    }
    info.id = id;
    return info;
}

/// Which directory has the name now; 0: none.
ino_t inode_of(int images, const std::string& id) {
    struct stat info {};
    return ::fstatat(images, id.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 ? info.st_ino : 0;
}

}  // namespace

std::optional<Held> Store::hold(const std::string& id) const {
    auto dir = fs::open_beneath_if_exists(root_.images(), id, directory);
    // One without its files, whatever became of them, is built again.
    if (!dir || !fs::exists(dir.get(), "rootfs")) return std::nullopt;
    check(TEMP_FAILURE_RETRY(::flock(dir.get(), LOCK_SH)), [] { return "locking an image"; });
    Held image{id, std::move(dir)};
    // It may have been replaced between the two calls above.
    if (!is_current(image)) return hold(id);
    // The note's modification time says when the image was last used.
    ::utimensat(image.dir.get(), note, nullptr, 0);
    return image;
}

bool Store::is_current(const Held& image) const {
    struct stat mine {};
    return ::fstat(image.dir.get(), &mine) == 0 && mine.st_ino == inode_of(root_.images(), image.id);
}

Held Store::ensure(const Manifest& manifest, bool anew) const {
    const auto id = manifest.id();
    if (!anew)
        if (auto image = hold(id)) return std::move(*image);
    const auto before = anew ? inode_of(root_.images(), id) : 0;
    LockFile lock(root_.locks(), id);
    const bool waited = !lock.try_exclusive(0);
    if (waited) lock.wait_exclusive(0, "another hastur to bootstrap " + manifest.describe());
    Rollback unlock;
    unlock.add([&] { lock.remove(); });
    // Whoever we waited for may have built what we want.
    if (!anew || inode_of(root_.images(), id) != before)
        if (auto image = hold(id)) return std::move(*image);
    with_context("bootstrapping " + manifest.describe(), [&] { build(manifest, id); });
    auto image = hold(id);
    if (!image) throw Error("the new image vanished: somebody runs hastur --free");
    return std::move(*image);
}

/// apt 2.6 does not end, but waits for ever, when the disk is full while it unpacks its lists.
void Store::refuse_without_room() const {
    constexpr std::uint64_t least = 256;  // MiB; the smallest image and the package lists
    const auto free = fs::free_bytes(root_.dir()) >> 20U;
    if (free < least)
        throw Error(fmt::format("the file system of {} has only {} MiB free, an image needs {} at least", root_.path(),
                                free, least));
}

void Store::build(const Manifest& manifest, const std::string& id) const {
    refuse_without_room();
    const Workspace site(root_);
    fs::make_directory(root_.dir(), "cache/" + manifest.os.id, 0700);
    const auto tell = [&](std::string_view step) {
        fault::point("bootstrapping");
        log::progress(fmt::format("bootstrapping {}: {}", manifest.describe(), step));
    };
    tell("starting");
    Distribution::find(manifest.os.id)
        .bootstrap(manifest, {.target = site.path() + "/rootfs",
                              .scratch = site.path(),
                              .cache = root_.path() + "/cache/" + manifest.os.id,
                              .on_progress = tell});
    const auto rootfs = fs::open_beneath(site.dir(), "rootfs", directory);
    fault::point("bootstrapped");
    finish(rootfs.get(), manifest);
    Info info;
    info.manifest = manifest;
    info.size = fs::disk_usage(rootfs.get());
    info.created = ::time(nullptr);
    fs::write_file(site.dir(), note, info.to_json(), 0600, fs::Durability::durable);
    // A power cut must not leave a name with half an image behind it.
    check(::syncfs(site.dir()), [] { return "writing the image to disk"; });
    fault::point("before publishing an image");
    site.publish(root_.images(), id);
    check(::fsync(root_.images()), [] { return "writing the image to disk"; });
    fault::point("published an image");
    log::end_progress();
    log::status("bootstrapped {}, {} MiB", manifest.describe(), info.size >> 20U);
}

std::vector<Info> Store::list() const {
    std::vector<Info> all;
    for (const auto& id : fs::list(root_.images())) {
        auto info = read_info(root_.images(), id);
        // One that is gone by now is not damaged.
        if (info.damage.empty() || fs::exists(root_.images(), id)) all.push_back(std::move(info));
    }
    std::ranges::sort(all, {}, [](const Info& info) { return std::tuple(info.created, info.id); });
    return all;
}

bool Store::remove(const std::string& id) const {
    if (!fs::exists(root_.images(), id)) return false;
    discard(root_, root_.images(), id);
    return true;
}

void Store::reap() const {
    for (const auto& id : fs::list(root_.locks())) {
        LockFile lock(root_.locks(), id);
        if (lock.try_exclusive(0)) lock.remove();
    }
}

}  // namespace hastur::image
