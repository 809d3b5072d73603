#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "harness.hpp"

namespace e2e {
namespace {

void must(const std::string& line) {
    if (const auto result = sh(line); result.status != 0) throw std::runtime_error(line + ": " + result.err);
}

/// The outside: answers every connection with the address that it sees.
void serve_world() {
    const int space = ::open("/run/netns/world", O_RDONLY | O_CLOEXEC);
    if (::setns(space, CLONE_NEWNET) < 0) throw std::runtime_error("setns");
    ::close(space);
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_port = htons(7);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&any), sizeof any) < 0 || ::listen(listener, 16) < 0)
        throw std::runtime_error("listen");
    while (true) {
        sockaddr_in peer{};
        socklen_t length = sizeof peer;
        const int connection = ::accept(listener, reinterpret_cast<sockaddr*>(&peer), &length);
        if (connection < 0) continue;
        const auto answer = std::string("you are ") + ::inet_ntoa(peer.sin_addr) + "\n";
        [[maybe_unused]] const auto sent = ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
        ::close(connection);
    }
}

void move_to_own_host() {
    if (::unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0)
        throw std::runtime_error(std::string("unshare (are you root?): ") + std::strerror(errno));
    // A /run of our own, but the same sockets and daemons as before where there are any.
    must(
        "mkdir -p $ROOT/../run && mount -n -t tmpfs tmpfs $ROOT/../run && mkdir -p /run/systemd && cp -a /run/systemd "
        "$ROOT/../run/ 2>/dev/null; "
        "rm -rf $ROOT/../run/systemd/nspawn; mount -n --move $ROOT/../run /run");
    must(
        "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; ip link set lo up; mkdir -p "
        "/run/netns; ip netns add world; "
        "ip link add uplink0 type veth peer name outside netns world; ip address add 192.0.2.2/24 dev uplink0; ip link "
        "set uplink0 up; "
        "ip route add default via 192.0.2.1; ip -n world link set lo up; ip -n world link set outside up; "
        "ip -n world address add 192.0.2.1/24 dev outside; ip -n world address add 10.255.255.53/32 dev lo");
    must("echo nameserver 10.255.255.53 > /run/resolv.conf && mount -n --bind /run/resolv.conf /etc/resolv.conf");
    std::thread(serve_world).detach();
    must("for i in 1 2 3 4 5 6 7 8 9; do bash -c 'read -r x < /dev/tcp/192.0.2.1/7' && exit 0; done; exit 1");
}

}  // namespace

void Host::SetUp() {
    // Here and not once for the suite: what fails there counts as skipped.
    static const bool done = (move_to_own_host(), true);
    ASSERT_TRUE(done);
    before_ = host_state();
}

void Host::TearDown() {
    const auto listed = nlohmann::json::parse(hastur("-Qj").out);
    for (const auto& container : listed) hastur("-q -f -D " + container.at("name").get<std::string>());
    EXPECT_EQ(sh("$H -r /nonexistent --free").status, 0);
    wait_for_interfaces();
    const auto after = host_state();
    EXPECT_TRUE(after == before_) << difference(before_, after);
    for (const char* part : {"containers", "running", "tmp", "locks"})
        EXPECT_EQ(sh(std::string("ls -A $ROOT/") + part).out, "") << part;
}

}  // namespace e2e
