#pragma once

#include <sys/types.h>

#include <string>

namespace hastur {

/// The source under which a run's overlay is mounted. It is the kernel's own note, in the mountinfo of every
/// process that can see the container's files, of which run that process is part.
[[nodiscard]] std::string run_mark(const std::string& run);

/// Kills every process of a run whose hastur is dead, and waits until they are gone (at most ten seconds, then
/// it throws). Processes that see the host's mounts, and hastur itself, are never touched.
void kill_marked(const std::string& run);

/// Kills `leader`, the first process of a run's container, and with it the container. Its hastur lives on and cleans
/// up. Nothing happens if the process with that number is not part of the run (any more).
void kill_leader(const std::string& run, pid_t leader);

}  // namespace hastur
