#include <arpa/inet.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <random>
#include <sstream>

#include "harness.hpp"
#include "scale.hpp"

namespace e2e {
namespace {

/// Everything about the host's network, every setting of the kernel's included (but for counters and keys).
std::string everything() {
    wait_for_interfaces();
    return host_state() + sh("find /proc/sys/net -type f | grep -v -e nf_conntrack_count -e stable_secret -e "
                             "fastopen_key -e /flush | sort | "
                             "xargs grep -s . ; ip rule; ip -6 route show table all | sed 's/ linkdown//'; ip neigh "
                             "show nud permanent; bridge vlan 2>/dev/null")
                              .out;
}

/// Whether two networks, as ADDRESS/LENGTH, have an address in common.
bool overlap(const std::string& one, const std::string& other) {
    const auto parse = [](const std::string& text) {
        in_addr address{};
        ::inet_pton(AF_INET, text.substr(0, text.find('/')).c_str(), &address);
        return std::pair(ntohl(address.s_addr), std::stoi(text.substr(text.find('/') + 1)));
    };
    const auto [a, a_length] = parse(one);
    const auto [b, b_length] = parse(other);
    const auto shift = 32 - std::min(a_length, b_length);
    return (std::uint64_t{a} >> shift) == (std::uint64_t{b} >> shift);
}

class NetworkOfTheHost : public Host {
protected:
    std::string random_network() {
        static const char* const ranges[] = {"10.%.%.0",   "172.16.%.0", "192.168.%.0",
                                             "100.64.%.0", "10.213.%.0", "10.0.%.0"};
        std::string address = ranges[pick(0, 5)];
        for (auto at = address.find('%'); at != std::string::npos; at = address.find('%'))
            address.replace(at, 1, std::to_string(pick(0, 15) * 16));
        return address;
    }
    int pick(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }

    unsigned seed_ = std::random_device()();
    std::mt19937 random_{seed_};
};

TEST_F(NetworkOfTheHost, IsTheSameButForWhatBearsOurMark) {
    const auto before = everything();
    {
        Background one("-Sq -- sh -c 'echo ready; exec sleep 1000'"),
            two("-Sq -b br7:10.7.0.1/24 -- sh -c 'echo ready; exec sleep 1000'");
        one.expect("ready");
        two.expect("ready");
        std::istringstream changes(difference(before, everything()));
        int ours = 0, others = 0;
        // Interfaces h-… and those whose alias is "hastur", their settings, routes with our protocol number, our table,
        // processes. And the one setting of somebody else's that must change: forwarding of the way out.
        const auto marked = [](const std::string& line) {
            return std::ranges::any_of(
                std::array{"h-", "hastur", "br7", "proto 104", "nspawn", "sd-", "conf/uplink0/forwarding:"},
                [&](const char* mark) { return line.find(mark) != std::string::npos; });
        };
        bool in_our_table = false;
        for (std::string line; std::getline(changes, line); ++ours) {
            in_our_table = line.find("table ip hastur") != std::string::npos ||
                           (in_our_table && line.find("+ \t") == 0) || (in_our_table && line == "+ }");
            if (in_our_table || marked(line)) continue;
            // nft prints what belongs to our table on lines of their own.
            if (sh("nft list table ip hastur | grep -qxF -- '" + line.substr(2) + "'").status == 0) continue;
            ++others;
            ADD_FAILURE() << "not ours: " << line;
        }
        std::cout << "== network: " << ours << " lines of the host's network differ while containers run, all but "
                  << others << " bear our mark\n";
    }
    hastur("-Q");
    EXPECT_EQ(sh("$H -r /nonexistent --free").status, 0);
    const auto rest = difference(before, everything());
    EXPECT_EQ(rest, "");
    std::cout << "== network: " << std::count(rest.begin(), rest.end(), '\n') << " lines differ after --free\n";
}

TEST_F(NetworkOfTheHost, ThePoolAvoidsWhateverIsThere) {
    int hosts = 0, collisions = 0;
    for (; hosts < scaled(4, 40); ++hosts) {
        std::string add, remove;
        std::vector<std::string> networks;
        for (int i = pick(3, 25); i > 0; --i) {
            const auto network = random_network() + "/" + std::to_string(pick(20, 24));
            const auto table = std::to_string(pick(0, 2) == 0 ? pick(50, 250) : 254);
            const auto route =
                network + (pick(0, 4) == 0 ? std::string(" blackhole") : " via 192.0.2.1") + " table " + table;
            networks.push_back(network);
            add += "ip route add " +
                   (route.find("blackhole") != std::string::npos ? "blackhole " + network + " table " + table : route) +
                   "; ";
            remove += "ip route del " + network + " table " + table + "; ";
        }
        // The worst place for a resolver is the network that would be chosen without it.
        sh(add);
        EXPECT_EQ(hastur("-Sq -- true").status, 0);
        auto resolver =
            sh("ip -o -4 address show hastur0 | awk '{print $4}' | cut -d. -f1-3; $H -r /nonexistent --free").out;
        resolver.replace(resolver.find('\n'), std::string::npos, ".53");
        networks.push_back(resolver + "/32");
        sh("echo nameserver " + resolver + " >> /run/resolv.conf");
        const auto result = hastur("-Sq -- true");
        EXPECT_EQ(result.status, 0) << "seed " << seed_ << ": " << result.err;
        const auto pool = sh("ip -o -4 address show hastur0 | awk '{print $4}'").out;
        for (const auto& network : networks) {
            if (!overlap(network, pool)) continue;
            ++collisions;
            ADD_FAILURE() << "seed " << seed_ << ": pool " << pool << " overlaps " << network;
        }
        sh(remove + "echo nameserver 10.255.255.53 > /run/resolv.conf; $H -r /nonexistent --free");
    }
    std::cout << "== network: " << hosts << " hosts with random routes and resolvers: " << collisions
              << " collisions of the pool\n";
}

TEST_F(NetworkOfTheHost, WorksBehindIptablesThatDrops) {
    // As Docker sets it up, with iptables-nft.
    const auto made =
        sh("iptables-nft -P FORWARD DROP && iptables-nft -N DOCKER-USER && iptables-nft -A DOCKER-USER -j RETURN && "
           "iptables-nft -I FORWARD -j DOCKER-USER");
    ASSERT_EQ(made.status, 0) << made.err;
    const auto before = sh("iptables-nft -S").out;
    EXPECT_EQ(hastur("-Sq -- bash -c 'cat < /dev/tcp/192.0.2.1/7'").out, "you are 192.0.2.2\n");
    EXPECT_EQ(sh("$H -r /nonexistent --free").status, 0);
    EXPECT_EQ(sh("iptables-nft -S").out, before);
    sh("nft delete table ip filter");
}

TEST_F(NetworkOfTheHost, AnUplinkComesBackExactly) {
    int times = 0, different = 0;
    for (; times < scaled(3, 25); ++times) {
        std::string setup;
        for (int i = pick(0, 4); i > 0; --i)
            setup += "ip address add 198.51.100." + std::to_string(pick(2, 200)) + "/" + std::to_string(pick(24, 32)) +
                     " dev uplink0 " + (pick(0, 1) == 0 ? "scope global" : "scope link") + "; ";
        for (int i = pick(1, 8); i > 0; --i)
            setup += "ip route add 203.0.113." + std::to_string(pick(0, 255)) + "/32 " +
                     (pick(0, 2) == 0 ? "scope link" : "via 192.0.2.1") + " dev uplink0 metric " +
                     std::to_string(pick(0, 999)) + (pick(0, 1) == 0 ? " src 192.0.2.2" : "") + " table " +
                     std::to_string(pick(0, 1) == 0 ? 254 : 77) + "; ";
        sh(setup);
        const auto before = everything();
        Background run("-Sq -b up0 -t uplink0 -- sh -c 'echo ready; exec sleep 1000'");
        run.expect("ready");
        run.signal(times % 2 == 0 ? SIGKILL : SIGTERM);
        run.wait();
        sh("$H -Q; $H -r /nonexistent --free");
        const auto rest = difference(before, everything());
        if (!rest.empty()) ++different;
        EXPECT_EQ(rest, "") << "seed " << seed_ << ": " << setup;
        sh("ip address flush dev uplink0; ip route flush table 77; ip address add 192.0.2.2/24 dev uplink0; ip route "
           "add default via 192.0.2.1");
    }
    std::cout << "== network: " << times << " random uplinks moved, half of them with kill -9: " << different
              << " came back different\n";
}

TEST_F(NetworkOfTheHost, AnUplinkThatCannotBeMovedIsRestored) {
    sh("ip route add 203.0.113.0/24 via 192.0.2.1 dev uplink0 metric 50 src 192.0.2.2; $H -Sq -- true");
    const auto before =
        sh("ip -o address show uplink0; ip route show table all | sort; ip -o link show uplink0 | grep -o 'master.*'")
            .out;
    Background start("-Sq -t uplink0 -- true 2>&1", "export HASTUR_STOP_AT='before moving the uplink'; ");
    ASSERT_TRUE(start.stopped());
    // No route can be given to an interface that is down: the move fails when it is half done.
    sh("ip link set hastur0 down");
    start.signal(SIGCONT);
    EXPECT_EQ(start.wait(), 125);
    EXPECT_EQ(sh("ip -o address show uplink0; ip route show table all | grep -v hastur0 | sort; ip -o link show "
                 "uplink0 | grep -o 'master.*'")
                  .out,
              sh("cat > /run/before; grep -v hastur0 /run/before", before).out);
    sh("ip route del 203.0.113.0/24; $H -r /nonexistent --free");
}

}  // namespace
}  // namespace e2e
