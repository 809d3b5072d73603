#include "hastur/sys/cgroups.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "hastur/base/unique_fd.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/types/text.hpp"

namespace hastur {
namespace {

/// The file that moves processes to our own group, in a hierarchy of which /proc/self/cgroup has the line
/// "ID:CONTROLLERS:PATH" (cgroups(7)). Empty if there is none.
std::string own_group_file(std::string_view line) {
    constexpr std::string_view unified = "0::", systemd = ":name=systemd:";
    if (line.starts_with(unified)) {
        const auto path = std::string(line.substr(unified.size())) + "/cgroup.procs";
        const bool only = ::access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0;
        return (only ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified") + path;
    }
    if (const auto at = line.find(systemd); at != std::string_view::npos)
        return "/sys/fs/cgroup/systemd" + std::string(line.substr(at + systemd.size())) + "/cgroup.procs";
    return {};
}

/// Where a container has the host's tree mounted, the path may lead to a group that is not ours.
bool has_line(const std::string& file, const std::string& wanted) {
    constexpr std::size_t limit = 16U << 20U;
    const auto lines = fs::read_file(file, limit).value_or("");
    const auto all = text::split(lines, '\n');
    return std::ranges::find(all, wanted) != all.end();
}

/// Whatever fails here, nspawn just waits itself.
void move_to_own_group() noexcept try {
    constexpr std::size_t limit = 1U << 16U;
    const auto groups = fs::read_file("/proc/self/cgroup", limit).value_or("");
    const auto self = std::to_string(::getpid());
    for (const auto line : text::split(groups, '\n')) {
        const auto file = own_group_file(line);
        if (file.empty() || !has_line(file, self)) continue;
        const UniqueFd procs(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
        if (procs && ::write(procs.get(), self.data(), self.size()) > 0) return;
    }
} catch (...) {}

}  // namespace

bool has_unified_cgroups() {
    const auto is_unified = [](const char* path) {
        struct statfs info {};
        return ::statfs(path, &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC;
    };
    return is_unified("/sys/fs/cgroup") || is_unified("/sys/fs/cgroup/unified");
}

MigrationAhead::MigrationAhead() {
    try {
        thread_ = std::thread(move_to_own_group);
    } catch (const std::system_error&) {
        // No thread, no head start.
    }
}

MigrationAhead::~MigrationAhead() {
    if (thread_.joinable()) thread_.join();
}

}  // namespace hastur
