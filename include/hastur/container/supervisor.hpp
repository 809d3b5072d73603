#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace hastur::container {

/// Starts systemd-nspawn and stays with it to the end: passes signals on, ends the container when hastur is asked to
/// end, and makes sure that nothing of it is left however nspawn ends.
class Supervisor {
public:
    struct Events {
        /// The container's init runs as process `leader` (as the host sees it); the command starts when this returns.
        std::function<void(pid_t leader)> on_ready;
        /// The command runs; there is time for what could wait.
        std::function<void()> on_running;
    };

    /// `terminal`: the command has one. Runs the container to its end and returns the exit status for hastur
    /// (docs/hastur.1). Throws if the container could not be started.
    static int run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                   bool terminal, const Events& events);
};

}  // namespace hastur::container
