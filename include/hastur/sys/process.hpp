#pragma once

#include <sys/types.h>

#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hastur/base/error.hpp"
#include "hastur/base/unique_fd.hpp"
#include "hastur/sys/seccomp.hpp"

namespace hastur {

/// A program that was run ended badly. `tail` is the end of what it said on stderr, or what it said on stdout if it
/// said nothing there.
class ProcessError : public Error {
public:
    ProcessError(const std::string& program, int status, std::string tail);
    [[nodiscard]] const std::string& tail() const noexcept { return tail_; }

private:
    std::string tail_;
};

namespace process {

/// The absolute path of `program` in PATH and the sbin directories; nullopt if it is not installed.
[[nodiscard]] std::optional<std::string> find(const std::string& program);
/// The same; a missing one throws an Error that names the Debian package which brings it.
[[nodiscard]] std::string require(const std::string& program, const std::string& package);

/// What a child is started with. No shell is ever involved.
struct Program {
    std::vector<std::string> argv;                                 ///< argv[0] is an absolute path
    std::optional<std::vector<std::string>> environment;           ///< K=V; hastur's own if not given
    int standard_in = -1, standard_out = -1, standard_error = -1;  ///< -1: hastur's own
    /// Handed on as descriptor 3 the way socket activation does (sd_listen_fds(3)).
    int passed_fd = -1;
    /// What the kernel sends the child when hastur dies (PR_SET_PDEATHSIG).
    int death_signal = SIGKILL;
    /// Gives it a process group of its own, so that what is sent to hastur's group reaches hastur alone.
    bool own_group = false;
    /// Runs it in a PID and a mount namespace of its own, so that nothing it started outlives it or hastur.
    bool contained = false;
    /// Installed in the child right before the program is executed, in this order, for good. A kernel that refuses one
    /// makes `Child::confirm` throw FiltersRefused; the program was not executed then.
    seccomp::Filters filters;
};

/// The kernel did not take a seccomp filter; `code` says why.
class FiltersRefused : public SysError {
public:
    using SysError::SysError;
};

/// A running child. Whoever holds it must confirm it and wait for it: destroying it before kills the child and waits.
class Child {
public:
    explicit Child(const Program& program);
    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    ~Child();

    /// Waits until the program is being executed. Throws SysError if that failed.
    void confirm();
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    /// Readable when the child has ended (pidfd_open(2)).
    [[nodiscard]] int pidfd() const noexcept { return pidfd_.get(); }
    void signal(int number) const;
    /// Blocks until it has ended; its status as waitpid(2) encodes it.
    int wait();

private:
    pid_t pid_ = -1;
    UniqueFd pidfd_, report_;
    std::string program_;
};

struct Output {
    std::string out;         ///< all of stdout, at most 16 MiB
    std::string error_tail;  ///< the last 8 KiB of stderr
};

/// Runs `program` to its end with LC_ALL=C and returns what it printed. `on_error_line` sees each line
/// of stderr as it comes. Throws ProcessError if it does not exit with 0, and Interrupted (after ending
/// the child) when a signal asks hastur to end.
Output run(Program program, std::string_view input = {},
           const std::function<void(std::string_view line)>& on_error_line = {});

}  // namespace process
}  // namespace hastur
