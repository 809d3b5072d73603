#include <vector>

#include "harness.hpp"

namespace e2e {
namespace {

constexpr int one_second = 1000;

class Kill : public Host {
protected:
    void start(const std::string& options) {
        container_ = std::make_unique<Background>(
            "-Sq " + options + " -- sh -c 'echo data > /root/file; sync; echo ready; sleep 1000 & exec sleep 1000'");
        container_->expect("ready");
        const auto rows = nlohmann::json::parse(hastur("-Qj").out);
        ASSERT_EQ(rows.size(), 1U);
        name_ = rows[0].at("name");
        leader_ = rows[0].at("pid");
        nspawn_ = child_named(container_->pid(), "systemd-nspawn");
        ASSERT_GT(nspawn_, 0);
    }
    void everything_is_gone(bool after_a_command) {
        if (after_a_command) EXPECT_EQ(hastur("-Q").status, 0);
        EXPECT_TRUE(ended_within(leader_, one_second));
        EXPECT_TRUE(ended_within(nspawn_, one_second));
        EXPECT_EQ(hastur("-Q").status, 0);
        wait_for_interfaces();
        EXPECT_EQ(sh("ip route show proto 104").out, "");
        EXPECT_EQ(sh("ls -A $ROOT/running $ROOT/tmp /run/hastur/net/bridges/hastur0/leases | grep -v :").out, "\n\n");
        EXPECT_EQ(sh("grep -c hastur: /proc/self/mountinfo").out, "0\n");
    }

    std::unique_ptr<Background> container_;
    std::string name_;
    pid_t leader_ = 0, nspawn_ = 0;
};

TEST_F(Kill, OfHasturEndsTheContainer) {
    start("");
    container_->signal(SIGKILL);
    container_->wait();
    everything_is_gone(false);
    EXPECT_EQ(hastur("-Q").out, "");
}

TEST_F(Kill, OfHasturLeavesNamedDataIntact) {
    start("-n web");
    container_->signal(SIGKILL);
    container_->wait();
    everything_is_gone(false);
    EXPECT_EQ(query("web").at("status"), "inactive");
    EXPECT_EQ(query("web").at("pid"), nullptr);
    EXPECT_EQ(hastur("-Sq -n web cat /root/file").out, "data\n");
}

TEST_F(Kill, OfNspawnEndsTheContainerAndHasturSaysSo) {
    start("-n web");
    ASSERT_EQ(::kill(nspawn_, SIGKILL), 0);
    EXPECT_EQ(container_->wait(), 125);
    everything_is_gone(false);
    EXPECT_EQ(hastur("-Sq -n web cat /root/file").out, "data\n");
}

TEST_F(Kill, OfBothAtOnce) {
    start("");
    // Stopped first, so that neither sees the other die.
    container_->signal(SIGSTOP);
    ::kill(nspawn_, SIGSTOP);
    ::kill(nspawn_, SIGKILL);
    container_->signal(SIGKILL);
    container_->wait();
    everything_is_gone(true);
    EXPECT_EQ(hastur("-Q").out, "");
}

TEST_F(Kill, OfEverythingButAStoppedContainer) {
    start("");
    // Even an init that cannot react is found by the next command.
    ::kill(leader_, SIGSTOP);
    ::kill(nspawn_, SIGKILL);
    container_->signal(SIGKILL);
    container_->wait();
    everything_is_gone(true);
    EXPECT_EQ(hastur("-Q").out, "");
}

TEST_F(Kill, OfTheContainersFirstProcess) {
    start("-n web");
    ::kill(leader_, SIGKILL);
    EXPECT_EQ(container_->wait(), 137);
    everything_is_gone(false);
}

TEST_F(Kill, TheNextStartOfTheSameNameCleansUpItself) {
    start("-n web");
    container_->signal(SIGKILL);
    container_->wait();
    EXPECT_EQ(hastur("-Sq -n web cat /root/file").out, "data\n");
}

}  // namespace
}  // namespace e2e
