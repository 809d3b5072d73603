#pragma once

#include <sys/types.h>

#include <set>
#include <string>

namespace hastur {

/// The source under which a run's overlay is mounted. It is the kernel's own note, in the mountinfo of every
/// process that can see the container's files, of which run that process is part.
[[nodiscard]] std::string run_mark(const std::string& run);

/// Kills every process of a run whose hastur is dead, and waits until they are gone (at most ten seconds, then
/// it throws). Processes that see the host's mounts, and hastur itself, are never touched.
void kill_marked(const std::string& run);

/// The same for many runs, with one look at all processes of the host instead of one for each run.
class Survivors {
public:
    /// Knows of no run: `kill` looks each time.
    Survivors() = default;
    /// `dead`: runs whose hastur is dead before the look begins: what is not seen then is not there.
    explicit Survivors(std::set<std::string> dead);
    /// Like `kill_marked`, and without another look if `run` is one of the dead and nothing was left of it.
    void kill(const std::string& run) const;

private:
    std::set<std::string> dead_, seen_;
};

/// Kills `leader`, the first process of a run's container, and with it the container. Its hastur lives on and cleans
/// up. Nothing happens if the process with that number is not part of the run (any more).
void kill_leader(const std::string& run, pid_t leader);

}  // namespace hastur
