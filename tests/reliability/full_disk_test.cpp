#include <iostream>

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
    void start_with_little_room(const std::string& room) {
        ++tried_;
        const auto result = small("-q -S -n new -x /etc/apt -- sh -c 'head -c 20000 /dev/zero > /root/data && sync'");
        if (result.status == 125) {
            ++refused_;
            EXPECT_NE(result.err.find("No space left on device"), std::string::npos) << room << ": " << result.err;
        }
        // The command may have complained too.
        EXPECT_LE(sh("grep -c ^hastur:", result.err).out, "1\n") << room << ": " << result.err;
        EXPECT_EQ(sh("$H -r /run/small/root -Q | grep -c damaged").out, "0\n") << room;
        // Destroying needs no room.
        const auto destroyed = small("-q -D new");
        EXPECT_TRUE(destroyed.status == 0 || destroyed.err.find("there is no container") != std::string::npos)
            << room << destroyed.err;
    }
    void nothing_is_lost(const std::string& what) {
        EXPECT_EQ(small("-Sq -n web -- cat /root/file").out, "precious\n") << what;
        EXPECT_EQ(used(), used_) << what;
    }

    std::string used_;
    int tried_ = 0, refused_ = 0;
};

TEST_F(FullDisk, Blocks) {
    for (int blocks = 0; blocks <= 200; blocks += blocks < 12 ? scaled(3, 1) : scaled(30, 4)) {
        const auto room = std::to_string(blocks) + " blocks";
        sh("free=$(df --output=avail -B 1024 /run/small | tail -1); dd if=/dev/zero of=/run/small/fill bs=1024 "
           "conv=fsync count=$((free - " +
           std::to_string(blocks) + ")) 2>/dev/null; sync");
        start_with_little_room(room);
        sh("rm -f /run/small/fill; sync");
        nothing_is_lost(room);
    }
    EXPECT_GT(refused_, 0);
    std::cout << "== broken: " << tried_ << " starts on a disk with 0 to 200 blocks free: " << refused_
              << " refused, 0 damaged, all space freed\n";
}

TEST_F(FullDisk, Inodes) {
    for (int inodes = 0; inodes <= 40; inodes += inodes < 12 ? scaled(2, 1) : scaled(14, 2)) {
        const auto room = std::to_string(inodes) + " inodes";
        sh("mkdir /run/small/fill && free=$(df --output=iavail /run/small | tail -1); for i in $(seq $((free - " +
           std::to_string(inodes) + "))); do : > /run/small/fill/$i; done");
        start_with_little_room(room);
        sh("rm -rf /run/small/fill");
        nothing_is_lost(room);
    }
    EXPECT_GT(refused_, 0);
    std::cout << "== broken: " << tried_ << " starts on a disk with 0 to 40 inodes free: " << refused_
              << " refused, 0 damaged, all space freed\n";
}

// Needs the real network, for the bootstrap.
TEST(FullDiskOutside, Bootstrap) {
    sh("umount -n $ROOT/../small; rm -rf $ROOT/../small; mkdir $ROOT/../small");
    int tried = 0;
    for (int megabytes = 100; megabytes <= 340; megabytes += scaled(200, 20)) {
        ++tried;
        const auto room = std::to_string(megabytes) + " MB";
        sh("truncate -s " + std::to_string(megabytes) +
           "M $ROOT/../small.ext4 && mkfs.ext4 -F -q -m 0 "
           "$ROOT/../small.ext4 && mount -n -o loop $ROOT/../small.ext4 $ROOT/../small && mkdir -m 700 "
           "$ROOT/../small/root");
        const auto result = sh("exec timeout 60 $H -r $ROOT/../small/root -b lo -S -q -- true");
        EXPECT_EQ(result.status, 125) << room << ": " << result.err;
        const bool told = result.err.find("No space left on device") != std::string::npos ||
                          result.err.find("MiB free, an image needs") != std::string::npos ||
                          result.err.find("enough free space") != std::string::npos;
        EXPECT_TRUE(told) << room << ": " << result.err;
        EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << room << ": " << result.err;
        EXPECT_EQ(sh("cd $ROOT/../small/root && $H -r . -Qi; ls -A tmp images | grep -v :").out, "\n") << room;
        sh("umount -n $ROOT/../small; rm -f $ROOT/../small.ext4");
    }
    std::cout << "== broken: " << tried << " bootstraps on a full disk: told, and nothing left\n";
}

}  // namespace
}  // namespace e2e
