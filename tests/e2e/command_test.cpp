#include "harness.hpp"

namespace e2e {
namespace {

class Command : public Host {};

TEST_F(Command, ExitStatusIsTheCommandsOwn) {
    EXPECT_EQ(hastur("-S -q -- true").status, 0);
    EXPECT_EQ(hastur("-S -q -- sh -c 'exit 7'").status, 7);
    EXPECT_EQ(hastur("-S -q -- sh -c 'exit 1'").status, 1);
    EXPECT_EQ(hastur("-S -q -- sh -c 'exit 255'").status, 255);
    EXPECT_EQ(hastur("-S -q -- sh -c 'kill -9 $$'").status, 137);
    EXPECT_EQ(hastur("-S -q -- sh -c 'kill -TERM $$'").status, 143);
}

TEST_F(Command, NotFoundIs127AndNotExecutableIs126) {
    const auto missing = hastur("-S -q nosuchcommand");
    EXPECT_EQ(missing.status, 127);
    EXPECT_EQ(missing.err, "hastur: nosuchcommand: No such file or directory\n");
    EXPECT_EQ(hastur("-S -q /no/such").status, 127);
    EXPECT_EQ(hastur("-S -q /etc/passwd").status, 126);
    EXPECT_EQ(hastur("-S -q /etc").status, 126);
}

TEST_F(Command, StreamsPassThroughByteForByte) {
    std::string bytes;
    for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * 7 % 256);
    const auto result = hastur("-S -- sh -c 'cat; echo to-stderr >&2'", bytes);
    EXPECT_TRUE(result.out == bytes);
    EXPECT_NE(result.err.find("to-stderr\n"), std::string::npos);
}

TEST_F(Command, QuietMeansNothingButTheCommandsOutput) {
    const auto result = hastur("-S -q -- sh -c 'echo out; echo err >&2'");
    EXPECT_EQ(result.out, "out\n");
    EXPECT_EQ(result.err, "err\n");
}

TEST_F(Command, WordsArriveAsTheyAreAndOneStringRunsInAShell) {
    EXPECT_EQ(hastur("-S -q printf '%s|' 'a b' '*' '$HOME' ''").out, "a b|*|$HOME||");
    EXPECT_EQ(hastur("-Sq 'echo $((1+2)); exit 4'").out, "3\n");
    EXPECT_EQ(hastur("-Sq 'echo $((1+2)); exit 4'").status, 4);
    EXPECT_EQ(hastur("-q -S -- echo -k --free -- x").out, "-k --free -- x\n");
}

TEST_F(Command, EnvironmentIsClean) {
    const auto result = sh(
        "SECRET=x LC_FOO=y TERM=xterm $H -S -q -E GREETING='hello world' -E PATH=/usr/bin:/bin -- /usr/bin/env | sort");
    EXPECT_EQ(
        result.out,
        "GREETING=hello world\nHOME=/root\nLANG=C.UTF-8\nPATH=/usr/bin:/bin\nTERM=xterm\ncontainer=systemd-nspawn\n");
}

TEST_F(Command, ItSeesItselfInTheQueryOnceItRuns) {
    Background container("-Sq -n self -- sh -c 'echo ready; exec sleep 1000'");
    container.expect("ready");
    const auto json = query("self");
    EXPECT_EQ(json.at("status"), "active");
    EXPECT_GT(json.at("pid").get<int>(), 1);
    EXPECT_EQ(sh("cat /proc/" + std::to_string(json.at("pid").get<int>()) + "/comm").out, "init\n");
}

TEST_F(Command, IdentityIsItsOwn) {
    const auto result = hastur(
        "-Sq -n web -- sh -c 'hostname; cat /etc/hostname /etc/machine-id; getent hosts web; getent hosts localhost; "
        "cat /etc/resolv.conf'");
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out.rfind("web\nweb\n", 0), 0U) << result.out;
    EXPECT_NE(result.out.find("nameserver 10.255.255.53\n"), std::string::npos);
    EXPECT_NE(result.out.find("localhost"), std::string::npos);
    const auto own = hastur("-Sq -n web cat /etc/machine-id").out;
    EXPECT_EQ(own.size(), 33U);
    EXPECT_EQ(hastur("-Sq -n web cat /etc/machine-id").out, own);
    EXPECT_NE(hastur("-Sq cat /etc/machine-id").out, own);
}

TEST_F(Command, AStubResolverIsReplacedByTheServersBehindIt) {
    sh("mkdir -p /run/systemd/resolve; echo nameserver 127.0.0.53 > /run/resolv.conf; echo nameserver 192.0.2.1 > "
       "/run/systemd/resolve/resolv.conf");
    EXPECT_NE(hastur("-Sq cat /etc/resolv.conf").out.find("nameserver 192.0.2.1\n"), std::string::npos);
    sh("rm -r /run/systemd/resolve; echo nameserver 10.255.255.53 > /run/resolv.conf");
}

TEST_F(Command, FilesThatTheUserTookOverAreLeftAlone) {
    EXPECT_EQ(hastur("-Sq -n mine -- sh -c 'echo nameserver 1.2.3.4 > /etc/resolv.conf; ln -sf /etc/passwd /etc/hosts'")
                  .status,
              0);
    EXPECT_EQ(hastur("-Sq -n mine cat /etc/resolv.conf").out, "nameserver 1.2.3.4\n");
    EXPECT_EQ(hastur("-Sq -n mine readlink /etc/hosts").out, "/etc/passwd\n");
}

TEST_F(Command, SignalsEndTheContainer) {
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        Background container("-S -q -- sh -c 'echo ready; exec sleep 1000'");
        container.expect("ready");
        container.signal(number);
        EXPECT_EQ(container.wait(), 128 + number);
    }
}

TEST_F(Command, TheCommandMayHandleTheSignalItself) {
    Background container(
        "-S -q -- sh -c 'trap \"echo cleaned; exit 5\" TERM; echo ready; while :; do sleep 1000 & wait $!; done'");
    container.expect("ready");
    container.signal(SIGTERM);
    container.expect("cleaned");
    EXPECT_EQ(container.wait(), 5);
}

TEST_F(Command, ASignalToTheWholeProcessGroupIsTheCommandsToHandleToo) {
    // What timeout(1) and a Ctrl-C in a pipeline do.
    const auto result =
        sh("timeout 1 $H -S -q -- sh -c 'trap \"echo cleaned; exit 5\" TERM; while :; do sleep 1000 & wait $!; done'");
    EXPECT_EQ(result.out, "cleaned\n");
}

TEST_F(Command, AnInterruptEndsItInTheBackgroundOfAScriptToo) {
    Background container("-S -q -- sh -c 'echo ready; exec sleep 1000'", "trap '' INT; ");
    container.expect("ready");
    container.signal(SIGINT);
    EXPECT_EQ(container.wait(), 128 + SIGINT);
}

TEST_F(Command, NohupIsHonoured) {
    Background container("-S -q -- sh -c 'echo ready; while test ! -e /tmp/go; do sleep 0.1; done; echo done'",
                         "trap '' HUP; ");
    container.expect("ready");
    container.signal(SIGHUP);
    const auto name = sh("$H -Q | awk '{print $1}'").out;
    EXPECT_EQ(sh("touch $($H -Q | awk '{print $4}')/tmp/go").status, 0);
    container.expect("done");
    EXPECT_EQ(container.wait(), 0);
}

TEST_F(Command, OneThatIgnoresTheSignalIsEndedAllTheSame) {
    Background container("-S -q -- sh -c 'trap \"\" TERM; echo ready; while :; do sleep 1000; done'");
    container.expect("ready");
    container.signal(SIGTERM);
    EXPECT_EQ(container.wait(), 128 + SIGTERM);
}

}  // namespace
}  // namespace e2e
