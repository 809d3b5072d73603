#include "hastur/sys/namespaces.hpp"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <fmt/format.h>

#include "hastur/base/fault.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/types/text.hpp"

namespace hastur {
namespace {

UniqueFd own_network() {
    return UniqueFd(
        check(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), [] { return "opening the network namespace"; }));
}

}  // namespace

NetNamespace::NetNamespace() {
    const auto host = own_network();
    check(::unshare(CLONE_NEWNET), [] { return "creating a network namespace"; });
    try {
        fd_ = own_network();
        socket_.emplace(NETLINK_ROUTE);
        fault::point("made a network namespace");
    } catch (...) {
        check(::setns(host.get(), CLONE_NEWNET), [] { return "returning to the host's network namespace"; });
        throw;
    }
    check(::setns(host.get(), CLONE_NEWNET), [] { return "returning to the host's network namespace"; });
}

std::string NetNamespace::path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), fd_.get()); }

void enter_private_mount_namespace() {
    check(::unshare(CLONE_NEWNS), [] { return "creating a mount namespace"; });
    check(::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr), [] { return "making mounts private"; });
    fault::point("made a mount namespace");
}

void become_subreaper() {
    check(::prctl(PR_SET_CHILD_SUBREAPER, 1), [] { return "becoming a subreaper"; });
}

void kill_remaining_children() {
    const auto path = fmt::format("/proc/self/task/{}/children", ::getpid());
    while (true) {
        const auto children = fs::read_file(path, 1U << 20U).value_or("");
        for (const auto child : text::words(children))
            if (const auto pid = text::to_number(child)) ::kill(static_cast<pid_t>(*pid), SIGKILL);
        if (TEMP_FAILURE_RETRY(::waitpid(-1, nullptr, 0)) < 0) return;  // ECHILD: none is left
    }
}

}  // namespace hastur
