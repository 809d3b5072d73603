#include <signal.h>

#include <atomic>
#include <iostream>
#include <set>
#include <thread>

#include "harness.hpp"
#include "scale.hpp"

namespace e2e {
namespace {

using Crowd = std::vector<std::unique_ptr<Background>>;

const std::string show_address =
    "sh -c 'ip -4 -o address show host0 | sed \"s,.*inet \\([0-9.]*\\)/.*,has \\1!,\"; exec sleep 1000'";

/// What the containers' own interfaces say, one each.
std::set<std::string> addresses_of(Crowd& crowd) {
    std::set<std::string> all;
    for (const auto& container : crowd) {
        container->expect("!");
        all.insert(container->seen());
    }
    return all;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

class AtOnce : public Host {};

TEST_F(AtOnce, OneNameIsRunOnce) {
    constexpr std::size_t starts = 20;
    Crowd crowd;
    for (std::size_t i = 0; i < starts; ++i)
        crowd.push_back(std::make_unique<Background>("-Sq -n same -- sh -c 'echo ready; exec sleep 1000' 2>&1"));
    std::size_t refused = 0, running = 0;
    for (const auto& start : crowd) {
        start->expect("\n");
        if (start->seen() == "ready\n") {
            ++running;
        } else {
            EXPECT_NE(start->seen().find("container 'same' is running already"), std::string::npos) << start->seen();
            EXPECT_EQ(start->wait(), 125);
            ++refused;
        }
    }
    EXPECT_EQ(running, 1U);
    EXPECT_EQ(refused, starts - 1);
    std::cout << "== at once: " << starts << " starts of one name: " << running << " runs, " << refused
              << " are told that it runs already\n";
}

TEST_F(AtOnce, QueriesAndDestructionsInBetween) {
    // Containers come and go, some are destroyed while they run; one must live through all of it.
    Background survivor("-Sq -n survivor -- sh -c 'echo ready; exec sleep 1000'");
    survivor.expect("ready");
    std::atomic<bool> over = false;
    std::atomic<int> starts = 0, queries = 0, destructions = 0, broken = 0;
    const auto check = [&](bool fine, const std::string& what) {
        if (fine) return;
        ++broken;
        ADD_FAILURE() << what;
    };
    std::vector<std::thread> crowd;
    for (const std::string name : {"a", "b", "c", ""})
        crowd.emplace_back([&, name] {
            for (int i = 0; i < scaled(8, 60); ++i, ++starts) {
                const auto result = hastur("-Sq " + (name.empty() ? "" : "-n " + name) + " -- true");
                check(result.status == 0 || result.status == 137 ||
                          result.err.find("is running") != std::string::npos ||
                          result.err.find("no longer") != std::string::npos,
                      "start: " + std::to_string(result.status) + result.err);
            }
            over = true;
        });
    crowd.emplace_back([&] {
        for (; !over; ++queries) {
            const auto json = nlohmann::json::parse(hastur("-Qj").out, nullptr, false);
            check(json.is_array(), "no JSON");
            for (const auto& row : json) check(row.at("damage").is_null() && row.at("status") != "damaged", row.dump());
        }
    });
    crowd.emplace_back([&] {
        for (; !over; ++destructions) {
            hastur("-D -f a");
            hastur("-D b");
            const auto result = hastur("--free");
            check(result.status == 125 && result.err.find("is running") != std::string::npos, "--free: " + result.err);
        }
    });
    for (auto& thread : crowd) thread.join();
    check(query("survivor").at("status") == "active", "the survivor is gone");
    std::cout << "== at once: " << starts << " starts, " << queries << " queries, " << destructions
              << " times -D -f, -D and --free: " << broken << " failures\n";
}

TEST_F(AtOnce, TwoRootsOnOneBridgeShareNoAddress) {
    const int each = scaled(15, 100);
    make_root("$ROOT/../other");
    {
        Crowd crowd;
        for (int i = 0; i < each; ++i) {
            crowd.push_back(std::make_unique<Background>("-Sq -- " + show_address));
            crowd.push_back(std::make_unique<Background>("-r $ROOT/../other -Sq -- " + show_address));
        }
        const auto different = addresses_of(crowd).size();
        EXPECT_EQ(different, crowd.size());
        std::cout << "== at once: 2 roots, " << crowd.size()
                  << " containers on one bridge: " << crowd.size() - different << " duplicate addresses\n";
    }
    EXPECT_EQ(hastur("-r $ROOT/../other --free").status, 0);
}

TEST_F(AtOnce, NobodyWaitsForABootstrap) {
    // It is stopped at its first step, and holds what it holds.
    Background bootstrap("-S -p never-finished -- true 2>/dev/null", "export HASTUR_STOP_AT=bootstrapping; ");
    ASSERT_TRUE(bootstrap.stopped());
    for (const char* words : {"-S -- true", "-S -n other -- true", "-Q", "-Qi", "-D other"}) {
        const auto result = hastur(words);
        EXPECT_EQ(result.status, 0) << words;
        EXPECT_EQ(result.err.find("waiting"), std::string::npos) << words << ": " << result.err;
    }
}

TEST_F(AtOnce, ALongWaitSaysWhatItWaitsFor) {
    Background holder("-Sq -- true", "export HASTUR_STOP_AT='bridge exists'; ");
    ASSERT_TRUE(holder.stopped());
    Background waiting("-S -- true 2>&1");
    waiting.expect("waiting for another hastur to set up the network");
    holder.signal(SIGCONT);
    EXPECT_EQ(holder.wait(), 0);
    EXPECT_EQ(waiting.wait(), 0);
}

// Needs the real network, for the bootstrap.
TEST(AtOnceOutside, FiftyWithTheSameNewPackages) {
    constexpr std::size_t starts = 50;
    const auto before = host_state();
    sh("for i in $(grep -l '\"toilet\"' $ROOT/images/*/image.json); do rm -rf ${i%/image.json}; done");
    sh("rm -f $ROOT/../crowd");
    {
        Crowd crowd;
        for (std::size_t i = 0; i < starts; ++i)
            crowd.push_back(std::make_unique<Background>("-S -n c" + std::to_string(i) + " -p toilet -- " +
                                                         show_address + " 2>> $ROOT/../crowd"));
        const auto different = addresses_of(crowd).size();
        EXPECT_EQ(different, starts);
        const auto said = sh("cat $ROOT/../crowd").out;
        EXPECT_EQ(count(said, "hastur: bootstrapped "), 1U);
        EXPECT_EQ(count(said, "waiting for another hastur to bootstrap"), starts - 1);
        std::cout << "== at once: " << starts
                  << " starts with one new package set: " << count(said, "hastur: bootstrapped ") << " bootstrap, "
                  << different << " different addresses\n";
    }
    for (std::size_t i = 0; i < starts; ++i) EXPECT_EQ(hastur("-D c" + std::to_string(i)).status, 0);
    EXPECT_EQ(sh("$H -r /nonexistent --free").status, 0);
    wait_for_interfaces();
    EXPECT_EQ(difference(before, host_state()), "");
}

}  // namespace
}  // namespace e2e
