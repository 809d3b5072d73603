#include "hastur/container/supervisor.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <optional>

#include <fmt/format.h>

#include "hastur/base/error.hpp"
#include "hastur/base/fault.hpp"
#include "hastur/base/log.hpp"
#include "hastur/init/protocol.hpp"
#include "hastur/sys/namespaces.hpp"
#include "hastur/sys/process.hpp"
#include "hastur/sys/signals.hpp"

namespace hastur::container {
namespace {

using init::Message;
using init::Word;

/// Puts the terminal back as it was: nspawn switches it to raw mode and cannot undo that when it is killed.
class TerminalSettings {
public:
    TerminalSettings() : saved_(::tcgetattr(STDIN_FILENO, &settings_) == 0) {}
    ~TerminalSettings() {
        if (saved_) ::tcsetattr(STDIN_FILENO, TCSANOW, &settings_);
    }
    TerminalSettings(const TerminalSettings&) = delete;
    TerminalSettings& operator=(const TerminalSettings&) = delete;

private:
    termios settings_{};
    bool saved_;
};

/// Our end of the connection to the container's init.
class Control {
public:
    Control() {
        std::array<int, 2> ends{};
        check(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), [] { return "socketpair"; });
        ours_.reset(ends[0]);
        theirs_.reset(ends[1]);
        const int on = 1;  // the kernel then tells with each packet who sent it
        check(::setsockopt(ours_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on), [] { return "setsockopt"; });
    }
    [[nodiscard]] int fd() const noexcept { return ours_.get(); }
    [[nodiscard]] int peer() const noexcept { return theirs_.get(); }
    void close_peer() noexcept { theirs_.reset(); }
    void close() noexcept { ours_.reset(); }

    void send(Word word, int value) const {
        const Message message{word, value};
        [[maybe_unused]] const auto sent = ::send(ours_.get(), &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }

    struct Received {
        Message message;
        pid_t sender;
    };
    /// nullopt if nothing is there, or the other side is gone.
    [[nodiscard]] std::optional<Received> receive() const {
        Received received{};
        iovec piece{&received.message, sizeof received.message};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
        msghdr header{};
        header.msg_iov = &piece;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        if (TEMP_FAILURE_RETRY(::recvmsg(ours_.get(), &header, MSG_DONTWAIT)) != sizeof(Message)) return std::nullopt;
        const cmsghdr* credentials = CMSG_FIRSTHDR(&header);
        if (credentials != nullptr && credentials->cmsg_type == SCM_CREDENTIALS)
            received.sender = reinterpret_cast<const ucred*>(CMSG_DATA(credentials))->pid;
        return received;
    }

private:
    UniqueFd ours_, theirs_;
};

/// One run, as a state machine over four descriptors.
class Run {
public:
    Run(const Supervisor::Job& job, const Supervisor::Events& events)
        : events_(events),
          nspawn_({.argv = job.arguments,
                   .environment = job.environment,
                   .passed_fd = control_.peer(),
                   .death_signal = SIGTERM,
                   // On a terminal it must stay in the foreground to read what is typed.
                   .own_group = !job.terminal,
                   .filters = job.filters}),
          grace_(check(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), [] { return "timerfd"; })) {
        control_.close_peer();
    }

    int to_the_end() {
        log::debug("systemd-nspawn started");
        events_.on_started();
        nspawn_.confirm();
        for (bool alive = true; alive;) {
            std::array<pollfd, 4> polled{{{control_.fd(), POLLIN, 0},
                                          {signals::fd(), POLLIN, 0},
                                          {grace_.get(), POLLIN, 0},
                                          {nspawn_.pidfd(), POLLIN, 0}}};
            check(TEMP_FAILURE_RETRY(::poll(polled.data(), polled.size(), -1)), [] { return "poll"; });
            if (polled[0].revents != 0) on_control();
            if (polled[1].revents != 0) on_signal();
            if (polled[2].revents != 0) on_grace_over();
            alive = polled[3].revents == 0;
        }
        while (const auto left = control_.receive()) handle(*left);
        fault::point("nspawn ended");
        return conclude(nspawn_.wait());
    }

private:
    void on_control() {
        if (const auto received = control_.receive())
            handle(*received);
        else
            control_.close();  // poll(2) ignores it from now on
    }

    void handle(const Control::Received& received) {
        if (received.message.word == Word::hello && !ready_) {
            ready_ = true;
            fault::point("init said hello");
            log::debug("systemd-nspawn is done, init runs");
            events_.on_ready(received.sender, nspawn_.pid());
            control_.send(Word::go, 0);
            fault::point("the command starts");
            log::debug("the command starts");
            events_.on_running();
        } else if (received.message.word == Word::ended) {
            fault::point("the command ended");
            log::debug("the command ended");
            status_ = received.message.value;
        }
    }

    /// The first one is the command's to handle; it has a short while for it. A second one is an order.
    void on_signal() {
        const auto signal = signals::take();
        if (!signal) return;
        if (!ready_ || asked_to_end_) return end_now(*signal);
        asked_to_end_ = signal;
        control_.send(Word::signal, *signal);
        constexpr itimerspec patience{{0, 0}, {2, 0}};
        ::timerfd_settime(grace_.get(), 0, &patience, nullptr);
    }

    void on_grace_over() {
        std::uint64_t ticks = 0;
        if (::read(grace_.get(), &ticks, sizeof ticks) != sizeof ticks) return;
        if (ending_)
            nspawn_.signal(SIGKILL);  // it did not react; what it leaves is ended below
        else
            end_now(*asked_to_end_);
    }

    void end_now(int signal) {
        asked_to_end_ = signal;
        ending_ = true;
        nspawn_.signal(SIGTERM);
        constexpr itimerspec patience{{0, 0}, {5, 0}};
        ::timerfd_settime(grace_.get(), 0, &patience, nullptr);
    }

    [[nodiscard]] int conclude(int nspawn_status) const {
        if (status_) return *status_;
        if (asked_to_end_) return exit_signal_base + *asked_to_end_;
        if (WIFSIGNALED(nspawn_status))
            throw Error(fmt::format("systemd-nspawn was killed by SIG{}", sigabbrev_np(WTERMSIG(nspawn_status))));
        if (!ready_)
            throw NotStarted(fmt::format("systemd-nspawn failed with status {} before the command could start",
                                         WEXITSTATUS(nspawn_status)));
        // Init had no chance to tell: somebody killed the whole container from outside.
        return exit_signal_base + SIGKILL;
    }

    const Supervisor::Events& events_;
    Control control_;
    process::Child nspawn_;
    UniqueFd grace_;
    bool ready_ = false;
    bool ending_ = false;
    std::optional<int> asked_to_end_;
    std::optional<int> status_;
};

}  // namespace

int Supervisor::run(const Job& job, const Events& events) {
    const TerminalSettings restore_terminal;
    become_subreaper();
    // Whatever way we leave: a killed nspawn hands its container over to us, and it must not live on.
    struct NoOrphans {
        ~NoOrphans() { kill_remaining_children(); }
    } const no_orphans;
    Run run(job, events);
    return run.to_the_end();
}

}  // namespace hastur::container
