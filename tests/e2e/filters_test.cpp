#include <fstream>
#include <iostream>
#include <sstream>

#include "harness.hpp"

namespace e2e {
namespace {

/// hastur reuses the seccomp filters that nspawn made for an earlier container. Nothing may tell the difference.
class Filters : public Host {
protected:
    void SetUp() override {
        Host::SetUp();
        sh("mkdir -p /run/x/root && cp " EVERY_SYSCALL " /run/x/root/every_syscall");
    }
    void TearDown() override {
        sh("rm -rf /run/systemd/nspawn");  // nspawn's, not hastur's
        Host::TearDown();
    }
    /// The same in systemd-nspawn alone, on the same image, with a network namespace of its own too.
    static Result bare(const std::string& command) {
        return sh(
            "image=$(dirname $(grep -l '\"packages\": \\[\\]' $ROOT/images/*/image.json)); exec timeout 60 env "
            "SYSTEMD_NSPAWN_LOCK=0 systemd-nspawn --quiet --settings=no --register=no --keep-unit --private-network "
            "--volatile=overlay --resolv-conf=off "
            "--timezone=off --console=pipe --bind-ro=/run/x/root/every_syscall:/root/every_syscall -D $image/rootfs " +
            command);
    }
    /// LeakSanitizer cannot trace what is traced already.
    static inline const std::string no_leak_check = "export ASAN_OPTIONS=detect_leaks=0; ";
    static std::string filters() { return sh("ls /run/hastur/filters | grep -v lock").out; }
    static std::string learned(const std::string& options = "") {
        return sh("$H -S -v " + options + " -- true 2>&1 | grep -c 'learned [0-9]* seccomp filters'").out;
    }
};

TEST_F(Filters, EverySystemCallEndsAsInNspawnAlone) {
    const std::string command = "/root/every_syscall";
    const auto alone = bare(command);
    ASSERT_EQ(alone.status, 0) << alone.err;
    const auto lines = std::count(alone.out.begin(), alone.out.end(), '\n');
    EXPECT_GT(lines, 600);
    EXPECT_EQ(filters(), "");
    const auto first = hastur("-Sq -x /run/x -- " + command);
    EXPECT_EQ(difference(alone.out, first.out), "") << first.err;
    EXPECT_NE(filters(), "");
    const auto second = hastur("-Sq -x /run/x -- " + command);
    EXPECT_EQ(difference(alone.out, second.out), "") << second.err;
    std::cout << "== filters: " << lines << " system calls end the same in nspawn alone and with reused filters\n";
}

TEST_F(Filters, StatusAndMountsAreTheSame) {
    const std::string status = "grep -E '^(Cap|NoNewPrivs|Seccomp|Specul)' /proc/self/status";
    const auto alone = bare("/bin/" + status);
    ASSERT_EQ(alone.status, 0) << alone.err;
    const auto compare = [&](const std::string& command, const std::string& options) {
        return sh("$H -Sq " + options + " -- " + command).out;
    };
    EXPECT_EQ(compare(status, ""), alone.out);
    EXPECT_EQ(compare(status, ""), alone.out);
    EXPECT_EQ(compare(status, "--own-filters"), alone.out);
    for (const char* what : {"sh -c \"cut -d' ' -f5- /proc/self/mountinfo | sed 's/hastur:[^ ]*//; s/upperdir=[^ ]*//; "
                             "s/shared:[0-9]*//' | sort\"",
                             "env", "sh -c 'cat /proc/self/cgroup; ls -l /dev'"})
        EXPECT_EQ(difference(compare(what, "--own-filters"), compare(what, "")), "") << what;
}

TEST_F(Filters, AreLearnedOnceAndAgainWhenSomethingChanged) {
    EXPECT_EQ(learned("--own-filters"), "0\n");
    EXPECT_EQ(learned(), "1\n");
    EXPECT_EQ(learned(), "0\n");
    // Another nspawn: the same program under another inode.
    sh("mkdir -p /run/bin && cp $(which systemd-nspawn) /run/bin/");
    EXPECT_EQ(sh("PATH=/run/bin:$PATH $H -S -v -- true 2>&1 | grep -c 'learned [0-9]* seccomp filters'").out, "1\n");
    // A library that was replaced.
    sh("library=$(ldd $(which systemd-nspawn) | awk '/libseccomp/ {print $3}'); library=$(readlink -f $library); "
       "cp $library /run/lib && mount -n --bind /run/lib $library");
    EXPECT_EQ(learned(), "1\n");
    sh("umount -n $(readlink -f $(ldd $(which systemd-nspawn) | awk '/libseccomp/ {print $3}'))");
}

TEST_F(Filters, NoCommandRunsWithoutThem) {
    EXPECT_EQ(learned(), "1\n");
    // Every installation of a filter seems to work, and none does.
    const auto faked =
        sh(no_leak_check + "exec timeout 60 strace -f -o /dev/null -e inject=seccomp:retval=0 $H -S -v -- true");
    EXPECT_EQ(faked.status, 0) << faked.err;
    EXPECT_NE(faked.err.find("lacks seccomp filters"), std::string::npos) << faked.err;
    EXPECT_EQ(learned(), "1\n");
    const auto refused =
        sh(no_leak_check + "exec timeout 60 strace -f -o /dev/null -e inject=seccomp:error=EINVAL $H -S -v -- true");
    EXPECT_EQ(refused.status, 0) << refused.err;
    EXPECT_NE(refused.err.find("installing seccomp filters: Invalid argument"), std::string::npos) << refused.err;
}

TEST_F(Filters, DamagedFilesAreNotUsed) {
    EXPECT_EQ(learned(), "1\n");
    for (const char* damage :
         {": > $F", "head -c 100 $F > $F.x; mv $F.x $F", "printf x | dd of=$F bs=1 seek=200 conv=notrunc",
          "rm $F; ln -s /etc/passwd $F", "rm $F; mkdir $F", "rm -rf $F; head -c 5000 /dev/urandom > $F"}) {
        sh(std::string("F=$(ls -d /run/hastur/filters/* | grep -v lock); ") + damage);
        const auto result = hastur("-S -v -- grep Seccomp_filters /proc/self/status");
        EXPECT_EQ(result.status, 0) << damage << result.err;
        EXPECT_EQ(result.out, bare("/bin/grep Seccomp_filters /proc/self/status").out) << damage;
        sh("rm -rf /run/hastur/filters/*");
        EXPECT_EQ(learned(), "1\n");
    }
    EXPECT_EQ(sh("stat -c '%a %u' /run/hastur/filters /run/hastur/filters/* | sort -u").out, "600 0\n700 0\n");
}

}  // namespace
}  // namespace e2e
