#include <signal.h>

#include <iostream>

#include "attempt.hpp"
#include "harness.hpp"
#include "scale.hpp"

namespace e2e {
namespace {

/// A root or a host that is not as it should be: one clear line, the right status, nothing lost.
class Broken : public Host {
protected:
    /// One line from hastur itself, and perhaps a hint.
    static void expect_clear(const Result& result, const std::string& what) {
        EXPECT_EQ(result.status, 125) << what << ": " << result.err;
        EXPECT_EQ(result.err.rfind("hastur: ", 0), 0U) << what << ": " << result.err;
        EXPECT_LE(std::count(result.err.begin(), result.err.end(), '\n'), 2) << what << ": " << result.err;
        EXPECT_EQ(result.err.find("internal error"), std::string::npos) << what << ": " << result.err;
    }
    void report(const std::string& what, const std::string& failure) const {
        std::cout << "== broken: " << tally_.tried << " " << what << ": " << tally_.failed << " " << failure << "\n";
    }
    Tally tally_;
};

/// What a file can become: cut, empty, of another type, from the future, and deep enough to break a careless parser.
const std::pair<const char*, const char*> damages[] = {
    {"empty", ": > $F"},
    {"truncated", "head -c 20 $F > $F.x; mv $F.x $F"},
    {"binary", "head -c 3000 /dev/urandom > $F"},
    {"another type", "echo '[1,2]' > $F"},
    {"wrong types", "echo '{\"format\":1,\"name\":7,\"address\":{},\"packages\":null,\"run\":1e99}' > $F"},
    {"from the future", "echo '{\"format\":99,\"version\":99}' > $F"},
    {"10 MB of nesting", "head -c 10000000 /dev/zero | tr '\\0' '[' > $F"},
    {"a directory", "rm -f $F; mkdir $F"},
    {"a link", "rm -f $F; ln -s /etc/passwd $F"},
    {"a fifo", "rm -f $F; mkfifo $F"},
    {"missing", "rm -rf $F"},
};

TEST_F(Broken, Records) {
    hastur("-Sq -n good -- true");
    for (const auto& [name, damage] : damages) {
        const Attempt attempt(tally_, name);
        hastur("-Sq -n bad -- true");
        sh(std::string("F=$ROOT/containers/bad/record.json; ") + damage);
        EXPECT_EQ(sh("$H -Q | awk '{print $1,$2}'").out, "bad damaged\ngood inactive\n");
        EXPECT_EQ(hastur("-Qj").status, 0);
        EXPECT_EQ(hastur("-Qi").status, 0);
        EXPECT_EQ(hastur("-Sq -n good -- true").status, 0);
        expect_clear(hastur("-S -n bad -- true"), name);
        EXPECT_EQ(hastur("-D bad").status, 0);
        EXPECT_EQ(sh("$H -Q | awk '{print $1,$2}'").out, "good inactive\n");
    }
    report("kinds of damaged records", "not reported, or not removed by -D");
}

TEST_F(Broken, Images) {
    const auto whole = hastur("-Qi").out;
    for (const auto& [name, damage] : damages) {
        const Attempt attempt(tally_, name);
        sh("mkdir -p $ROOT/images/0123456789abcdef/rootfs; cp $(ls $ROOT/images/*/image.json | head -1) "
           "$ROOT/images/0123456789abcdef/");
        sh(std::string("F=$ROOT/images/0123456789abcdef/image.json; ") + damage);
        EXPECT_EQ(sh("$H -Qi | grep -c damaged").out, "1\n");
        EXPECT_EQ(sh("$H -Qij | grep damage | grep -vc null").out, "1\n");
        EXPECT_EQ(hastur("-Sq -- true").status, 0);
        EXPECT_EQ(hastur("-Di 0123456789abcdef").status, 0);
        EXPECT_EQ(sh("$H -Qi | grep -c 0123456789abcdef").out, "0\n");
    }
    report("kinds of damaged images", "not reported, or not removed by -Di");
}

TEST_F(Broken, NetworkState) {
    for (const char* file : {"bridges/hastur0/bridge.json", "bridges/hastur0/cursor", "firewall", "forwarding",
                             "bridges/hastur0/leases/10.213.0.99", "bridges/hastur0/leases/nonsense"})
        for (std::size_t i = 0; i < std::size(damages); i += scaled(4U, 1U)) {
            const auto& [name, damage] = damages[i];
            const Attempt attempt(tally_, std::string(file) + " " + name);
            ASSERT_EQ(hastur("-Sq -- true").status, 0);
            sh(std::string("F=/run/hastur/net/") + file + "; " + damage);
            const auto result = hastur("-Sq -- true");
            if (result.status != 0) expect_clear(result, file);
            EXPECT_LT(hastur("-Q").status, 126);
            sh("$H -r /nonexistent --free; rm -rf /run/hastur; ip link del hastur0 2>/dev/null; nft flush ruleset; "
               "sysctl -qw net.ipv4.conf.uplink0.forwarding=0");
        }
    report("damaged files of the network's state", "crashes or unclear errors");
}

TEST_F(Broken, TheRootItself) {
    sh("mkdir -m 700 /run/old; echo 'hastur root directory, layout 99' > /run/old/hastur-root");
    for (const char* words : {"-S -- true", "-Q", "-D x", "--free"}) {
        const auto result = hastur(std::string("-r /run/old ") + words);
        expect_clear(result, words);
        EXPECT_NE(result.err.find("another version"), std::string::npos) << result.err;
    }
}

TEST_F(Broken, AReadOnlyRoot) {
    hastur("-Sq -n web -- sh -c 'echo data > /root/file'");
    sh("mount -n --bind $ROOT $ROOT && mount -n -o remount,bind,ro $ROOT");
    EXPECT_EQ(sh("$H -Q | awk '{print $1, $2}'").out, "web inactive\n");
    const auto start = hastur("-S -n web -- true");
    expect_clear(start, "start");
    EXPECT_NE(start.err.find("Read-only file system"), std::string::npos) << start.err;
    expect_clear(hastur("-D web"), "-D");
    sh("umount -n $ROOT");
    EXPECT_EQ(hastur("-Sq -n web cat /root/file").out, "data\n");
}

TEST_F(Broken, ARootThatCannotCarryAnOverlay) {
    // Overlayfs cannot be the upper layer of another overlay.
    sh("mkdir -p /run/o/up /run/o/work /run/o/merged && cp -a $ROOT/hastur-root /run/o/up/ && mkdir /run/o/up/images "
       "&& "
       "mount -n -t overlay -o lowerdir=$ROOT/locks,upperdir=/run/o/up,workdir=/run/o/work overlay /run/o/merged && "
       "chmod 700 /run/o/merged && mount -n --bind $ROOT/images /run/o/merged/images");
    const auto start = sh("$H -r /run/o/merged -q -S -n web -- sh -c 'echo data > /root/file; cat /root/file'");
    EXPECT_EQ(start.out, "data\n");
    EXPECT_NE(start.err.find("cannot carry an overlay: this container's data is kept in memory"), std::string::npos)
        << start.err;
    // What is on disk already is not hidden.
    sh("mkdir -p /run/o/merged/containers/web/data/root; echo old > /run/o/merged/containers/web/data/root/file");
    const auto hidden = sh("$H -r /run/o/merged -q -S -n web -- cat /root/file");
    expect_clear(hidden, "data on disk");
    EXPECT_NE(hidden.err.find("has data on disk"), std::string::npos) << hidden.err;
    EXPECT_EQ(sh("cat /run/o/merged/containers/web/data/root/file").out, "old\n");
    EXPECT_EQ(sh("$H -r /run/o/merged -D web").status, 0);
    sh("umount -n /run/o/merged/images /run/o/merged");
}

TEST_F(Broken, RunHastur) {
    EXPECT_EQ(hastur("-Sq -- true").status, 0);
    // (What is lost with it is the note of what forwarding was switched on for.)
    sh("rm -rf /run/hastur; sysctl -qw net.ipv4.conf.uplink0.forwarding=0");
    EXPECT_EQ(hastur("-Sq -- " + std::string("bash -c 'cat < /dev/tcp/192.0.2.1/7'")).out, "you are 192.0.2.2\n");
    sh("mount -n -t tmpfs -o ro tmpfs /run/hastur");
    auto result = hastur("-S -- true");
    expect_clear(result, "read-only");
    EXPECT_NE(result.err.find("/run/hastur"), std::string::npos) << result.err;
    EXPECT_EQ(hastur("-Q").status, 0);
    sh("umount -n /run/hastur; mount -n -t tmpfs -o nr_inodes=3 tmpfs /run/hastur");
    result = hastur("-S -- true");
    expect_clear(result, "full");
    EXPECT_NE(result.err.find("No space left on device"), std::string::npos) << result.err;
    sh("umount -n /run/hastur");
    EXPECT_EQ(hastur("-Sq -- true").status, 0);
    sh("mv /run/hastur /run/kept; ln -s /run/kept /run/hastur");
    expect_clear(hastur("-S -- true"), "a link");
    sh("rm /run/hastur; mv /run/kept /run/hastur");
}

TEST_F(Broken, AClockThatWasSetBack) {
    hastur("-Sq -n web -- sh -c 'echo data > /root/file'");
    sh("sed -i 's/\"created\":[0-9]*/\"created\":4102444800/; s/\"started\":[0-9]*/\"started\":4102444800/' "
       "$ROOT/containers/web/record.json; for i in $ROOT/images/*/image.json; do touch -d 2100-01-01 $i; done; "
       "find /run/hastur $ROOT/running $ROOT/locks -exec touch -d 2100-01-01 {} +");
    EXPECT_EQ(hastur("-Sq -n web cat /root/file").out, "data\n");
    EXPECT_EQ(hastur("-Q web").status, 0);
    EXPECT_EQ(hastur("-Qi").status, 0);
}

TEST_F(Broken, InterruptedSystemCalls) {
    // strace makes every Nth call of a kind fail with EINTR, as a stop and continue at that moment would.
    for (const char* call : {"openat2", "poll", "wait4", "fcntl", "flock", "sendmsg", "recvmsg", "getrandom", "write"})
        for (int phase = 1; phase <= scaled(1, 3); ++phase) {
            const auto inject = std::string(call) + ":error=EINTR:when=" + std::to_string(phase) + "+3";
            const Attempt attempt(tally_, inject);
            for (const char* words :
                 {"-Sq -n web -- sh -c 'cat /root/file 2>/dev/null; echo data > /root/file; exit 7'", "-Q web"}) {
                const auto result = sh(
                    "ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -o /dev/null -e inject=" + inject + " $H " + words);
                EXPECT_EQ(result.status, words[1] == 'S' ? 7 : 0) << result.err;
            }
        }
    EXPECT_EQ(hastur("-Sq -n web cat /root/file").out, "data\n");
    report("ways of interrupting system calls", "made a difference");
}

}  // namespace
}  // namespace e2e
