#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "hastur/base/unique_fd.hpp"
#include "hastur/sys/netlink.hpp"

namespace hastur {

/// An anonymous network namespace: it lives as long as this handle, or a process in it, does.
class NetNamespace {
public:
    /// Makes one, with a route-netlink socket bound to it; the calling thread stays where it was.
    NetNamespace();

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    /// A path by which another process can open it: /proc/PID/fd/N.
    [[nodiscard]] std::string path() const;
    [[nodiscard]] nl::Socket& socket() noexcept { return *socket_; }

private:
    UniqueFd fd_;
    std::optional<nl::Socket> socket_;
};

/// Gives the process a mount namespace of its own. What is mounted in it later is seen by nobody else and
/// goes with the process; what the host mounts still arrives (propagation "slave", mount_namespaces(7)).
void enter_private_mount_namespace();

/// Makes this process the one that orphaned descendants are handed to (PR_SET_CHILD_SUBREAPER), so that
/// they can be ended.
void become_subreaper();
/// Kills every child that is left, and those that they leave, until there is none.
void kill_remaining_children();

}  // namespace hastur
