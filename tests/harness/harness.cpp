#include "harness.hpp"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace e2e {
namespace {

int shell_status(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

std::string read_all(int fd) {
    std::string text;
    std::array<char, 65536> buffer{};
    for (ssize_t got = 0; (got = ::read(fd, buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(got));
    ::close(fd);
    return text;
}

std::string setting(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : otherwise;
}

void prepare_environment() {
    const auto root = setting("HASTUR_TEST_DIR", HASTUR_TEST_DIR) + "/root";
    ::setenv("ROOT", root.c_str(), 1);
    ::setenv("H", (setting("HASTUR", HASTUR) + " -r " + root).c_str(), 1);
}

pid_t spawn_shell(const std::string& line, int in, int out, int err) {
    prepare_environment();
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    if (in >= 0) ::dup2(in, 0);
    if (out >= 0) ::dup2(out, 1);
    if (err >= 0) ::dup2(err, 2);
    ::close_range(3, ~0U, 0);
    ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    ::_exit(127);
}

}  // namespace

Result sh(const std::string& line, const std::string& input) {
    std::array<int, 2> in{}, out{}, err{};
    if (::pipe2(in.data(), O_CLOEXEC) < 0 || ::pipe2(out.data(), O_CLOEXEC) < 0 || ::pipe2(err.data(), O_CLOEXEC) < 0)
        throw std::runtime_error("pipe");
    const pid_t pid = spawn_shell(line, in[0], out[1], err[1]);
    for (const int fd : {in[0], out[1], err[1]}) ::close(fd);
    Result result;
    std::thread writer([&] {
        std::string_view left = input;
        while (!left.empty()) {
            const auto written = ::write(in[1], left.data(), left.size());
            if (written <= 0) break;
            left.remove_prefix(static_cast<std::size_t>(written));
        }
        ::close(in[1]);
    });
    std::thread reader([&] { result.err = read_all(err[0]); });
    result.out = read_all(out[0]);
    reader.join();
    writer.join();
    int status = 0;
    ::waitpid(pid, &status, 0);
    result.status = shell_status(status);
    return result;
}

Result hastur(const std::string& words, const std::string& input) { return sh("exec timeout 60 $H " + words, input); }

std::vector<std::string> fault_points(const std::string& words) {
    std::istringstream passed(sh("rm -f $ROOT/../points; HASTUR_POINTS=$ROOT/../points timeout 300 $H " + words +
                                 " > $ROOT/../log 2>&1; cat $ROOT/../points; "
                                 "rm -f $ROOT/../points $ROOT/../log")
                                  .out);
    std::vector<std::string> points;
    for (std::string line; std::getline(passed, line);) points.push_back(line);
    return points;
}

void make_root(const std::string& path) {
    const auto made =
        sh("P=" + path +
           "; rm -rf $P && mkdir -m 700 $P && cp -a $ROOT/hastur-root $P && mkdir $P/images && cp -al $(dirname "
           "$(grep -l '\"packages\": \\[\\]' $ROOT/images/*/image.json)) $P/images/");
    EXPECT_EQ(made.status, 0) << made.err;
}

nlohmann::json query(const std::string& name) {
    const auto result = hastur("-Qj " + name);
    EXPECT_EQ(result.status, 0) << result.err;
    auto json = nlohmann::json::parse(result.out);
    EXPECT_EQ(json.size(), 1U);
    return json.at(0);
}

Background::Background(const std::string& words, const std::string& before) {
    std::array<int, 2> out{};
    if (::pipe2(out.data(), O_CLOEXEC) < 0) throw std::runtime_error("pipe");
    pid_ = spawn_shell(before + "exec $H " + words, ::open("/dev/null", O_RDONLY | O_CLOEXEC), out[1], -1);
    ::close(out[1]);
    out_ = out[0];
}

Background::~Background() {
    if (pid_ > 0) {
        if (status_ < 0) signal(SIGKILL);
        wait();
    }
    ::close(out_);
}

void Background::expect(const std::string& text) {
    constexpr int minute = 60'000;
    while (seen_.find(text) == std::string::npos) {
        pollfd polled{out_, POLLIN, 0};
        std::array<char, 4096> buffer{};
        const auto got = ::poll(&polled, 1, minute) == 1 ? ::read(out_, buffer.data(), buffer.size()) : -1;
        if (got <= 0) {
            ADD_FAILURE() << "never came: " << text << "; what came: " << seen_;
            return;
        }
        seen_.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

void Background::signal(int number) const { ::kill(pid_, number); }

bool Background::stopped() {
    int status = 0;
    ::waitpid(pid_, &status, WUNTRACED);
    if (WIFSTOPPED(status)) return true;
    status_ = status;
    return false;
}

bool Background::ended_within(int milliseconds) const { return status_ >= 0 || e2e::ended_within(pid_, milliseconds); }

int Background::wait() {
    if (status_ < 0) ::waitpid(pid_, &status_, 0);
    pid_ = -1;
    return shell_status(status_);
}

bool ended_within(pid_t pid, int milliseconds) {
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (handle < 0) return true;
    pollfd polled{handle, POLLIN, 0};
    const bool ended = ::poll(&polled, 1, milliseconds) == 1;
    ::close(handle);
    return ended;
}

std::vector<pid_t> children(pid_t parent) {
    std::vector<pid_t> found;
    std::ifstream file("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
    for (pid_t pid = 0; file >> pid;) found.push_back(pid);
    return found;
}

pid_t child_named(pid_t parent, const std::string& comm) {
    for (const auto pid : children(parent)) {
        std::string name;
        std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/comm"), name);
        if (name == comm) return pid;
    }
    return 0;
}

std::string host_state() {
    // Without what says only whether something is plugged in just now.
    return sh("ip -o link | sed 's/^[0-9]*: //; s/NO-CARRIER,//; s/,LOWER_UP//; s/ state [A-Z]*//'; ip -o address | "
              "sed 's/^[0-9]*: //'; ip route show table all | sed 's/ linkdown//'; ip "
              "rule; nft list ruleset; "
              "grep . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/*/forwarding; "
              "cut -d' ' -f5- /proc/self/mountinfo | grep -E 'hastur|nspawn|overlay'; "
              "pgrep -a -x 'hastur|systemd-nspawn|(sd-.*)' | grep -v defunct; ls /run/systemd/nspawn 2>/dev/null; true")
        .out;
}

std::string difference(const std::string& before, const std::string& after) {
    const auto lines = [](const std::string& text) {
        std::vector<std::string> all;
        std::istringstream stream(text);
        for (std::string line; std::getline(stream, line);) all.push_back(line);
        return all;
    };
    const auto missing = [](const std::vector<std::string>& from, const std::vector<std::string>& in,
                            const char* mark) {
        std::string text;
        for (const auto& line : from)
            if (std::ranges::find(in, line) == in.end()) text += mark + line + "\n";
        return text;
    };
    const auto old_lines = lines(before), new_lines = lines(after);
    return missing(old_lines, new_lines, "- ") + missing(new_lines, old_lines, "+ ");
}

void wait_for_interfaces() {
    const int events = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK;
    ::bind(events, reinterpret_cast<sockaddr*>(&address), sizeof address);
    while (sh("ip -o link | grep -q ': h-'").status == 0) {
        pollfd polled{events, POLLIN, 0};
        std::array<char, 65536> buffer{};
        if (::poll(&polled, 1, 5000) != 1) break;
        [[maybe_unused]] const auto got = ::recv(events, buffer.data(), buffer.size(), 0);
    }
    ::close(events);
}

}  // namespace e2e
