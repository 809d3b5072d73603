#include <signal.h>

#include <iostream>

#include "attempt.hpp"
#include "harness.hpp"
#include "scale.hpp"

namespace e2e {
namespace {

/// The power fails at a named point: what the disk holds then is all that is left. The disk is an ext4 on a loop
/// device, mounted so that nothing but what was synced is safe: data is written back late (data=writeback,
/// noauto_da_alloc), while the journal with the names is committed right before the cut. The cut is a copy of the
/// device's backing file.
class Disk {
public:
    explicit Disk(const std::string& megabytes) {
        const auto made = sh("mkdir -p $D/disk $D/after && truncate -s " + megabytes +
                             "M $D/disk.ext4 && mkfs.ext4 -F -q -m 0 $D/disk.ext4 && "
                             "mount -n -o loop,data=writeback,noauto_da_alloc,commit=300 $D/disk.ext4 $D/disk && mkdir "
                             "-m 700 $D/disk/root");
        EXPECT_EQ(made.status, 0) << made.err;
    }
    ~Disk() { sh("umount -n $D/disk/root/images $D/disk; rm -rf $D/disk* $D/after*"); }
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    /// The disk as it would be found after the cut, at $D/after.
    void cut_power() const {
        const auto cut =
            sh("echo > $D/disk/other && sync $D/disk/other && cp --sparse=always $D/disk.ext4 $D/after.ext4 && "
               "mount -n -o loop $D/after.ext4 $D/after");
        EXPECT_EQ(cut.status, 0) << cut.err;
    }
    void forget_cut() const { sh("umount -n $D/after/root/images; umount -n $D/after; rm -f $D/after.ext4"); }
};

class PowerLoss : public Host {
protected:
    void SetUp() override {
        Host::SetUp();
        ::setenv("D", "/run", 1);
        disk_ = std::make_unique<Disk>("32");
        sh("mkdir $D/disk/root/images && cp $ROOT/hastur-root $D/disk/root/ && mount -n --bind $ROOT/images "
           "$D/disk/root/images");
        ASSERT_EQ(sh("$H -r $D/disk/root -Sq -n web -- sh -c 'echo precious > /root/file'; sync").status, 0);
    }
    void TearDown() override {
        disk_.reset();
        Host::TearDown();
    }

    void cut_at_each_point(const std::string& words, unsigned stride) {
        const auto points = fault_points("-r $D/disk/root " + words);
        sh("$H -r $D/disk/root -D new");
        ASSERT_GT(points.size(), 5U);
        Tally cuts;
        for (unsigned at = 1; at <= points.size(); at += stride) {
            Background run("-r $D/disk/root " + words, "export HASTUR_STOP_AT=" + std::to_string(at) + "; ");
            if (!run.stopped()) continue;
            const Attempt attempt(cuts, words + ", point " + std::to_string(at) + ": " + points[at - 1]);
            disk_->cut_power();
            run.signal(SIGKILL);
            run.wait();
            look_around_after_the_cut();
            disk_->forget_cut();
            sh("$H -r $D/disk/root -q -D new");
        }
        std::cout << "== power loss: " << words.substr(0, words.find(" --")) << ": " << cuts.tried << " cuts, "
                  << cuts.failed << " damaged\n";
    }

    void look_around_after_the_cut() {
        sh("mount -n --bind $ROOT/images $D/after/root/images");
        const auto rows = sh("$H -r $D/after/root -Q | awk '{print $1, $2}'").out;
        EXPECT_EQ(rows.rfind("new inactive\nweb inactive\n", 0) == 0 || rows == "web inactive\n", true) << rows;
        const auto start = sh("$H -r $D/after/root -Sq -n web -- cat /root/file");
        EXPECT_EQ(start.out, "precious\n") << start.err;
        const auto again = sh("$H -r $D/after/root -Sq -n new -- true");
        EXPECT_EQ(again.status, 0) << again.err;
        EXPECT_EQ(sh("ls -A $D/after/root/running $D/after/root/tmp | grep -v :").out, "\n");
    }

    std::unique_ptr<Disk> disk_;
};

TEST_F(PowerLoss, ANewContainer) { cut_at_each_point("-Sq -n new -- true", scaled(6U, 1U)); }
TEST_F(PowerLoss, AnOldContainer) { cut_at_each_point("-Sq -n web -- true", scaled(12U, 1U)); }
TEST_F(PowerLoss, AnEphemeralContainer) { cut_at_each_point("-Sq -- true", scaled(18U, 2U)); }

// Needs the real network, for the bootstrap.
TEST(PowerLossOutside, AnImage) {
    sh("umount -n $ROOT/../after; umount -n $ROOT/../disk; rm -rf $ROOT/../disk* $ROOT/../after*");
    ::setenv("D", sh("dirname $ROOT").out.substr(0, sh("dirname $ROOT").out.find('\n')).c_str(), 1);
    const Disk disk("700");
    const std::string checksum =
        "cd $D/%/root/images/* && find . -type f -print0 | sort -z | xargs -0 sha1sum | sha1sum";
    const auto checksum_on = [&](const std::string& where) {
        return sh(std::string(checksum).replace(checksum.find('%'), 1, where)).out;
    };
    Tally cuts;
    for (const std::string point : {"before publishing an image", "published an image"}) {
        const Attempt attempt(cuts, point);
        Background run("-r $D/disk/root -b lo -Sq -- true 2>/dev/null", "export HASTUR_STOP_AT='" + point + "'; ");
        ASSERT_TRUE(run.stopped());
        disk.cut_power();
        run.signal(SIGKILL);
        run.wait();
        if (point.starts_with("before")) {
            EXPECT_EQ(sh("$H -r $D/after/root -Qi").out, "");
        } else {
            EXPECT_EQ(checksum_on("disk"), checksum_on("after"));
        }
        disk.forget_cut();
    }
    std::cout << "== power loss: bootstrap: " << cuts.tried << " cuts, " << cuts.failed << " damaged\n";
}

}  // namespace
}  // namespace e2e
