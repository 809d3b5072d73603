#pragma once

#include <thread>

namespace hastur {

/// Whether the host has cgroup v2 where systemd mounts it, be it beside v1 (systemd's "hybrid" layout).
[[nodiscard]] bool has_unified_cgroups();

/// A head start for systemd-nspawn, which moves the container to another control group. The kernel lets the first who
/// moves anybody wait for an RCU grace period (cgroup_threadgroup_rwsem in kernel/cgroup/cgroup.c, percpu-rwsem.rst): 5
/// to 30 ms, in which a start would stand still. Those who come right behind do not wait. So this moves hastur, in the
/// background, to the group that it is in already, which changes nothing but begins the wait while there still is other
/// work to do.
class MigrationAhead {
public:
    MigrationAhead();
    /// Waits until it is over.
    ~MigrationAhead();
    MigrationAhead(const MigrationAhead&) = delete;
    MigrationAhead& operator=(const MigrationAhead&) = delete;

private:
    std::thread thread_;
};

}  // namespace hastur
