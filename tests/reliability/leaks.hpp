#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

/// What a killed hastur left, looked up in the system itself.
namespace e2e {

/// Every descendant of a process: nspawn, the container's processes, a bootstrap's.
std::vector<pid_t> descendants(pid_t parent);

/// Handles on processes, taken while they live: a number that is used again cannot be mistaken for one of them.
class Watched {
public:
    explicit Watched(const std::vector<pid_t>& processes);
    ~Watched();
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    /// How many still live after at most `milliseconds` in all.
    [[nodiscard]] int alive_after(int milliseconds) const;

private:
    std::vector<int> handles_;
};

/// Processes, mounts, links, namespaces, routes, leases, locks, temporary files, and containers that are not in `kept`.
/// One line each; empty if nothing is left.
std::vector<std::string> leaks(const std::set<std::string>& kept);

/// One row of the table that tests/reliability/run shows.
void report_kills(const std::string& life, unsigned points, unsigned kills, unsigned leaks);

}  // namespace e2e
