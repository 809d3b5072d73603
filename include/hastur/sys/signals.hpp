#pragma once

#include <array>
#include <csignal>
#include <optional>

#include "hastur/base/unique_fd.hpp"

/// SIGINT, SIGTERM and SIGHUP ask hastur to end. They stay blocked and are read from one signalfd(2),
/// so that they can only strike where we look.
namespace hastur::signals {

inline constexpr std::array<int, 3> ending{SIGINT, SIGTERM, SIGHUP};

/// Blocks them for the whole process and opens the descriptor; call once, first thing. A child gets
/// the old mask back with `restore`.
void set_up();
/// Readable when one of them is pending.
[[nodiscard]] int fd();
/// Takes one that is pending, if any.
[[nodiscard]] std::optional<int> take();
/// Throws Interrupted if one is pending.
void check();
/// The mask and dispositions that hastur was started with. Async-signal-safe; for a child after fork.
void restore() noexcept;

/// While it lives, those signals and a tick every second interrupt a blocking system call with EINTR.
class InterruptibleWait {
public:
    InterruptibleWait();
    ~InterruptibleWait();
    InterruptibleWait(const InterruptibleWait&) = delete;
    InterruptibleWait& operator=(const InterruptibleWait&) = delete;
    /// Throws Interrupted if a signal asked to end.
    static void check();

private:
    sigset_t blocked_{};
    std::array<struct sigaction, ending.size()> before_{};
};

}  // namespace hastur::signals
