#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <random>

#include "attempt.hpp"
#include "harness.hpp"
#include "leaks.hpp"
#include "scale.hpp"

namespace e2e {
namespace {

/// Bootstraps for real, so in the host's own network; `-b lo` is refused when the image is complete, so that nothing
/// there is touched.
constexpr const char* bootstrap = "-f -S -b lo -p figlet -- true 2>&1";

class KilledBootstrap : public testing::Test {
protected:
    void SetUp() override {
        before_ = host_state();
        // A first one that is not killed: from now on there always is an image.
        points_ = fault_points(bootstrap);
        images_ = images();
    }
    void TearDown() override {
        EXPECT_EQ(sh("exec timeout 300 $H -S -q -b lo -p figlet -- true").status, 125);
        EXPECT_EQ(images(), images_);
        EXPECT_EQ(host_state(), before_);
        report_kills(title_, points_tried_, kills_, tally_.failed);
    }
    static std::string images() { return sh("$H -Qi | awk '{print $1, $2, $5}' | sort").out; }

    void kill(Background& run, bool child_too) {
        ++kills_;
        const auto all = descendants(run.pid());
        const Watched processes(all);
        if (child_too && !all.empty()) {
            ::kill(all.front(), SIGKILL);
            run.signal(SIGCONT);
        } else {
            run.signal(SIGKILL);
        }
        EXPECT_EQ(processes.alive_after(1000), 0);
        run.wait();
        const auto damaged = sh("$H -Qij | grep '\"damage\"' | grep -v null").out;
        EXPECT_EQ(damaged, "");
        EXPECT_EQ(images(), images_);
        for (const auto& leak : leaks({})) ADD_FAILURE() << leak;
        // The image is whole, whichever of the two it is.
        EXPECT_EQ(
            sh("i=$(grep -l figlet $ROOT/images/*/image.json) && chroot ${i%/image.json}/rootfs figlet -v").status, 0);
    }

    std::vector<std::string> points_;
    std::string title_ = "bootstrap", images_, before_;
    unsigned points_tried_ = 0, kills_ = 0;
    Tally tally_;
};

TEST_F(KilledBootstrap, AtPointsAndAtRandom) {
    ASSERT_GT(points_.size(), 20U);
    for (std::size_t at = 3; at <= points_.size(); at += scaled(17U, 5U)) {
        const Attempt attempt(tally_, "point " + std::to_string(at) + ": " + points_[at - 1]);
        ++points_tried_;
        Background run(bootstrap, "export ASAN_OPTIONS=detect_leaks=0 HASTUR_STOP_AT=" + std::to_string(at) + "; ");
        if (run.stopped()) kill(run, at % 2 == 0);
    }
    std::mt19937 random(std::random_device{}());
    for (int i = 0; i < scaled(2, 8); ++i) {
        const Attempt attempt(tally_, "a random time");
        ++points_tried_;
        Background run(bootstrap, "export ASAN_OPTIONS=detect_leaks=0; ");
        run.expect("starting");
        ::usleep(std::uniform_int_distribution<useconds_t>(0, 6'000'000)(random));
        kill(run, i % 2 == 0);
    }
}

TEST_F(KilledBootstrap, AnImageInUseOutlivesItsReplacement) {
    const Attempt attempt(tally_, "image in use");
    // Somebody holds it as a running container does.
    const auto image = sh("dirname $(grep -l figlet $ROOT/images/*/image.json)").out;
    const auto directory = image.substr(0, image.find('\n'));
    const int held = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ASSERT_EQ(::flock(held, LOCK_SH), 0);
    Background run(bootstrap, "export ASAN_OPTIONS=detect_leaks=0 HASTUR_STOP_AT=exchanged; ");
    ASSERT_TRUE(run.stopped());
    run.signal(SIGKILL);
    run.wait();
    EXPECT_EQ(hastur("-Q").status, 0);
    EXPECT_EQ(::faccessat(held, "rootfs/usr/bin/figlet-figlet", F_OK, 0), 0);
    ::close(held);
    EXPECT_EQ(hastur("-Q").status, 0);
    for (const auto& leak : leaks({})) ADD_FAILURE() << leak;
    title_ = "bootstrap of an image in use";
    points_tried_ = kills_ = 1;
}

}  // namespace
}  // namespace e2e
