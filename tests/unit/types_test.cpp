#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hastur/base/error.hpp"
#include "hastur/types/bridge_spec.hpp"
#include "hastur/types/if_name.hpp"
#include "hastur/types/ipv4.hpp"
#include "hastur/types/name.hpp"
#include "hastur/types/package_set.hpp"
#include "hastur/types/storage_spec.hpp"
#include "hastur/types/text.hpp"

namespace hastur {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Name, AcceptsHostLabels) {
    for (const char* text : {"a", "web", "web-1", "A9", "0"}) EXPECT_EQ(Name(text).str(), text);
    EXPECT_NO_THROW(Name(std::string(63, 'x')));
}

TEST(Name, RefusesEverythingElse) {
    for (const char* text : {"", ".", "..", "a/b", "-x", "x-", "a b", "a_b", "a.b", "caf\xc3\xa9", "a\n"})
        EXPECT_THROW(Name{text}, UsageError) << text;
    EXPECT_THROW(Name(std::string(64, 'x')), UsageError);
}

TEST(Name, RandomNamesAreValidAndDiffer) {
    EXPECT_TRUE(Name::valid(Name::random().str()));
    EXPECT_NE(Name::random(), Name::random());
}

TEST(IfName, FollowsTheKernel) {
    EXPECT_NO_THROW(IfName("br0"));
    EXPECT_NO_THROW(IfName(std::string(15, 'x')));
    for (const char* text : {"", ".", "..", "a/b", "a:b", "a b", "-b", "a\"b", "br%d", "e*"})
        EXPECT_THROW(IfName{text}, UsageError) << text;
    EXPECT_THROW(IfName(std::string(16, 'x')), UsageError);
}

TEST(IfName, ForContainersAlwaysFitsAndDiffersByRun) {
    EXPECT_EQ(IfName::for_container("web", "0123456789").str(), "h-web-01234567");
    EXPECT_EQ(IfName::for_container("nupino-dado", "0123456789").str(), "h-nupi-01234567");
    EXPECT_NE(IfName::for_container(std::string(63, 'x'), "aaaaaaaa"),
              IfName::for_container(std::string(63, 'x'), "bbbbbbbb"));
}

TEST(Ipv4Address, ParsesOnlyFourDecimalNumbers) {
    EXPECT_EQ(Ipv4Address::parse("10.0.0.1")->value, 0x0a000001U);
    EXPECT_EQ(Ipv4Address::parse("255.255.255.255")->str(), "255.255.255.255");
    for (const char* text : {"", "10", "10.0.0", "10.0.0.0.1", "10.0.0.256", "10.0.0.-1", "10.0.0.1 ", "10..0.1",
                             "010.0.0.1", "a.b.c.d", "10.0.0.1/8"})
        EXPECT_FALSE(Ipv4Address::parse(text)) << text;
}

TEST(Ipv4Interface, KnowsItsNetwork) {
    const auto net = *Ipv4Interface::parse("10.1.2.3/8");
    EXPECT_EQ(net.network().str(), "10.0.0.0");
    EXPECT_EQ(net.broadcast().str(), "10.255.255.255");
    EXPECT_TRUE(net.contains(*Ipv4Address::parse("10.255.255.53")));
    EXPECT_FALSE(net.usable(net.network()));
    EXPECT_FALSE(net.usable(net.broadcast()));
    EXPECT_TRUE(net.overlaps(*Ipv4Interface::parse("10.9.0.0/16")));
    EXPECT_TRUE(Ipv4Interface::parse("10.9.0.0/16")->overlaps(net));
    EXPECT_FALSE(net.overlaps(*Ipv4Interface::parse("11.0.0.0/8")));
    EXPECT_TRUE(Ipv4Interface::parse("0.0.0.0/0")->overlaps(net));
    for (const char* text : {"10.0.0.1", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/x", "/8"})
        EXPECT_FALSE(Ipv4Interface::parse(text)) << text;
}

TEST(BridgeSpec, ParsesNameAndAddress) {
    EXPECT_EQ(BridgeSpec::parse("br0").name.str(), "br0");
    EXPECT_FALSE(BridgeSpec::parse("br0").address);
    EXPECT_EQ(BridgeSpec::parse("br0:10.0.0.1/8").address->str(), "10.0.0.1/8");
    for (const char* text : {"", ":10.0.0.1/8", "br0:", "br0:10.0.0.1", "br0:10.0.0.0/8", "br0:10.255.255.255/8",
                             "br0:10.0.0.1/31", "br0:127.0.0.1/8", "an-over-long-name"})
        EXPECT_THROW((void)BridgeSpec::parse(text), UsageError) << text;
}

TEST(AddressSpec, RefusesWhatNoHostCanHave) {
    EXPECT_EQ(AddressSpec::parse("10.0.0.2").address.str(), "10.0.0.2");
    EXPECT_EQ(AddressSpec::parse("10.0.0.2/8").length, 8U);
    for (const char* text : {"", "10.0.0", "10.0.0.2/", "10.0.0.2/33", "10.0.0.0/8", "10.255.255.255/8", "127.0.0.1",
                             "0.0.0.0", "224.0.0.1", "255.255.255.255"})
        EXPECT_THROW((void)AddressSpec::parse(text), UsageError) << text;
}

TEST(StorageSpec, KnowsThreeKinds) {
    EXPECT_EQ(StorageSpec::parse("autodetect").kind, StorageSpec::Kind::autodetect);
    EXPECT_EQ(StorageSpec::parse("overlayfs:64M").size, 64U << 20U);
    EXPECT_EQ(StorageSpec::parse("tmpfs:2g").size, std::uint64_t{2} << 30U);
    EXPECT_FALSE(StorageSpec::parse("tmpfs").size);
    for (const char* text : {"", "btrfs", "tmpfs:", "tmpfs:0", "tmpfs:1K", "tmpfs:-1", "tmpfs:1X", "autodetect:1G",
                             "tmpfs:99999999999999999999", "tmpfs:99999999T"})
        EXPECT_THROW((void)StorageSpec::parse(text), UsageError) << text;
}

TEST(PackageSet, IgnoresOrderAndRepetition) {
    PackageSet one, other;
    one.add_list("git,curl");
    other.add_list("curl");
    other.add_list("git, curl,");
    EXPECT_EQ(one.names(), other.names());
    EXPECT_THAT(one.names(), ElementsAre("curl", "git"));
    EXPECT_NO_THROW(one.add_list("g++,libc6:amd64,vim=2:9.0.1378-2"));
}

TEST(PackageSet, RefusesWhatAptWouldTakeForSomethingElse) {
    PackageSet set;
    for (const char* text : {"-y", "git-", "~i", "?essential", "a b", "git;true", "$(id)", "../x"})
        EXPECT_THROW(set.add_list(text), UsageError) << text;
    EXPECT_TRUE(set.empty());
}

TEST(Text, QuotesSoThatNoTerminalIsHurt) { EXPECT_EQ(text::quoted("a\x1b[31m\n"), "'a\\x1b[31m\\x0a'"); }

TEST(Text, ReadsSizes) {
    EXPECT_EQ(text::to_bytes("10"), 10U);
    EXPECT_EQ(text::to_bytes("1k"), 1024U);
    EXPECT_FALSE(text::to_bytes(""));
    EXPECT_FALSE(text::to_bytes("K"));
}

TEST(Error, RendersFramesOutermostFirst) {
    try {
        with_context("creating container 'web'",
                     [] { with_context("mounting overlay", [] { throw_sys_error(EBUSY, "mount"); }); });
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "creating container 'web': mounting overlay: mount: Device or resource busy");
        EXPECT_EQ(error.exit_status(), 125);
    }
}

TEST(Error, TellsBothFailures) {
    Error error("first");
    error.add_cleanup_failure("second");
    EXPECT_THAT(error.what(), HasSubstr("first"));
    EXPECT_THAT(error.what(), HasSubstr("second"));
}

TEST(Text, HexSurvivesAndRefusesTheRest) {
    const std::string bytes("\0\xff\x7f", 3);
    EXPECT_EQ(text::to_hex(bytes), "00ff7f");
    EXPECT_EQ(text::from_hex("00ff7f"), bytes);
    EXPECT_EQ(text::from_hex(""), "");
    for (const char* wrong : {"0", "0g", "00f", " 00", "0x", "-1"}) EXPECT_FALSE(text::from_hex(wrong)) << wrong;
}

}  // namespace
}  // namespace hastur
