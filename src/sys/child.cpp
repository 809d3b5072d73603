#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "hastur/base/fault.hpp"
#include "hastur/sys/process.hpp"
#include "hastur/sys/signals.hpp"

namespace hastur::process {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& strings) {
    std::vector<char*> out;
    for (const auto& s : strings) out.push_back(const_cast<char*>(s.c_str()));
    out.push_back(nullptr);
    return out;
}

int exit_status_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

/// PID 1 of a contained program: gives it a /proc of its own namespace, waits for it, and by
/// exiting takes with it whatever it left running. Only async-signal-safe calls from here on.
void become_init_of_namespace() {
    ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
    // Not fork(3): it takes locks that another thread may have held when we were made.
    const auto main_child = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
    if (main_child == 0) return;
    ::close_range(0, ~0U, 0);  // nobody must wait for the end of a pipe because of us
    for (int status = 0;;) {
        const pid_t ended = ::waitpid(-1, &status, 0);
        if (ended < 0 && errno == EINTR) continue;
        if (ended == main_child || ended < 0) ::_exit(exit_status_of(status));
    }
}

struct Plan {
    std::vector<char*> argv, environment;
    std::array<int, 3> standard;
    int passed_fd, death_signal, report;
    pid_t parent;
    bool own_group, contained;
    int parent_handle;  ///< pidfd of the parent, if contained
    const seccomp::Filters& filters;
};

/// What the child tells when it could not become the program.
struct Failure {
    int code;
    bool filters;  ///< it was a seccomp filter that the kernel refused
};

void report(const Plan& plan, bool filters) {
    const Failure failure{errno, filters};
    [[maybe_unused]] const auto written = ::write(plan.report, &failure, sizeof failure);
}

void install_filters(const Plan& plan) {
    if (plan.filters.empty()) return;
    // nspawn gives its container a session keyring of its own; its filters, which it installs after that, forbid it.
    ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
    for (const auto& filter : plan.filters)
        if (!seccomp::install(filter)) {
            report(plan, true);
            ::_exit(127);
        }
}

/// Whether the parent died before PR_SET_PDEATHSIG took effect. A PID namespace hides its number, not its handle.
bool parent_is_dead(const Plan& plan) {
    if (!plan.contained) return ::getppid() != plan.parent;
    pollfd handle{plan.parent_handle, POLLIN, 0};
    return ::poll(&handle, 1, 0) != 0;
}

/// Everything between fork and exec: no memory is allocated, another thread may have held the lock of that. Reports
/// errno through `report`, which exec closes.
[[noreturn]] void child_main(Plan& plan) {
    ::prctl(PR_SET_PDEATHSIG, plan.death_signal);
    if (parent_is_dead(plan)) ::_exit(125);
    if (plan.own_group) ::setpgid(0, 0);
    if (plan.contained) become_init_of_namespace();
    signals::restore();
    for (int target = 0; target < 3; ++target)
        if (plan.standard[static_cast<std::size_t>(target)] >= 0)
            ::dup2(plan.standard[static_cast<std::size_t>(target)], target);
    std::array<char, 32> listen_pid{};
    if (plan.passed_fd >= 0) {
        constexpr int first_passed = 3;  // SD_LISTEN_FDS_START
        if (plan.passed_fd == first_passed)
            ::fcntl(first_passed, F_SETFD, 0);
        else
            ::dup2(plan.passed_fd, first_passed);
        std::snprintf(listen_pid.data(), listen_pid.size(), "LISTEN_PID=%d", ::getpid());
        plan.environment[plan.environment.size() - 2] = listen_pid.data();  // the place was kept free
    }
    install_filters(plan);
    ::execve(plan.argv[0], plan.argv.data(), plan.environment.data());
    report(plan, false);
    ::_exit(127);
}

std::vector<std::string> own_environment() {
    std::vector<std::string> copy;
    for (char** entry = environ; *entry != nullptr; ++entry) copy.emplace_back(*entry);
    return copy;
}

}  // namespace

Child::Child(const Program& program) : program_(program.argv.front()) {
    std::array<int, 2> report{};
    check(::pipe2(report.data(), O_CLOEXEC), [] { return "pipe"; });
    report_.reset(report[0]);
    UniqueFd report_write(report[1]);
    // Descriptor 3 is about to be overwritten in the child: the report must not live there.
    if (report_write.get() == 3)
        report_write.reset(check(::fcntl(report[1], F_DUPFD_CLOEXEC, 4), [] { return "dup"; }));

    const UniqueFd parent_handle(program.contained ? static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)) : -1);
    auto environment = program.environment ? *program.environment : own_environment();
    if (program.passed_fd >= 0) {
        environment.emplace_back("LISTEN_FDS=1");
        environment.emplace_back("LISTEN_PID=");
    }
    Plan plan{pointers(program.argv),
              pointers(environment),
              {program.standard_in, program.standard_out, program.standard_error},
              program.passed_fd,
              program.death_signal,
              report_write.get(),
              ::getpid(),
              program.own_group,
              program.contained,
              parent_handle.get(),
              program.filters};

    const unsigned long flags = SIGCHLD | (program.contained ? CLONE_NEWPID | CLONE_NEWNS : 0);
    pid_ = static_cast<pid_t>(check(::syscall(SYS_clone, flags, 0, 0, 0, 0), [] { return "fork"; }));
    if (pid_ == 0) child_main(plan);
    fault::point("forked");

    report_write.reset();
    pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

void Child::confirm() {
    Failure failure{};
    const bool failed = TEMP_FAILURE_RETRY(::read(report_.get(), &failure, sizeof failure)) == sizeof failure;
    report_.reset();
    if (!failed) return;
    wait();
    if (failure.filters) throw FiltersRefused(failure.code, "installing seccomp filters");
    throw SysError(failure.code, "executing " + program_);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      report_(std::move(other.report_)),
      program_(std::move(other.program_)) {}

Child::~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    TEMP_FAILURE_RETRY(::waitpid(pid_, nullptr, 0));
}

void Child::signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
}

int Child::wait() {
    int status = 0;
    check(TEMP_FAILURE_RETRY(::waitpid(pid_, &status, 0)), [] { return "waiting for a child"; });
    pid_ = -1;
    return status;
}

}  // namespace hastur::process
