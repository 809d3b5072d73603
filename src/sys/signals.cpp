#include "hastur/sys/signals.hpp"

#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "hastur/base/error.hpp"

namespace hastur::signals {
namespace {

UniqueFd descriptor;
sigset_t original_mask;
volatile std::sig_atomic_t caught = 0;

sigset_t ending_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : ending) sigaddset(&set, signal);
    return set;
}

void set_handler(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;  // no SA_RESTART: interrupting is what it is for
    sigaction(signal, &action, nullptr);
}

}  // namespace

void set_up() {
    const auto set = ending_signals();
    sigprocmask(SIG_BLOCK, &set, &original_mask);
    set_handler(SIGPIPE, SIG_IGN);
    descriptor.reset(hastur::check(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), [] { return "signalfd"; }));
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
        // What nohup(1) has us ignore stays ignored.
        if (before_[i].sa_handler != SIG_IGN) set_handler(ending[i], [](int number) { caught = number; });
    }
    const itimerval each_second{{1, 0}, {1, 0}};
    setitimer(ITIMER_REAL, &each_second, nullptr);
    const auto set = ending_signals();
    sigprocmask(SIG_UNBLOCK, &set, &blocked_);
}

InterruptibleWait::~InterruptibleWait() {
    sigprocmask(SIG_SETMASK, &blocked_, nullptr);
    const itimerval off{};
    setitimer(ITIMER_REAL, &off, nullptr);
    for (std::size_t i = 0; i < ending.size(); ++i) sigaction(ending[i], &before_[i], nullptr);
    set_handler(SIGALRM, SIG_DFL);
}

void InterruptibleWait::check() {
    if (caught != 0) throw Interrupted(caught);
}

}  // namespace hastur::signals
