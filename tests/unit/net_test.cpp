#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hastur/net/host_view.hpp"
#include "hastur/net/pool.hpp"
#include "hastur/net/records.hpp"
#include "hastur/net/requests.hpp"

namespace hastur::net {
namespace {

using testing::ElementsAre;

Ipv4Interface net(const char* text) { return *Ipv4Interface::parse(text); }
Ipv4Address ip(const char* text) { return *Ipv4Address::parse(text); }

TEST(Pool, AvoidsWhatIsTaken) {
    const auto first = *choose_network({});
    EXPECT_EQ(first.length, 20U);
    const auto second = *choose_network({first});
    EXPECT_FALSE(first.overlaps(second));
    const auto third = *choose_network({net("10.0.0.0/8"), net("192.168.1.0/24")});
    EXPECT_TRUE(net("172.16.0.0/12").contains(third.address)) << third.str();
    // One resolver in the middle of a block is enough to keep off it.
    const Ipv4Interface resolver{{first.address.value + 77}, 32};
    EXPECT_FALSE(choose_network({resolver})->contains(resolver.address));
}

TEST(Pool, SaysSoWhenEverythingIsTaken) { EXPECT_FALSE(choose_network({net("0.0.0.0/0")})); }

TEST(Pool, HandsOutInOrderAndAround) {
    const auto bridge = net("10.0.0.1/29");
    const auto any = [](Ipv4Address) { return true; };
    EXPECT_EQ(next_free(bridge, {}, any)->str(), "10.0.0.2");
    EXPECT_EQ(next_free(bridge, ip("10.0.0.2"), any)->str(), "10.0.0.3");
    EXPECT_EQ(next_free(bridge, ip("10.0.0.6"), any)->str(), "10.0.0.2");
    EXPECT_EQ(next_free(bridge, ip("192.168.0.1"), any)->str(), "10.0.0.2");
}

TEST(Pool, OffersEveryHostOnceAndNothingElse) {
    std::vector<std::string> offered;
    EXPECT_FALSE(next_free(net("10.0.0.3/29"), {}, [&](Ipv4Address address) {
        offered.push_back(address.str());
        return false;
    }));
    EXPECT_THAT(offered, ElementsAre("10.0.0.1", "10.0.0.2", "10.0.0.4", "10.0.0.5", "10.0.0.6"));
}

TEST(HardwareAddress, IsLocalUnicastAndUnique) {
    const auto mac = hardware_address(ip("10.1.2.3"));
    ASSERT_EQ(mac.size(), 6U);
    EXPECT_EQ(mac[0] & 3, 2);
    EXPECT_NE(mac, hardware_address(ip("10.1.2.4")));
}

TEST(Nameservers, AreReadAsTheResolverDoes) {
    EXPECT_THAT(
        nameservers("# x\nnameserver 10.0.0.53\nsearch a.test\nnameserver\t1.2.3.4 \nnameserver fe80::1\nnameserver\n"),
        ElementsAre(ip("10.0.0.53"), ip("1.2.3.4")));
}

TEST(Records, SurviveWritingAndReading) {
    const auto bridge = BridgeRecord::from_json(BridgeRecord{{{0x0a000001}, 8}, true, false, true}.to_json());
    ASSERT_TRUE(bridge);
    EXPECT_EQ(bridge->address.str(), "10.0.0.1/8");
    EXPECT_TRUE(bridge->made_link && !bridge->made_address && bridge->chosen);
    const auto tenant = Tenant::from_json(Tenant{"0123456789abcdef", "/a \"root\"", "web"}.to_json());
    ASSERT_TRUE(tenant);
    EXPECT_EQ(tenant->root, "/a \"root\"");
}

TEST(Records, RefuseWhatIsDamaged) {
    for (const char* text : {"", "{", "[]", "{}", "{\"address\":7}", "{\"run\":null,\"root\":[],\"name\":{}}"}) {
        EXPECT_FALSE(BridgeRecord::from_json(text)) << text;
        EXPECT_FALSE(Tenant::from_json(text)) << text;
        EXPECT_FALSE(UplinkNote::from_json(text)) << text;
    }
}

}  // namespace
}  // namespace hastur::net
