#include "harness.hpp"

namespace e2e {
namespace {

// The one test in the host's own network: a fresh root, the real package sources, the real resolver. It leaves the
// image for all the others.
TEST(OutsideWorld, FromNothingToAptGetUpdate) {
    // What an earlier run that was interrupted left.
    sh("for name in $($H -Q | cut -d\" \" -f1); do $H -q -f -D $name; done");
    ASSERT_EQ(sh("$H -r /nonexistent --free").status, 0);
    const auto before = host_state();
    const bool fresh = hastur("-Qi").out.empty();
    const auto address =
        sh("getent ahostsv4 $(sed -n 's,^URIs: *[a-z]*://\\([^/ ]*\\).*,\\1,p' /etc/apt/sources.list.d/*.sources | "
           "head -1)");
    const auto result = sh("exec timeout 500 $H -S -- apt-get update");
    ASSERT_EQ(result.status, 0) << result.err << result.out;
    EXPECT_NE(result.out.find("Reading package lists"), std::string::npos);
    EXPECT_EQ(result.err.find("hastur: bootstrapped ") != std::string::npos, fresh) << result.err;

    // While a container runs, the host still resolves.
    Background container("-S -q -- sh -c 'echo ready; exec sleep 1000'");
    container.expect("ready");
    EXPECT_EQ(sh("getent ahostsv4 $(sed -n 's,^URIs: *[a-z]*://\\([^/ ]*\\).*,\\1,p' /etc/apt/sources.list.d/*.sources "
                 "| head -1) > /dev/null")
                  .status,
              address.status);
    container.signal(SIGTERM);
    EXPECT_EQ(container.wait(), 128 + SIGTERM);

    // More packages: what was downloaded once is not downloaded again.
    const auto more = sh("exec timeout 500 $H -S -p git -- /bin/git --version");
    EXPECT_EQ(more.status, 0) << more.err;
    EXPECT_EQ(more.out.rfind("git version ", 0), 0U) << more.out;

    // What cannot be had leaves no image.
    const auto unknown = sh("exec timeout 500 $H -S -q -p no-such-package-anywhere -- true");
    EXPECT_EQ(unknown.status, 125);
    EXPECT_NE(unknown.err.find("Unable to locate package no-such-package-anywhere"), std::string::npos) << unknown.err;
    EXPECT_EQ(sh("$H -Qi | grep -c no-such-package-anywhere").out, "0\n");

    // A bootstrap that is killed, or asked to end, leaves nothing.
    for (const int number : {SIGKILL, SIGTERM}) {
        Background killed("-f -S -p figlet -- true 2>&1");
        killed.expect("running apt-get update");
        killed.signal(number);
        EXPECT_EQ(killed.wait(), 128 + number);
        EXPECT_EQ(hastur("-Q").out, "");
        EXPECT_EQ(sh("ls -A $ROOT/tmp $ROOT/locks $ROOT/running | grep -v :").out, "\n\n");
        EXPECT_EQ(sh("pgrep -x 'mmdebstrap|apt-get' | wc -l").out, "0\n");
    }

    // Two at once with a new set bootstrap once; the second one says what it waits for.
    const auto both = sh("(timeout 300 $H -S -p hello -- hello & timeout 300 $H -S -p hello -- hello & wait) 2>&1");
    const auto count = [&](const std::string& text) {
        std::size_t found = 0;
        for (auto at = both.out.find(text); at != std::string::npos; at = both.out.find(text, at + 1)) ++found;
        return found;
    };
    if (fresh) EXPECT_EQ(count("hastur: bootstrapped "), 1U) << both.out;
    if (fresh) EXPECT_EQ(count("hastur: waiting for another hastur to bootstrap"), 1U) << both.out;
    EXPECT_EQ(count("Hello, world!"), 2U) << both.out;

    // Bootstrapped anew while a container runs from the old image: neither disturbs the other.
    Background old("-S -q -p hello -- sh -c 'echo ready; exec sleep 1000'");
    old.expect("ready");
    const auto anew = sh("exec timeout 300 $H -f -S -p hello -- hello");
    EXPECT_NE(anew.err.find("hastur: bootstrapped "), std::string::npos) << anew.err;
    EXPECT_EQ(anew.out, "Hello, world!\n");
    EXPECT_EQ(sh("nsenter -t $($H -Qj | sed -n 's/.*\"pid\": \\([0-9]*\\).*/\\1/p') -r hello").out, "Hello, world!\n");
    old.signal(SIGKILL);
    old.wait();

    EXPECT_EQ(sh("$H -r /nonexistent --free").status, 0);
    wait_for_interfaces();
    EXPECT_EQ(host_state(), before);
}

}  // namespace
}  // namespace e2e
