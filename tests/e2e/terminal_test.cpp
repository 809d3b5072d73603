#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "harness.hpp"

namespace e2e {
namespace {

/// hastur on a terminal, with somebody who types.
class Terminal : public Host {
protected:
    void start(const std::string& words) {
        sh("true");  // sets $H
        winsize size{30, 100, 0, 0};
        pid_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
        if (pid_ == 0) {
            ::execl("/bin/sh", "sh", "-c", ("exec $H " + words).c_str(), nullptr);
            ::_exit(127);
        }
    }
    void type(const std::string& keys) const {
        ASSERT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
    }
    void expect(const std::string& text) {
        for (std::size_t found = 0; (found = seen_.find(text)) == std::string::npos;) {
            pollfd polled{terminal_, POLLIN, 0};
            std::array<char, 4096> buffer{};
            const auto got = ::poll(&polled, 1, 20'000) == 1 ? ::read(terminal_, buffer.data(), buffer.size()) : -1;
            if (got <= 0) {
                ADD_FAILURE() << "never came: " << text << "; what came: " << seen_;
                return;
            }
            seen_.append(buffer.data(), static_cast<std::size_t>(got));
        }
        seen_.erase(0, seen_.find(text) + text.size());
    }
    int wait() {
        std::array<char, 4096> buffer{};
        while (::read(terminal_, buffer.data(), buffer.size()) > 0) {}
        int status = 0;
        ::waitpid(pid_, &status, 0);
        ::close(terminal_);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    int terminal_ = -1;
    pid_t pid_ = -1;
    std::string seen_;
};

TEST_F(Terminal, ALoginShellWithEverythingThatBelongsToIt) {
    start("-S -n shell");
    expect("root@shell:~# ");
    type("tty; echo shell is $0\n");
    expect("/dev/pts/0");
    expect("shell is -bash");
    // Its size, and a change of it.
    type("stty size\n");
    expect("30 100");
    winsize size{40, 120, 0, 0};
    ::ioctl(terminal_, TIOCSWINSZ, &size);
    type("trap 'stty size; echo resized' WINCH; kill -WINCH $$; stty size\n");
    expect("40 120");
    // Ctrl-C goes to what runs in the foreground, not to hastur.
    // (The quotes keep the echo of what is typed apart from what the command says.)
    type("sh -c 'echo be''gun; exec sleep 1000'\n");
    expect("begun");
    type("\x03");
    expect("root@shell:~# ");
    // Job control.
    type("sh -c 'echo be''gun; exec sleep 1000'\n");
    expect("begun");
    type("\x1a");
    expect("Stopped");
    type("kill -9 %1; fg; echo over\n");
    expect("over\r\n");
    type("exit 9\n");
    EXPECT_EQ(wait(), 9);
}

TEST_F(Terminal, OutputIntoAFileIsNotATerminalForTheCommand) {
    sh("rm -f /run/out");
    start("-S -q -- sh -c 'test -t 1 || echo no terminal' > /run/out");
    EXPECT_EQ(wait(), 0);
    EXPECT_EQ(sh("cat /run/out").out, "no terminal\n");
}

TEST_F(Terminal, TheQueryHasAHeaderThere) {
    start("-Q");
    expect("NAME  STATUS  ADDRESS  ROOT");
    EXPECT_EQ(wait(), 0);
}

TEST_F(Terminal, ClosingItEndsTheContainer) {
    start("-S -q -n hangup");
    expect("# ");
    const auto leader = query("hangup").at("pid").get<pid_t>();
    ::close(terminal_);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    EXPECT_TRUE(ended_within(leader, 1000));
}

}  // namespace
}  // namespace e2e
