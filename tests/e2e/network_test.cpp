#include "harness.hpp"

namespace e2e {
namespace {

class Network : public Host {
protected:
    /// What the outside answers a container that connects to it.
    static std::string ask(const std::string& address) { return "bash -c 'cat < /dev/tcp/" + address + "/7'"; }
};

TEST_F(Network, TheOutsideSeesTheHostsAddress) {
    EXPECT_EQ(hastur("-Sq -- " + ask("192.0.2.1")).out, "you are 192.0.2.2\n");
    EXPECT_EQ(hastur("-Sq -- " + ask("10.255.255.53")).out, "you are 192.0.2.2\n");
}

TEST_F(Network, ContainersAndHostReachEachOther) {
    Background one("-Sq -n one -- sh -c 'echo ready; exec sleep 1000'");
    one.expect("ready");
    const auto address = query("one").at("address").get<std::string>();
    EXPECT_EQ(sh("ping -c1 -W2 " + address).status, 0);
    EXPECT_EQ(hastur("-Sq -- ping -c1 -W2 " + address).status, 0);
    const auto gateway = sh("ip -o -4 address show hastur0 | awk '{print $4}' | cut -d/ -f1").out;
    EXPECT_EQ(hastur("-Sq -- ping -c1 -W2 " + gateway).status, 0);
}

TEST_F(Network, TheNetworkIsCompleteWhenTheCommandStarts) {
    const auto result = hastur("-Sq -- sh -c 'ip -o link show host0; ip -o -4 address show host0; ip route'");
    EXPECT_NE(result.out.find(" state UP "), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("default via 10."), std::string::npos) << result.out;
}

TEST_F(Network, TheDefaultNetworkAvoidsRoutesAndResolvers) {
    sh("ip route add 10.213.0.0/16 via 192.0.2.1; ip route add 10.128.0.0/9 via 192.0.2.1 table 77");
    const auto result = hastur("-Sq -- ip -o -4 address show host0");
    sh("ip route del 10.213.0.0/16; ip route del 10.128.0.0/9 table 77");
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out.find(" 10.213."), std::string::npos) << result.out;
    // The first block behind them.
    EXPECT_NE(result.out.find(" 10.0.0."), std::string::npos) << result.out;
}

TEST_F(Network, AnExplicitNetworkTakesNothingFromTheHost) {
    const auto before = sh("ip route get 10.255.255.53; ip route get 10.1.2.3").out;
    Background wide("-Sq -n wide -b br0:10.0.0.1/8 -a 10.0.0.2/8 -- sh -c 'echo ready; exec sleep 1000'");
    wide.expect("ready");
    EXPECT_EQ(sh("ip route get 10.255.255.53; ip route get 10.1.2.3").out, before);
    EXPECT_EQ(sh(ask("10.255.255.53")).out, "you are 192.0.2.2\n");
    EXPECT_EQ(sh("ip -o -4 address show br0 | grep -c 'inet 10.0.0.1/8 '").out, "1\n");
    EXPECT_EQ(sh("ping -c1 -W2 10.0.0.2").status, 0);
    // The resolver lies inside of the container's own network, and is reached all the same.
    EXPECT_EQ(hastur("-Sq -b br0 -a 10.0.0.3/8 -- " + ask("10.255.255.53")).out, "you are 192.0.2.2\n");
    EXPECT_EQ(hastur("-Sq -b br0 -- ping -c1 -W2 10.0.0.2").status, 0);
}

TEST_F(Network, AnAddressOutsideOfTheBridgesNetworkWorksToo) {
    EXPECT_EQ(hastur("-Sq -a 10.0.0.2/8 -- " + ask("192.0.2.1")).out, "you are 192.0.2.2\n");
    EXPECT_EQ(hastur("-Sq -a 172.20.0.2 -- " + ask("10.255.255.53")).out, "you are 192.0.2.2\n");
}

TEST_F(Network, AddressesThatCannotBeGivenAreRefused) {
    Background holder("-Sq -n holder -b br0:10.9.0.1/24 -a 10.9.0.7 -- sh -c 'echo ready; exec sleep 1000'");
    holder.expect("ready");
    const auto refused = [](const std::string& address, const std::string& why) {
        const auto result = hastur("-S -b br0 -a " + address + " -- true");
        EXPECT_EQ(result.status, 125) << address;
        EXPECT_NE(result.err.find(why), std::string::npos) << result.err;
    };
    refused("10.9.0.7", "is in use by container 'holder'");
    refused("10.9.0.1", "is the bridge's own");
    refused("10.9.0.0", "is the network or broadcast address");
    refused("10.9.0.255", "is the network or broadcast address");
    refused("192.0.2.2", "is in use by this host");
    refused("192.0.2.1", "is in use by this host, its gateway");
    refused("10.255.255.53", "or its resolver");
    const auto other = hastur("-S -b br0:10.8.0.1/24 -- true");
    EXPECT_EQ(other.status, 125);
    EXPECT_NE(other.err.find("already has the address 10.9.0.1/24"), std::string::npos) << other.err;
    EXPECT_EQ(sh("$H -Q | wc -l").out, "1\n");
}

TEST_F(Network, ARouteOfTheHostsIsNeitherReplacedNorRemoved) {
    // A peer behind a VPN, inside of the network that the bridge is given.
    sh("ip route add 10.0.0.2/32 dev uplink0; ip route add 10.0.0.4/30 dev uplink0");
    const auto before = sh("ip route").out;
    EXPECT_EQ(hastur("-S -b br0:10.0.0.1/8 -a 10.0.0.2 -- true").status, 125);
    EXPECT_EQ(
        hastur("-Sq -b br0:10.0.0.1/8 -- ip -o -4 address show host0").out.find(" 10.0.0.3/8 ") != std::string::npos,
        true);
    EXPECT_EQ(
        hastur("-Sq -b br0:10.0.0.1/8 -- ip -o -4 address show host0").out.find(" 10.0.0.8/8 ") != std::string::npos,
        true);
    EXPECT_EQ(sh("ip route").out, before);
    sh("ip route del 10.0.0.2/32; ip route del 10.0.0.4/30");
}

TEST_F(Network, AVpnThatCoversEverythingDoesNotStopUs) {
    sh("ip route add 0.0.0.0/1 via 192.0.2.1; ip route add 128.0.0.0/1 via 192.0.2.1");
    const auto result = hastur("-S -- " + ask("192.0.2.1"));
    EXPECT_EQ(result.out, "you are 192.0.2.2\n") << result.err;
    EXPECT_EQ(result.err.find("overlaps"), std::string::npos) << result.err;
    sh("ip route del 0.0.0.0/1; ip route del 128.0.0.0/1");
}

TEST_F(Network, ABridgeWhoseFirstStartFailedIsGoneAndTheNextOneIsComplete) {
    EXPECT_EQ(hastur("-S -b br1:10.1.0.1/24 -a 10.1.0.1 -- true").status, 125);
    EXPECT_NE(sh("ip link show br1").status, 0);
    EXPECT_EQ(hastur("-Sq -b br1:10.1.0.1/24 -- " + ask("192.0.2.1")).out, "you are 192.0.2.2\n");
}

TEST_F(Network, AManyRoutedUplinkMovesWhole) {
    sh("for i in $(seq 200); do echo route add 198.18.$i.0/24 via 192.0.2.1 dev uplink0; done | ip -batch -");
    const auto before = sh("ip route").out;
    EXPECT_EQ(hastur("-Sq -b br0 -t uplink0 -- true").status, 0);
    EXPECT_EQ(sh("ip route").out, before);
    sh("for i in $(seq 200); do echo route del 198.18.$i.0/24; done | ip -batch -");
}

TEST_F(Network, ContainersCannotTeachTheHostRoutes) {
    EXPECT_EQ(hastur("-Sq -- true").status, 0);
    EXPECT_EQ(sh("cat /proc/sys/net/ipv6/conf/hastur0/accept_ra").out, "0\n");
}

TEST_F(Network, ASmallNetworkIsExhaustedClearlyAndRecovers) {
    std::vector<std::unique_ptr<Background>> all;
    for (int i = 0; i < 5; ++i) {
        all.push_back(std::make_unique<Background>("-Sq -b br0:10.9.0.1/29 -- sh -c 'echo ready; exec sleep 1000'"));
        all.back()->expect("ready");
    }
    const auto sixth = hastur("-S -b br0 -- true");
    EXPECT_EQ(sixth.status, 125);
    EXPECT_NE(sixth.err.find("no free address is left on bridge br0 (10.9.0.1/29)"), std::string::npos) << sixth.err;
    EXPECT_EQ(sh("$H -Q | awk '{print $3}' | sort -u | wc -l").out, "5\n");
    all.back()->signal(SIGTERM);
    all.back()->wait();
    EXPECT_EQ(hastur("-Sq -b br0 -- true").status, 0);
}

TEST_F(Network, SomebodyElsesBridgeIsUsedAndLeftAsItWas) {
    sh("ip link add theirs type bridge; ip address add 10.7.0.1/24 dev theirs; ip link set theirs up");
    const auto before = sh("ip -o address show theirs").out;
    EXPECT_EQ(hastur("-Sq -b theirs -- " + ask("192.0.2.1")).out, "you are 192.0.2.2\n");
    sh("$H -r /nonexistent --free");
    EXPECT_EQ(sh("ip -o address show theirs").out, before);
    sh("ip link del theirs");
}

TEST_F(Network, WorksWhereDockerDropsForwarded) {
    // The rule set that Docker makes through iptables-nft.
    sh("nft 'table ip filter { chain DOCKER-USER { counter return; }; chain FORWARD { type filter hook forward "
       "priority filter; policy drop; "
       "counter jump DOCKER-USER; }; }'");
    const auto before = sh("nft list table ip filter | sed 's/packets [0-9]* bytes [0-9]*//'").out;
    EXPECT_EQ(hastur("-Sq -- " + ask("192.0.2.1")).out, "you are 192.0.2.2\n");
    sh("$H -r /nonexistent --free");
    EXPECT_EQ(sh("nft list table ip filter | sed 's/packets [0-9]* bytes [0-9]*//'").out, before);
    sh("nft delete table ip filter");
}

TEST_F(Network, RulesThatSomebodyFlushedComeBack) {
    EXPECT_EQ(hastur("-Sq -- " + ask("192.0.2.1")).out, "you are 192.0.2.2\n");
    sh("nft flush ruleset");
    EXPECT_EQ(hastur("-Sq -- " + ask("192.0.2.1")).out, "you are 192.0.2.2\n");
}

TEST_F(Network, TheHostDoesNotBecomeARouter) {
    EXPECT_EQ(hastur("-Sq -k -- true").status, 0);
    EXPECT_EQ(sh("cat /proc/sys/net/ipv4/ip_forward").out, "0\n");
    // A stranger behind the uplink tries to get through the host to another of its networks.
    sh("ip netns add inner; ip link add in0 type veth peer name eth0 netns inner; ip address add 10.77.0.1/24 dev in0; "
       "ip link set in0 up; "
       "ip -n inner address add 10.77.0.2/24 dev eth0; ip -n inner link set eth0 up; ip -n inner route add default via "
       "10.77.0.1; "
       "ip -n world route add 10.77.0.0/24 via 192.0.2.2; sysctl -qw net.ipv4.conf.in0.forwarding=1");
    EXPECT_EQ(sh("ping -c1 -W2 10.77.0.2").status, 0);
    EXPECT_NE(sh("ip netns exec world ping -c1 -W1 10.77.0.2").status, 0);
    sh("ip -n world route del 10.77.0.0/24; ip link del in0; ip netns del inner");
}

TEST_F(Network, ARouteThatCollidesLaterIsReported) {
    Background first("-Sq -- sh -c 'echo ready; exec sleep 1000'");
    first.expect("ready");
    sh("ip route add $(ip -o -4 address show hastur0 | awk '{print $4}' | sed 's,\\.1/20,.0/20,') via 192.0.2.1");
    const auto result = hastur("-S -- true");
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(result.err.find("overlaps the network"), std::string::npos) << result.err;
    sh("ip route del $(ip -o -4 address show hastur0 | awk '{print $4}' | sed 's,\\.1/20,.0/20,')");
}

class Uplink : public Network {
protected:
    static std::string uplink_state() {
        return sh("ip -o -4 address show uplink0 | sed 's/^[0-9]*: //'; ip route show table all | grep -E "
                  "\"uplink0|^default\"; ip -o link show uplink0 | grep -o 'master [^ ]*'")
            .out;
    }
    void SetUp() override {
        Network::SetUp();
        sh("ip route add 203.0.113.0/24 via 192.0.2.1 dev uplink0 metric 50 src 192.0.2.2; ip address add "
           "192.0.2.77/32 dev uplink0 label uplink0:x; "
           "ip route add 198.51.100.0/24 dev uplink0 scope link table 99");
        original_ = uplink_state();
    }
    void TearDown() override {
        EXPECT_EQ(uplink_state(), original_);
        sh("ip route del 203.0.113.0/24; ip address del 192.0.2.77/32 dev uplink0; ip route del 198.51.100.0/24 table "
           "99");
        Network::TearDown();
    }
    std::string original_;
};

TEST_F(Uplink, MovesIntoTheBridgeAndComesBackExactly) {
    {
        Background container(
            "-Sq -b br0 -t uplink0 -a 192.0.2.50/24 -- sh -c 'bash -c \"cat < /dev/tcp/192.0.2.1/7\"; echo ready; exec "
            "sleep 1000'");
        container.expect("ready");
        EXPECT_EQ(sh("ip -o link show uplink0 | grep -o 'master [^ ]*'").out, "master br0\n");
        EXPECT_EQ(sh("ip -o -4 address show uplink0").out, "");
        EXPECT_EQ(sh("ip -o -4 address show br0 | grep -c 192.0.2.2/24").out, "1\n");
        EXPECT_EQ(sh("ip route show 203.0.113.0/24").out,
                  "203.0.113.0/24 via 192.0.2.1 dev br0 src 192.0.2.2 metric 50 \n");
        EXPECT_EQ(sh(ask("192.0.2.1")).out, "you are 192.0.2.2\n");
        // The outside reaches the container directly.
        EXPECT_EQ(sh("ip netns exec world ping -c1 -W2 192.0.2.50").status, 0);
        // A second user of the same uplink, and one without.
        EXPECT_EQ(hastur("-Sq -b br0 -t uplink0 -- " + ask("192.0.2.1")).out, "you are 192.0.2.2\n");
        EXPECT_EQ(hastur("-Sq -- " + ask("192.0.2.1")).out, "you are 192.0.2.2\n");
        EXPECT_EQ(sh("ip -o link show uplink0 | grep -o 'master [^ ]*'").out, "master br0\n");
        container.signal(SIGTERM);
        container.wait();
    }
    EXPECT_EQ(uplink_state(), original_);
}

TEST_F(Uplink, ComesBackAfterAKill) {
    Background container("-Sq -b br0 -t uplink0 -- sh -c 'echo ready; exec sleep 1000'");
    container.expect("ready");
    container.signal(SIGKILL);
    container.wait();
    EXPECT_EQ(hastur("-Q").status, 0);
    EXPECT_EQ(uplink_state(), original_);
}

TEST_F(Uplink, UnsuitableInterfacesAreRefused) {
    for (const char* name : {"lo", "nonexistent"})
        EXPECT_EQ(hastur(std::string("-S -t ") + name + " -- true").status, 125) << name;
    sh("ip link add other type bridge; ip link set uplink0 master other");
    EXPECT_EQ(hastur("-S -t uplink0 -- true").status, 125);
    sh("ip link del other");
}

}  // namespace
}  // namespace e2e
