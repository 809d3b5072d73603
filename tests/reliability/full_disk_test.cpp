#include <iostream>

#include "attempt.hpp"
#include "harness.hpp"
#include "scale.hpp"

namespace e2e {
namespace {

/// A root on a small ext4 of its own that can be filled to the last block or inode. The images are the shared ones.
class FullDisk : public Host {
protected:
    void SetUp() override {
        Host::SetUp();
        const auto made =
            sh("mkdir -p /run/small && truncate -s 24M /run/small.ext4 && mkfs.ext4 -q -m 0 -b 1024 -N 256 "
               "/run/small.ext4 && "
               "mount -n -o loop /run/small.ext4 /run/small && mkdir -m 700 -p /run/small/root/images && cp "
               "$ROOT/hastur-root /run/small/root/ && "
               "mount -n --bind $ROOT/images /run/small/root/images");
        ASSERT_EQ(made.status, 0) << made.err;
        ASSERT_EQ(small("-Sq -n web -- sh -c 'echo precious > /root/file'").status, 0);
        small("-Sq -- true");
        used_ = used();
    }
    void TearDown() override {
        sh("umount -n /run/small/root/images; umount -n /run/small; rm -f /run/small.ext4");
        Host::TearDown();
    }
    static Result small(const std::string& words) { return sh("exec timeout 60 $H -r /run/small/root " + words); }
    static std::string used() { return sh("df --output=used,iused /run/small | tail -1").out; }

    /// A start with so little room: works, or fails with one clear line; nothing is damaged, and the space comes back.
    void start_with_little_room() {
        const auto result = small("-q -S -n new -x /etc/apt -- sh -c 'head -c 20000 /dev/zero > /root/data && sync'");
        if (result.status == 125) {
            ++refused_;
            EXPECT_NE(result.err.find("No space left on device"), std::string::npos) << result.err;
        }
        // The command may have complained too.
        EXPECT_LE(sh("grep -c ^hastur:", result.err).out, "1\n") << result.err;
        EXPECT_EQ(sh("$H -r /run/small/root -Q | grep -c damaged").out, "0\n");
        // Destroying needs no room.
        const auto destroyed = small("-q -D new");
        EXPECT_TRUE(destroyed.status == 0 || destroyed.err.find("there is no container") != std::string::npos)
            << destroyed.err;
    }
    void nothing_is_lost() {
        EXPECT_EQ(small("-Sq -n web -- cat /root/file").out, "precious\n");
        EXPECT_EQ(used(), used_);
    }

    std::string used_;
    void report(const std::string& what) const {
        EXPECT_GT(refused_, 0);
        std::cout << "== broken: " << starts_.tried << " starts on a disk with " << what << " free: " << refused_
                  << " refused, " << starts_.failed << " unclear, damaged, or with space lost\n";
    }
    int refused_ = 0;
    Tally starts_;
};

TEST_F(FullDisk, Blocks) {
    for (int blocks = 0; blocks <= 200; blocks += blocks < 12 ? scaled(3, 1) : scaled(30, 4)) {
        const Attempt attempt(starts_, std::to_string(blocks) + " blocks");
        sh("free=$(df --output=avail -B 1024 /run/small | tail -1); dd if=/dev/zero of=/run/small/fill bs=1024 "
           "conv=fsync count=$((free - " +
           std::to_string(blocks) + ")) 2>/dev/null; sync");
        start_with_little_room();
        sh("rm -f /run/small/fill; sync");
        nothing_is_lost();
    }
    report("0 to 200 blocks");
}

TEST_F(FullDisk, Inodes) {
    for (int inodes = 0; inodes <= 40; inodes += inodes < 12 ? scaled(2, 1) : scaled(14, 2)) {
        const Attempt attempt(starts_, std::to_string(inodes) + " inodes");
        sh("mkdir /run/small/fill && free=$(df --output=iavail /run/small | tail -1); for i in $(seq $((free - " +
           std::to_string(inodes) + "))); do : > /run/small/fill/$i; done");
        start_with_little_room();
        sh("rm -rf /run/small/fill");
        nothing_is_lost();
    }
    report("0 to 40 inodes");
}

// Needs the real network, for the bootstrap.
TEST(FullDiskOutside, Bootstrap) {
    sh("umount -n $ROOT/../small; rm -rf $ROOT/../small; mkdir $ROOT/../small");
    Tally bootstraps;
    for (int megabytes = 100; megabytes <= 340; megabytes += scaled(200, 20)) {
        const Attempt attempt(bootstraps, std::to_string(megabytes) + " MB");
        sh("truncate -s " + std::to_string(megabytes) +
           "M $ROOT/../small.ext4 && mkfs.ext4 -F -q -m 0 "
           "$ROOT/../small.ext4 && mount -n -o loop $ROOT/../small.ext4 $ROOT/../small && mkdir -m 700 "
           "$ROOT/../small/root");
        const auto result = sh("exec timeout 60 $H -r $ROOT/../small/root -b lo -S -q -- true");
        EXPECT_EQ(result.status, 125) << result.err;
        const bool told = result.err.find("No space left on device") != std::string::npos ||
                          result.err.find("MiB free, an image needs") != std::string::npos ||
                          result.err.find("enough free space") != std::string::npos;
        EXPECT_TRUE(told) << result.err;
        EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
        EXPECT_EQ(sh("cd $ROOT/../small/root && $H -r . -Qi; ls -A tmp images | grep -v :").out, "\n");
        sh("umount -n $ROOT/../small; rm -f $ROOT/../small.ext4");
    }
    std::cout << "== broken: " << bootstraps.tried << " bootstraps on a full disk: " << bootstraps.failed
              << " unclear, or with something left\n";
}

}  // namespace
}  // namespace e2e
