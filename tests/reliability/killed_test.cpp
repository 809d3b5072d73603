#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <random>

#include "attempt.hpp"
#include "harness.hpp"
#include "leaks.hpp"
#include "scale.hpp"

namespace e2e {
namespace {

enum class Victim { hastur, child, both };
constexpr Victim victims[] = {Victim::hastur, Victim::child, Victim::both};

/// LeakSanitizer looks at its process from a child, for which it waits for ever if that is killed.
constexpr const char* no_tracer = "export ASAN_OPTIONS=detect_leaks=0; ";

/// Something that hastur does, to be killed in the middle of it.
struct Life {
    std::string name;
    std::string words;                     ///< what hastur is given
    std::function<void()> before = [] {};  ///< prepares it
    std::function<void()> after = [] {};   ///< ends what `before` began, when the kill is done
    std::set<std::string> kept = {"web"};  ///< the containers that may be there then
};

/// Commands of every kind: each of them must clean up behind the dead.
constexpr const char* next_commands[] = {"-Q", "-Qi", "-D nobody", "-q -S -- true", "-q -S -n web -- true"};

class Killed : public Host {
protected:
    void SetUp() override {
        Host::SetUp();
        // The bridge is up, and a container with data exists.
        ASSERT_EQ(hastur("-Sq -n web -- sh -c 'echo precious > /root/file'").status, 0);
        ASSERT_EQ(hastur("-Sq -- true").status, 0);
        images_ = images();
        wait_for_interfaces();
        state_ = host_state();
    }
    void TearDown() override {
        report_kills(title_, points_, kills_, tally_.failed);
        EXPECT_EQ(images(), images_);
        Host::TearDown();
    }

    /// Kills `life` at each of its points (or each `stride`th), each victim in turn.
    void sweep(const Life& life, unsigned stride) {
        title_ = life.name;
        const auto points = points_of(life);
        ASSERT_GT(points.size(), 5U);
        for (unsigned at = 1 + first_point_++ % stride; at <= points.size(); at += stride) {
            ++points_;
            for (const auto victim : victims) kill_at(life, at, victim, points[at - 1]);
        }
    }

    /// Kills `life` after random times up to its usual length.
    void at_random(const Life& life, unsigned times) {
        title_ = life.name;
        const auto length = length_of(life);
        const auto seed = std::random_device()();
        std::mt19937 random(seed);
        for (unsigned i = 0; i < times; ++i) {
            const auto delay = std::uniform_int_distribution<long>(0, length.count())(random);
            ++points_;
            const auto what = "seed " + std::to_string(seed) + ", after " + std::to_string(delay) + " us";
            const Attempt attempt(tally_, what);
            life.before();
            Background run(life.words, no_tracer);
            ::usleep(static_cast<useconds_t>(delay));
            kill(run, victims[i % 3], what);
            check(life);
        }
    }

private:
    static std::vector<std::string> points_of(const Life& life) {
        life.before();
        auto points = fault_points(life.words);
        life.after();
        return points;
    }

    std::chrono::microseconds length_of(const Life& life) {
        life.before();
        const auto begin = std::chrono::steady_clock::now();
        sh("timeout 60 $H " + life.words);
        life.after();
        return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
    }

    void kill_at(const Life& life, unsigned at, Victim victim, const std::string& point) {
        const Attempt attempt(tally_, life.name + ", point " + std::to_string(at) + " (" + point + "), victim " +
                                          std::to_string(static_cast<int>(victim)));
        life.before();
        Background run(life.words, std::string(no_tracer) + "export HASTUR_STOP_AT=" + std::to_string(at) + "; ");
        if (!run.stopped()) return;  // its end came first
        if (victim != Victim::hastur && children(run.pid()).empty()) {
            run.signal(SIGKILL);  // there is no other to be killed: that was another victim's turn
            run.wait();
            hastur("-Q");
            life.after();
            return;
        }
        kill(run, victim, life.name);
        check(life);
    }

    void kill(Background& run, Victim victim, const std::string& what) {
        ++kills_;
        const auto all = descendants(run.pid());
        const Watched processes(all);
        if (victim == Victim::both) run.signal(SIGSTOP);  // neither sees the other die
        if (victim != Victim::hastur && !all.empty()) ::kill(all.front(), SIGKILL);
        if (victim != Victim::child || all.empty()) run.signal(SIGKILL);
        if (victim == Victim::child) run.signal(SIGCONT);
        constexpr int second = 1000;
        // Alone, each of them takes the container with it; after both it is the next command's.
        if (victim == Victim::both) {
            run.wait();
            EXPECT_EQ(hastur("-Q").status, 0);
        }
        EXPECT_EQ(processes.alive_after(second), 0) << what;
        if (victim != Victim::both) run.wait();
    }

    void check(const Life& life) {
        life.after();
        const std::string next = next_commands[kills_ % std::size(next_commands)];
        const auto result = hastur(next);
        EXPECT_EQ(result.status, next == "-D nobody" ? 125 : 0) << next << ": " << result.err;
        for (const auto& leak : leaks(life.kept)) ADD_FAILURE() << "after hastur " << next << ": " << leak;
        const auto start = hastur("-Sq -n web -- cat /root/file");
        EXPECT_EQ(start.out, "precious\n") << start.err;
        EXPECT_EQ(images(), images_);
        wait_for_interfaces();
        const auto state = host_state();
        EXPECT_TRUE(state == state_) << difference(state_, state);
    }

    /// Without the time of the last use.
    static std::string images() { return sh("$H -Qi | awk '{print $1, $2, $3, $5}'").out; }

    std::string title_, images_, state_;
    unsigned points_ = 0, kills_ = 0, first_point_ = 0;
    Tally tally_;
};

const std::string busy = " -- sh -c 'echo data > /root/other; sleep 0.02 & wait'";

TEST_F(Killed, InAWarmStart) { sweep({"warm start", "-Sq" + busy}, scaled(4U, 1U)); }

TEST_F(Killed, InAStartOfANamedContainer) {
    sweep({"start of a named container", "-Sq -n web" + busy}, scaled(7U, 1U));
}

TEST_F(Killed, InAColdStart) {
    sweep({"cold start", "-Sq" + busy, [] { sh("$H -r /nonexistent --free; rm -rf $ROOT/layers/*"); }},
          scaled(11U, 1U));
}

TEST_F(Killed, InAStartWithAnUplink) { sweep({"start with an uplink", "-Sq -t uplink0" + busy}, scaled(11U, 1U)); }

TEST_F(Killed, InAStartInMemory) { sweep({"start with data in memory", "-Sq -s tmpfs" + busy}, scaled(17U, 3U)); }

TEST_F(Killed, InADestruction) {
    sweep({"-D", "-D old", [] { sh("$H -Sq -n old -- true"); }, [] {}, {"web", "old"}}, scaled(3U, 1U));
}

TEST_F(Killed, WhileEndingARunningContainer) {
    std::unique_ptr<Background> old;
    sweep({"-D -f of a running container", "-D -f old",
           [&] {
               old = std::make_unique<Background>("-Sq -n old -- sh -c 'echo ready; exec sleep 1000'");
               old->expect("ready");
           },
           [&] {
               old.reset();
               hastur("-D old");
           }},
          scaled(3U, 1U));
}

TEST_F(Killed, InCleaningUp) {
    sweep({"clean-up behind the dead", "-Q",
           [] {
               Background dead("-Sq -t uplink0 -- sh -c 'echo data > /root/other; echo ready; exec sleep 1000'");
               dead.expect("ready");
           }},
          scaled(4U, 1U));
}

TEST_F(Killed, InFreeing) {
    // A root of its own, with the images of the shared one as hard links, and a container.
    sweep({"--free", "-r $ROOT/../freed --free",
           [] {
               make_root("$ROOT/../freed");
               hastur("-r $ROOT/../freed -Sq -n one -- true");
           },
           [] {
               EXPECT_EQ(hastur("-r $ROOT/../freed -Q | grep -c damaged").out, "0\n");
               EXPECT_EQ(hastur("-r $ROOT/../freed -Qij | grep damage | grep -vc null").out, "0\n");
               EXPECT_EQ(hastur("-r $ROOT/../freed --free").status, 0);
               EXPECT_EQ(sh("ls -A $ROOT/../freed").out, "");
           }},
          scaled(17U, 2U));
}

TEST_F(Killed, AtRandomTimes) { at_random({"warm start, random times", "-Sq" + busy}, scaled(20U, 150U)); }

}  // namespace
}  // namespace e2e
