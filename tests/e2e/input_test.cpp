#include "harness.hpp"

namespace e2e {
namespace {

/// Every kind of bad input: one clear line, the right status, nothing left behind (Host::TearDown sees to the last).
class Input : public Host {
protected:
    static void refused(const std::string& words, int status, const std::string& why) {
        const auto result = hastur(words);
        EXPECT_EQ(result.status, status) << words << ": " << result.err;
        EXPECT_NE(result.err.find(why), std::string::npos) << words << ": " << result.err;
        EXPECT_EQ(result.out, "") << words;
        EXPECT_EQ(result.err.rfind("hastur: ", 0), 0U) << result.err;
        // One line, and perhaps a hint.
        const auto lines = std::count(result.err.begin(), result.err.end(), '\n');
        EXPECT_LE(lines, 2) << result.err;
        if (lines == 2) EXPECT_NE(result.err.find("\nhastur: hint: "), std::string::npos) << result.err;
    }
};

TEST_F(Input, Names) {
    for (const char* name : {"''", "..", "a/b", "-x", "'a b'", "caf\xc3\xa9", "a_b", "x-"})
        refused(std::string("-S -n ") + name + " -- true", 2, "");
    refused("-S -n " + std::string(64, 'x') + " -- true", 2, "invalid name");
    EXPECT_EQ(hastur("-S -q -n " + std::string(63, 'x') + " -- true").status, 0);
}

TEST_F(Input, Values) {
    refused("-S -a 1.2.3 -- true", 2, "invalid address '1.2.3'");
    refused("-S -a 10.0.0.0/8 -- true", 2, "network address");
    refused("-S -s zfs -- true", 2, "unknown storage 'zfs'");
    refused("-S -b an-over-long-interface-name -- true", 2, "invalid interface name");
    refused("-S -b uplink0 -- true", 125, "interface uplink0 exists and is no bridge");
    refused("-S -x /nonexistent -- true", 125, "No such file or directory");
    refused("-S -x /etc/passwd -- true", 125, "Not a directory");
    refused("-S -p 'a b' -- true", 2, "invalid package name");
    refused("-S --os beos -- true", 2, "unknown distribution 'beos'");
    refused("-S -E FOO -- true", 2, "invalid variable 'FOO'");
}

TEST_F(Input, Usage) {
    refused("", 2, "no operation given");
    refused("-S -Q", 2, "only one operation");
    refused("-D", 2, "-D needs the name");
    refused("--frobnicate", 2, "");
    refused("-S --frobnicate", 2, "unknown option '--frobnicate'");
    refused("-Q nope", 125, "there is no container 'nope'");
    refused("-D nope", 125, "there is no container 'nope'");
}

TEST_F(Input, Roots) {
    sh("mkdir -p /run/home/user; echo precious > /run/home/user/file");
    for (const char* operation : {"--free", "-Q", "-D x", "-S -- true"}) {
        const auto result = sh(std::string("$H -r /run/home ") + operation);
        EXPECT_EQ(result.status, 125) << operation;
        EXPECT_NE(result.err.find("root of hastur's"), std::string::npos) << result.err;
    }
    EXPECT_EQ(sh("cat /run/home/user/file; ls -A /run/home").out, "precious\nuser\n");

    sh("mkdir -m 777 /run/open; mkdir /run/theirs; chown 1000 /run/theirs");
    EXPECT_NE(sh("$H -r /run/open -S -- true").err.find("may be written to by other users"), std::string::npos);
    EXPECT_NE(sh("$H -r /run/theirs -S -- true").err.find("belongs to another user"), std::string::npos);
    EXPECT_EQ(sh("$H -r /proc/nope/x -S -- true").status, 125);
    EXPECT_EQ(sh("$H -r /run/nonexistent -Q").status, 0);
    EXPECT_EQ(sh("ls -d /run/nonexistent").status, 2);
}

TEST_F(Input, ARelativeRootAndAnEmptyDirectoryAreTaken) {
    sh("mkdir -p /run/here/taken");
    EXPECT_EQ(sh("cd /run/here && $H -r taken -b lo -S -- true").status, 125);
    EXPECT_EQ(sh("cd /run/here && $H -r solar-system -b lo -S -- true").status, 125);
    EXPECT_EQ(sh("stat -c '%a %n' /run/here/*").out, "700 /run/here/solar-system\n700 /run/here/taken\n");
    EXPECT_EQ(sh("cd /run/here && $H -r taken --free && $H -r solar-system --free; ls -A taken solar-system").out,
              "solar-system:\n\ntaken:\n");
}

TEST_F(Input, AReadOnlyOrFullRoot) {
    sh("mkdir /run/ro && mount -n -t tmpfs -o ro tmpfs /run/ro");
    EXPECT_NE(sh("$H -r /run/ro/x -S -- true").err.find("Read-only file system"), std::string::npos);
    sh("umount -n /run/ro; mount -n -t tmpfs -o size=64k,nr_inodes=100 tmpfs /run/ro; head -c 60k /dev/zero > "
       "/run/ro/fill");
    const auto full = sh("mkdir -m 700 /run/ro/x; $H -r /run/ro/x -S -b lo -- true");
    EXPECT_EQ(full.status, 125);
    EXPECT_NE(full.err.find("MiB free, an image needs"), std::string::npos) << full.err;
    sh("umount -n /run/ro");
}

TEST_F(Input, MissingPrograms) {
    // An empty directory over each program's own: the message says which package brings it.
    const auto without = [](const std::string& program, const std::string& words) {
        return sh("unshare -m sh -c 'for p in $(which -a " + program +
                  "); do mount -n --bind /dev/null $p; done; exec $H " + words + "'");
    };
    const auto nspawn = without("systemd-nspawn", "-S -- true");
    EXPECT_EQ(nspawn.status, 125);
    EXPECT_NE(nspawn.err.find("apt-get install systemd-container"), std::string::npos) << nspawn.err;
    const auto nft = without("nft", "-S -- true");
    EXPECT_EQ(nft.status, 125);
    EXPECT_NE(nft.err.find("apt-get install nftables"), std::string::npos) << nft.err;
    const auto bootstrap = without("mmdebstrap debootstrap", "-S -p something-new -- true");
    EXPECT_EQ(bootstrap.status, 125);
    EXPECT_NE(bootstrap.err.find("apt-get install mmdebstrap"), std::string::npos) << bootstrap.err;
}

TEST_F(Input, AnUnreachableMirror) {
    const auto before = hastur("-Qi").out;
    const auto result = hastur("-S --mirror http://192.0.2.1:9/debian -- true");
    EXPECT_EQ(result.status, 125);
    EXPECT_NE(result.err.find("bootstrapping "), std::string::npos);
    EXPECT_EQ(hastur("-Qi").out, before);
}

TEST_F(Input, NotRoot) {
    const auto result = sh("setpriv --reuid 65534 --clear-groups $H -Q");
    EXPECT_EQ(result.status, 125) << result.err;
    EXPECT_NE(result.err.find("must be run as root"), std::string::npos);
    EXPECT_EQ(sh("setpriv --reuid 65534 --clear-groups $H --help | head -1").out,
              "hastur - systemd-nspawn containers with no configuration\n");
}

TEST_F(Input, DamagedRecordsAreReportedAndTheRestWorks) {
    hastur("-Sq -n good -- true");
    hastur("-Sq -n bad -- true");
    for (const char* damage : {": >", "echo '{\"format\":1' >", "echo '[]' >", "echo '{\"format\":99}' >",
                               "head -c 100000 /dev/zero | tr '\\0' '[' >", "rm"}) {
        sh(std::string(damage) + " $ROOT/containers/bad/record.json");
        EXPECT_EQ(sh("$H -Q | awk '{print $1,$2}'").out, "bad damaged\ngood inactive\n") << damage;
        EXPECT_EQ(hastur("-Sq -n good -- true").status, 0);
    }
    EXPECT_EQ(hastur("-S -n bad -- true").status, 125);
    EXPECT_EQ(hastur("-D bad").status, 0);
    EXPECT_EQ(sh("$H -Q | awk '{print $1,$2}'").out, "good inactive\n");
}

}  // namespace
}  // namespace e2e
