#include "hastur/sys/signals.hpp"

#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

#include <exception>

#include "hastur/base/error.hpp"

namespace hastur::signals {
namespace {

UniqueFd descriptor;
sigset_t original_mask;
sigset_t handled;
volatile std::sig_atomic_t caught = 0;

/// Whether hastur was started under nohup(1). (SIGINT, which every script ignores for what it starts in the background,
/// ends us all the same: a container must not outlive the script that was interrupted.)
bool is_ignored(int signal) {
    struct sigaction action {};
    return signal == SIGHUP && sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// Those that are to end us. One that is ignored stays out: a signalfd would report it all the same once it is blocked.
sigset_t ending_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : ending)
        if (!is_ignored(signal)) sigaddset(&set, signal);
    return set;
}

void set_handler(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;  // no SA_RESTART: interrupting is what it is for
    sigaction(signal, &action, nullptr);
}

}  // namespace

void set_up() {
    handled = ending_signals();
    sigprocmask(SIG_BLOCK, &handled, &original_mask);
    set_handler(SIGPIPE, SIG_IGN);
    descriptor.reset(hastur::check(::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK), [] { return "signalfd"; }));
}

int fd() { return descriptor.get(); }

std::optional<int> take() {
    signalfd_siginfo info{};
    if (::read(descriptor.get(), &info, sizeof info) != sizeof info) return std::nullopt;
    return static_cast<int>(info.ssi_signo);
}

void check() {
    if (const auto signal = take()) throw Interrupted(*signal);
}

void restore() noexcept {
    set_handler(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &original_mask, nullptr);
}

InterruptibleWait::InterruptibleWait() {
    caught = 0;
    set_handler(SIGALRM, [](int) {});
    for (std::size_t i = 0; i < ending.size(); ++i) {
        sigaction(ending[i], nullptr, &before_[i]);
        if (!is_ignored(ending[i])) set_handler(ending[i], [](int number) { caught = number; });
    }
    const itimerval each_second{{1, 0}, {1, 0}};
    setitimer(ITIMER_REAL, &each_second, nullptr);
    sigprocmask(SIG_UNBLOCK, &handled, &blocked_);
}

InterruptibleWait::~InterruptibleWait() {
    sigprocmask(SIG_SETMASK, &blocked_, nullptr);
    const itimerval off{};
    setitimer(ITIMER_REAL, &off, nullptr);
    for (std::size_t i = 0; i < ending.size(); ++i) sigaction(ending[i], &before_[i], nullptr);
    set_handler(SIGALRM, SIG_DFL);
    // It came when nobody was going to look any more: back to the signalfd with it.
    if (caught != 0 && std::uncaught_exceptions() == 0) ::raise(caught);
}

void InterruptibleWait::check() {
    if (caught != 0) throw Interrupted(caught);
}

}  // namespace hastur::signals
