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

constexpr const char* mark_prefix = "hastur:";

/// The runs whose files a process can see: its own, and where hastur runs in a container the outer one too. None if it
/// ended while we looked. The source is the second field behind the lone hyphen (proc_pid_mountinfo(5)).
std::set<std::string> runs_of(pid_t pid) {
    std::set<std::string> runs;
    try {
        const auto mounts = fs::read_file("/proc/" + std::to_string(pid) + "/mountinfo", mountinfo_limit).value_or("");
        const auto before = std::string(" - overlay ") + mark_prefix;
        for (auto at = mounts.find(before); at != std::string::npos; at = mounts.find(before, at + 1)) {
            const auto begin = at + before.size();
            runs.insert(mounts.substr(begin, mounts.find(' ', begin) - begin));
        }
    } catch (const Error&) {
        runs.clear();
    }
    return runs;
}

/// A handle on the process if it is part of the run, otherwise an empty one. The handle is taken before the look: a PID
/// that is used again in between is never hit.
UniqueFd open_if_of(pid_t pid, const std::string& run) {
    UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (handle && !runs_of(pid).contains(run)) handle.reset();
    return handle;
}

/// Those that may be part of a run: they see neither the host's mounts nor ours.
std::vector<pid_t> candidates() {
    std::vector<pid_t> found;
    const auto own = mount_namespace("self");
    const auto host = mount_namespace("1");
    const auto proc = fs::open_directory("/proc");
    for (const auto& entry : fs::list(proc.get())) {
        const auto pid = text::to_number(entry);
        if (!pid) continue;
        const auto space = mount_namespace(entry);
        if (space == 0 || space == own || space == host) continue;
        found.push_back(static_cast<pid_t>(*pid));
    }
    return found;
}

std::vector<UniqueFd> processes_of(const std::string& run) {
    std::vector<UniqueFd> found;
    for (const auto pid : candidates())
        if (auto handle = open_if_of(pid, run)) found.push_back(std::move(handle));
    return found;
}

void kill_by(const UniqueFd& handle) { ::syscall(SYS_pidfd_send_signal, handle.get(), SIGKILL, nullptr, 0); }

}  // namespace

std::string run_mark(const std::string& run) { return mark_prefix + run; }

void kill_marked(const std::string& run) {
    constexpr int patience_ms = 10'000;
    for (auto processes = processes_of(run); !processes.empty(); processes = processes_of(run)) {
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

Survivors::Survivors(std::set<std::string> dead) : dead_(std::move(dead)) {
    for (const auto pid : candidates()) seen_.merge(runs_of(pid));
}

void Survivors::kill(const std::string& run) const {
    if (!dead_.contains(run) || seen_.contains(run)) kill_marked(run);
}

void kill_leader(const std::string& run, pid_t leader) {
    if (const auto handle = open_if_of(leader, run)) kill_by(handle);
}

}  // namespace hastur
