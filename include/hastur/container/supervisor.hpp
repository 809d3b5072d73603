#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "hastur/base/error.hpp"
#include "hastur/sys/seccomp.hpp"

namespace hastur::container {

/// systemd-nspawn gave up, by itself, before the command could start; what it said is on stderr.
class NotStarted : public Error {
public:
    using Error::Error;
};

/// Starts systemd-nspawn and stays with it to the end: passes signals on, ends the container when hastur is asked to
/// end, and makes sure that nothing of it is left however nspawn ends.
class Supervisor {
public:
    struct Events {
        /// nspawn has been started. While it loads there is time for what it does not need, but the command does.
        std::function<void()> on_started;
        /// The container's init runs as process `leader` (as the host sees it), started by `nspawn`; the command starts
        /// when this returns.
        std::function<void(pid_t leader, pid_t nspawn)> on_ready;
        /// The command runs; there is time for what could wait.
        std::function<void()> on_running;
    };

    struct Job {
        std::vector<std::string> arguments, environment;  ///< nspawn's
        seccomp::Filters filters;                         ///< to be installed in it; empty: it makes its own
        bool terminal = false;                            ///< the command has one
    };

    /// Runs the container to its end and returns the exit status for hastur (docs/hastur.1). Throws NotStarted,
    /// and FiltersRefused if the kernel did not take the filters.
    static int run(const Job& job, const Events& events);
};

}  // namespace hastur::container
