#include "hastur/sys/orphans.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "hastur/base/error.hpp"
#include "hastur/base/fault.hpp"
#include "hastur/base/log.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/types/text.hpp"

namespace hastur {
namespace {

constexpr std::size_t mountinfo_limit = 64U << 20U;

ino_t mount_namespace(const std::string& process) {
    struct stat info {};
    return ::stat(("/proc/" + process + "/ns/mnt").c_str(), &info) == 0 ? info.st_ino : 0;
}

/// The source is the second field behind the lone hyphen (proc_pid_mountinfo(5)).
bool has_mount_from(const std::string& mountinfo, const std::string& source) {
    const auto wanted = " - overlay " + source + " ";
    return mountinfo.find(wanted) != std::string::npos;
}

/// A handle on the process if it sees the marked mount, otherwise an empty one. The handle is taken before the look: a
/// PID that is used again in between is never hit.
UniqueFd open_if_marked(pid_t pid, const std::string& mark) {
    UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!handle) return handle;
    try {
        const auto mounts = fs::read_file("/proc/" + std::to_string(pid) + "/mountinfo", mountinfo_limit);
        if (!mounts || !has_mount_from(*mounts, mark)) handle.reset();
    } catch (const Error&) {
        handle.reset();  // it ended while we looked
    }
    return handle;
}

std::vector<UniqueFd> marked_processes(const std::string& mark) {
    std::vector<UniqueFd> found;
    const auto own = mount_namespace("self");
    const auto host = mount_namespace("1");
    const auto proc = fs::open_directory("/proc");
    for (const auto& entry : fs::list(proc.get())) {
        const auto pid = text::to_number(entry);
        if (!pid) continue;
        const auto space = mount_namespace(entry);
        if (space == 0 || space == own || space == host) continue;
        if (auto handle = open_if_marked(static_cast<pid_t>(*pid), mark)) found.push_back(std::move(handle));
    }
    return found;
}

void kill_by(const UniqueFd& handle) { ::syscall(SYS_pidfd_send_signal, handle.get(), SIGKILL, nullptr, 0); }

}  // namespace

std::string run_mark(const std::string& run) { return "hastur:" + run; }

void kill_marked(const std::string& run) {
    constexpr int patience_ms = 10'000;
    for (auto processes = marked_processes(run_mark(run)); !processes.empty();
         processes = marked_processes(run_mark(run))) {
        log::debug("ending {} processes of dead run {}", processes.size(), run);
        for (const auto& process : processes) kill_by(process);
        fault::point("killed what is left");
        for (const auto& process : processes) {
            pollfd waiting{process.get(), POLLIN, 0};
            if (TEMP_FAILURE_RETRY(::poll(&waiting, 1, patience_ms)) == 0)
                throw Error("a process of a dead container does not end: it is blocked in the kernel");
        }
    }
}

void kill_leader(const std::string& run, pid_t leader) {
    if (const auto handle = open_if_marked(leader, run_mark(run))) kill_by(handle);
}

}  // namespace hastur
