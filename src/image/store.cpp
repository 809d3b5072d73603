#include "hastur/image/store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "hastur/base/error.hpp"
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

std::string to_note(const Manifest& manifest, std::uint64_t size, std::int64_t created) {
    const nlohmann::json json{{"format", 1},
                              {"distribution", manifest.os.id},
                              {"release", manifest.os.release},
                              {"architecture", manifest.architecture},
                              {"sources", manifest.sources},
                              {"packages", manifest.packages},
                              {"size", size},
                              {"created", created}};
    return json.dump(2) + "\n";
}

Info read_info(int images, const std::string& id) {
    Info info;
    info.id = id;
    try {
        const auto dir = fs::open_beneath(images, id, directory);
        const auto json = nlohmann::json::parse(fs::read_file(dir.get(), note, note_limit).value_or(""));
        info.manifest.os = {json.at("distribution"), json.at("release")};
        json.at("architecture").get_to(info.manifest.architecture);
        json.at("sources").get_to(info.manifest.sources);
        json.at("packages").get_to(info.manifest.packages);
        json.at("size").get_to(info.size);
        json.at("created").get_to(info.created);
        struct stat stat {};
        check(::fstatat(dir.get(), note, &stat, AT_SYMLINK_NOFOLLOW), [] { return "stat"; });
        info.last_used = stat.st_mtim.tv_sec;
    } catch (const std::exception& error) {
        info.damage = error.what();
    }
    return info;
}

}  // namespace

std::optional<Held> Store::hold(const std::string& id) const {
    auto dir = fs::open_beneath_if_exists(root_.images(), id, directory);
    if (!dir) return std::nullopt;
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
    struct stat named {};
    return ::fstat(image.dir.get(), &mine) == 0 && ::fstatat(root_.images(), image.id.c_str(), &named, 0) == 0 &&
           mine.st_ino == named.st_ino;
}

Held Store::ensure(const Manifest& manifest, bool anew) const {
    const auto id = manifest.id();
    if (!anew)
        if (auto image = hold(id)) return std::move(*image);
    LockFile lock(root_.locks(), id);
    const bool waited = !lock.try_exclusive(0);
    if (waited) lock.wait_exclusive(0, "another hastur to bootstrap " + manifest.describe());
    Rollback unlock;
    unlock.add([&] { lock.remove(); });
    // Whoever we waited for has built what we want.
    if (!anew || waited)
        if (auto image = hold(id)) return std::move(*image);
    with_context("bootstrapping " + manifest.describe(), [&] { build(manifest, id); });
    auto image = hold(id);
    if (!image) throw Error("the new image vanished: somebody runs hastur --free");
    return std::move(*image);
}

void Store::build(const Manifest& manifest, const std::string& id) const {
    const Workspace site(root_);
    fs::make_directory(site.dir(), "image", 0700);
    fs::make_directory(root_.dir(), "cache/" + manifest.os.id, 0700);
    const auto tell = [&](std::string_view step) {
        log::progress(fmt::format("bootstrapping {}: {}", manifest.describe(), step));
    };
    tell("starting");
    Distribution::find(manifest.os.id)
        .bootstrap(manifest, {site.path() + "/image/rootfs", root_.path() + "/cache/" + manifest.os.id, tell});
    const auto image = fs::open_beneath(site.dir(), "image", directory);
    const auto rootfs = fs::open_beneath(image.get(), "rootfs", directory);
    finish(rootfs.get(), manifest);
    const auto size = fs::disk_usage(rootfs.get());
    fs::write_file(image.get(), note, to_note(manifest, size, ::time(nullptr)), 0600, fs::Durability::durable);
    // A power cut must not leave a name with half an image behind it.
    check(::syncfs(image.get()), [] { return "writing the image to disk"; });
    if (fs::exists(root_.images(), id)) discard(root_, root_.images(), id);
    fs::rename(site.dir(), "image", root_.images(), id);
    check(::fsync(root_.images()), [] { return "writing the image to disk"; });
    log::end_progress();
    log::status("bootstrapped {}, {} MiB", manifest.describe(), size >> 20U);
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

void Store::remove(const std::string& id) const { discard(root_, root_.images(), id); }

void Store::reap() const {
    for (const auto& id : fs::list(root_.locks())) {
        LockFile lock(root_.locks(), id);
        if (lock.try_exclusive(0)) lock.remove();
    }
}

}  // namespace hastur::image
