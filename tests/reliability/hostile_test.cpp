#include <signal.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <thread>

#include "harness.hpp"
#include "scale.hpp"

namespace e2e {
namespace {

/// A container whose files were made by somebody who wants hastur, which runs as root, to read or write the host's.
/// /run/canary is what must stay untouched: a mount that notes every access.
class Hostile : public Host {
protected:
    void SetUp() override {
        Host::SetUp();
        sh("umount -n /run/canary 2>/dev/null; mkdir -p /run/canary && mount -n -t tmpfs -o strictatime tmpfs "
           "/run/canary && cd /run/canary && "
           "mkdir -p etc usr/lib/hastur bin lib root dir && for f in etc/hosts etc/resolv.conf etc/machine-id "
           "etc/hostname "
           "etc/passwd usr/lib/hastur/init bin/true dir/file root/file file; do echo secret > $f; done");
        sh("rm -rf /run/x; mkdir -p /run/x/etc/sub /run/x/dir /run/x/root; echo copied > /run/x/etc/hosts; "
           "echo copied > /run/x/dir/file; echo copied > /run/x/root/file; echo copied > /run/x/file");
        sh("$H -Sq -n evil -- true");
        canary_ = canary();
    }
    void TearDown() override {
        sh("umount -n /run/canary");
        Host::TearDown();
    }
    /// Times of access and change of every file, and everything that is in them. Reading the contents is an access, so
    /// the times are put back.
    static std::string canary() {
        return sh("cd /run/canary && find . -type f -printf '%p %s %m %A@ %T@ %C@ %i\\n' | sort; find . | sort").out;
    }
    void expect_untouched(const std::string& what) {
        const auto now = canary();
        if (now == canary_) return;
        ++escapes_;
        ADD_FAILURE() << what << "\n" << difference(canary_, now);
        canary_ = now;
    }

    std::string canary_;
    int attempts_ = 0, escapes_ = 0;
};

TEST_F(Hostile, LinksOutOfTheContainer) {
    std::vector<std::string> ways = {"/run/canary", "../../../../../../../../../../run/canary",
                                     "/proc/self/root/run/canary", "/proc/1/root/run/canary",
                                     // What is on the way comes into being only when nspawn mounts it.
                                     "sys/kernel/../../../../../../../../../../../../../run/canary",
                                     "proc/self/../../../../../../../../../../../../../run/canary"};
    const std::pair<const char*, const char*> places[] = {{"etc", "/etc"},
                                                          {"etc/hosts", "/etc/hosts"},
                                                          {"etc/resolv.conf", "/etc/resolv.conf"},
                                                          {"etc/machine-id", "/etc/machine-id"},
                                                          {"etc/hostname", "/etc/hostname"},
                                                          {"usr", "/usr"},
                                                          {"usr/lib", "/usr/lib"},
                                                          {"usr/lib/hastur", "/usr/lib/hastur"},
                                                          {"usr/bin", "/bin"},
                                                          {"dir", "/dir"},
                                                          {"root", "/root"},
                                                          {"root/file", "/root/file"},
                                                          {"file", "/file"},
                                                          {"run", ""},
                                                          {"tmp", "/dir"},
                                                          {"dev", "/dir"},
                                                          {"proc", "/dir"},
                                                          {"sys", "/dir"},
                                                          {"var", ""}};
    for (std::size_t i = 0; i < ways.size(); i += scaled(2U, 1U))
        for (const auto& [place, target] : places) {
            ++attempts_;
            sh(std::string("cd $ROOT/containers/evil/data && mkdir -p $(dirname ") + place + ") && rm -rf " + place +
               " && ln -s " + ways[i] + target + " " + place);
            // It may fail; it must not reach the canary.
            const auto result = hastur("-Sq -n evil -x /run/x -- /bin/true");
            expect_untouched(place + (" -> " + ways[i]) + target + ": " + result.err);
            sh(std::string("rm -rf $ROOT/containers/evil/data/* /run/x/none"));
        }
    std::cout << "== hostile: " << attempts_ << " links out of a container: " << escapes_ << " escapes\n";
}

TEST_F(Hostile, LinksThatAppearDuringTheStart) {
    const auto points = fault_points("-Sq -n evil -x /run/x -- true");
    // From where the container is mounted to the last moment at which anybody but root itself could change it.
    const auto place_of = [&](const char* point) {
        return static_cast<unsigned>(std::ranges::find(points, point) - points.begin());
    };
    const auto first = place_of("before filling the container"), last = place_of("filled the container");
    ASSERT_LT(last, points.size());
    for (unsigned at = first; at <= last; at += at == last ? 1 : std::min(scaled(5U, 1U), last - at)) {
        for (const std::string place : {"etc", "usr/lib", "dir", "root"}) {
            ++attempts_;
            Background start("-Sq -n evil -x /run/x -- /bin/true 2>/dev/null",
                             "export HASTUR_STOP_AT=" + std::to_string(at + 1) + "; ");
            if (!start.stopped()) continue;
            // In hastur's own mount namespace, as the container's processes see it.
            sh("nsenter -m -t " + std::to_string(start.pid()) + " sh -c 'cd $ROOT/mnt && mkdir -p " + place +
               " && mv " + place + " was && ln -s /run/canary/" + (place == "usr/lib" ? "lib" : place) + " " + place +
               "'");
            start.signal(SIGCONT);
            start.wait();
            expect_untouched(place + " at point " + std::to_string(at + 1) + " (" + points[at] + ")");
            sh("rm -rf $ROOT/containers/evil/data/*");
        }
    }
    std::cout << "== hostile: " << attempts_ << " links that appear during a start: " << escapes_ << " escapes\n";
}

TEST_F(Hostile, LinksThatComeAndGo) {
    std::atomic<bool> over = false;
    std::thread flipper([&] {
        while (!over)
            sh("cd $ROOT/containers/evil/data && mkdir -p etc && for i in 1 2 3 4 5 6 7 8 9; do mv -T etc e; "
               "ln -s /run/canary/etc etc; rm -f etc; mv -T e etc; done");
    });
    for (int i = 0; i < scaled(10, 100); ++i, ++attempts_) hastur("-Sq -n evil -x /run/x -- /bin/true");
    over = true;
    flipper.join();
    expect_untouched("a link that comes and goes");
    std::cout << "== hostile: " << attempts_ << " starts while /etc comes and goes as a link: " << escapes_
              << " escapes\n";
}

TEST_F(Hostile, RemovalFollowsNothingAndCrossesNoMount) {
    sh("cd $ROOT/containers/evil/data && ln -s /run/canary/etc a && ln -s /run/canary/file b && mkdir c && "
       "mkdir d && touch $(printf 'd/\\377\\376name') && printf '' > \"$(printf 'd/line\\nbreak')\" && mkfifo d/fifo "
       "&& "
       "mknod d/null c 1 3");
    // Deeper than a path can be long.
    sh("cd $ROOT/containers/evil/data && perl -e 'for (1..10000) { mkdir \"deep\" or die; chdir \"deep\" or die }'");
    // A mount inside of what is to be removed: told, and what is mounted stays.
    sh("mount -n --bind /run/canary $ROOT/containers/evil/data/c");
    const auto refused = hastur("-D evil");
    EXPECT_EQ(refused.status, 125);
    EXPECT_NE(refused.err.find("busy"), std::string::npos) << refused.err;
    expect_untouched("removal of a tree with a mount in it");
    sh("umount -n $(grep -o ' [^ ]*/c tmpfs\\| [^ ]*/c ' /proc/self/mountinfo | head -1)");
    sh("umount -n $ROOT/tmp/*/data/c $ROOT/containers/evil/data/c");
    EXPECT_EQ(sh("$H -Q; ls -A $ROOT/tmp $ROOT/containers | grep -v :").out, "\n");
    expect_untouched("removal");
    std::cout << "== hostile: a tree with links, a mount, 10,000 levels and names that are no UTF-8: "
              << (HasFailure() ? "not removed, " : "removed, ") << escapes_ << " escapes\n";
}

TEST_F(Hostile, OtherUsersSeeNothing) {
    sh("$H -Sq -n web -- sh -c 'echo secret > /root/file; chmod 777 /root /root/file'");
    EXPECT_NE(sh("setpriv --reuid 65534 --regid 65534 --clear-groups ls $ROOT").status, 0);
    EXPECT_NE(sh("setpriv --reuid 65534 --regid 65534 --clear-groups cat $ROOT/containers/web/data/root/file").status,
              0);
    EXPECT_NE(sh("setpriv --reuid 65534 --regid 65534 --clear-groups ls /run/hastur").status, 0);
    EXPECT_EQ(sh("stat -c %a $ROOT /run/hastur").out, "700\n700\n");
    EXPECT_EQ(sh("ls -A /tmp | grep -c -i -e hastur -e nspawn-").out, "0\n");
}

}  // namespace
}  // namespace e2e
