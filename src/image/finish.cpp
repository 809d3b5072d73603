#include "hastur/image/finish.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hastur/base/error.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/types/text.hpp"

namespace hastur::image {
namespace {

constexpr int directory = O_RDONLY | O_DIRECTORY;

/// Replaces whatever is there: a package may have left a link that leads into /run.
void replace(int rootfs, const char* name, std::string_view contents) {
    const auto etc = fs::open_in_root(rootfs, "/etc", directory);
    fs::write_file(etc.get(), name, contents, 0644);
}

/// A key that a source names (signed-by=/path) must be where the source says, inside the image too.
void copy_key(int rootfs, const std::string& path) {
    constexpr std::size_t limit = 16U << 20U;
    const auto contents = fs::read_file(path, limit);
    if (!contents) return;
    std::string made;
    const auto directory_path = path.substr(0, path.rfind('/'));
    for (const auto part : text::split(directory_path, '/')) {
        if (part.empty()) continue;
        const auto parent = fs::open_in_root(rootfs, made.empty() ? "/" : made, directory);
        fs::make_directory(parent.get(), std::string(part), 0755);
        made += "/" + std::string(part);
    }
    const auto parent = fs::open_in_root(rootfs, made.empty() ? "/" : made, directory);
    const auto name = path.substr(path.rfind('/') + 1);
    if (!fs::exists(parent.get(), name)) fs::write_file(parent.get(), name, *contents, 0644);
}

void copy_keys(int rootfs, const std::vector<std::string>& sources) {
    constexpr std::string_view option = "signed-by=";
    for (const auto& source : sources)
        for (auto word : text::words(source)) {
            if (word.starts_with('[')) word.remove_prefix(1);
            if (word.ends_with(']')) word.remove_suffix(1);
            if (!word.starts_with(option)) continue;
            for (const auto path : text::split(word.substr(option.size()), ','))
                if (path.starts_with('/')) copy_key(rootfs, std::string(path));
        }
}

/// A proxy on the host's loopback cannot be reached from a container.
void drop_loopback_proxy(int rootfs) {
    const auto dir = fs::open_in_root(rootfs, "/etc/apt/apt.conf.d", directory);
    const auto contents = fs::read_file(dir.get(), "99mmdebstrap", 1U << 20U).value_or("");
    if (contents.find("127.") != std::string::npos || contents.find("localhost") != std::string::npos)
        fs::remove_file(dir.get(), "99mmdebstrap");
}

void empty_package_cache(int rootfs) {
    const auto dir = fs::open_in_root(rootfs, "/var/cache/apt/archives", directory);
    for (const auto& name : fs::list(dir.get()))
        if (name.ends_with(".deb")) fs::remove_file(dir.get(), name);
}

}  // namespace

void finish(int rootfs, const Manifest& manifest) {
    with_context("finishing the image", [&] {
        replace(rootfs, "machine-id", "");
        replace(rootfs, "hostname", "");
        for (const char* name : {"hosts", "resolv.conf"}) replace(rootfs, name, managed_file_mark);
        copy_keys(rootfs, manifest.sources);
        drop_loopback_proxy(rootfs);
        empty_package_cache(rootfs);
    });
}

}  // namespace hastur::image
