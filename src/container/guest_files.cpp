#include "hastur/container/guest_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "hastur/base/error.hpp"
#include "hastur/base/log.hpp"
#include "hastur/image/finish.hpp"
#include "hastur/sys/fs.hpp"

namespace hastur::container {
namespace {

/// The beginning of a regular file; empty for one that is missing or too short; nullopt for anything else.
std::optional<std::string> beginning(int dir, const char* name, std::size_t length) {
    // First a look, then the opening: to open a device node that a container left there may have effects.
    const UniqueFd place(::openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!place) return errno == ENOENT ? std::optional<std::string>("") : std::nullopt;
    struct stat info {};
    if (::fstat(place.get(), &info) < 0 || !S_ISREG(info.st_mode)) return std::nullopt;
    const UniqueFd file(::open(fmt::format("/proc/self/fd/{}", place.get()).c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return std::nullopt;
    std::string text(length, '\0');
    const auto got = TEMP_FAILURE_RETRY(::read(file.get(), text.data(), text.size()));
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

void write_managed(int etc, const char* name, const std::string& contents) {
    const std::string mark = image::managed_file_mark;
    const auto present = beginning(etc, name, mark.size());
    const bool absent = present && present->empty();
    if (present && (absent || *present == mark))
        fs::write_file(etc, name, mark + contents, 0644);
    else
        log::debug("/etc/{} is the container's own: left alone", name);
}

bool is_machine_id(const std::string& text) {
    constexpr std::size_t digits = 32;
    return text.size() == digits &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// A random id in the form of machine-id(5), with the bits of a version 4 UUID.
std::string new_machine_id() {
    auto id = fs::random_hex(16);
    id[12] = '4';
    id[16] = "89ab"[static_cast<unsigned char>(id[16]) % 4];
    return id;
}

}  // namespace

void write_guest_files(int root, const Name& name, Ipv4Address address, const std::string& resolv_conf) {
    with_context("writing the container's /etc", [&] {
        const auto etc = fs::open_in_root(root, "/etc", O_RDONLY | O_DIRECTORY);
        // No mark in this one: hostname(5) allows comments, but not every reader does.
        if (const auto present = beginning(etc.get(), "hostname", 1); present)
            fs::write_file(etc.get(), "hostname", name.str() + "\n", 0644);
        write_managed(etc.get(), "hosts",
                      fmt::format("127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n{} {}\n",
                                  address.str(), name.str()));
        write_managed(etc.get(), "resolv.conf", resolv_conf);
        if (!is_machine_id(beginning(etc.get(), "machine-id", 32).value_or("")))
            fs::write_file(etc.get(), "machine-id", new_machine_id() + "\n", 0444);
    });
}

void refuse_links_out(int root) {
    // Below these lies all that nspawn opens before the container's root is its own (252, seen with strace; the others
    // by reading). No link at all, because what a link leads to may come into being when nspawn mounts /sys or /proc.
    for (const std::string path : {"dev", "proc", "run", "sys", "usr", "etc/machine-id"})
        if (fs::has_link(root, path))
            throw Error(
                "/" + path + " in the container is a symbolic link, which systemd-nspawn would follow on the host",
                "the link is in the container's data directory, or in the image");
}

}  // namespace hastur::container
