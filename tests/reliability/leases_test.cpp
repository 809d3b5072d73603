#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <iostream>
#include <set>

#include "harness.hpp"
#include "hastur/net/lease.hpp"
#include "hastur/net/state.hpp"
#include "hastur/sys/signals.hpp"

namespace e2e {
namespace {

constexpr int each = 1000;

/// Takes addresses as a start does, tells them, and holds them until `release` is at its end.
[[noreturn]] void hold_leases(const std::string& root, int told, int release) {
    using namespace hastur;
    const rlimit files{16384, 16384};
    ::setrlimit(RLIMIT_NOFILE, &files);
    signals::set_up();
    const net::State state;
    std::vector<net::Lease> leases;
    for (int i = 0; i < each; ++i) {
        const auto guard = state.lock();
        const auto bridge = state.bridge(IfName("shared0"));
        leases.push_back(net::Lease::take_any(bridge, bridge.record()->address, std::nullopt,
                                              {std::to_string(i), root, "c" + std::to_string(i)},
                                              [](Ipv4Address) { return true; }));
    }
    std::string list;
    for (const auto& lease : leases) list += lease.address().str() + "\n";
    if (::write(told, list.data(), list.size()) < 0) ::_exit(1);
    ::close(told);
    char end = 0;
    ::_exit(::read(release, &end, 1) == 0 ? 0 : 1);
}

// Two thousand containers at once do not fit on every machine, so this one asks for the leases alone, by the same code.
class AtOnceLeases : public Host {};

TEST_F(AtOnceLeases, TwoThousandLeasesOfTwoRootsAreDifferent) {
    const hastur::net::State state;
    state.bridge(hastur::IfName("shared0")).write({*hastur::Ipv4Interface::parse("10.99.0.1/20")});
    std::array<int, 2> told{}, release{};
    ASSERT_EQ(::pipe(told.data()), 0);
    ASSERT_EQ(::pipe(release.data()), 0);
    for (const char* root : {"/one", "/two"})
        if (::fork() == 0) {
            ::close(release[1]);
            hold_leases(root, told[1], release[0]);
        }
    ::close(told[1]);
    std::string list;
    std::array<char, 65536> buffer{};
    for (ssize_t got = 0; (got = ::read(told[0], buffer.data(), buffer.size())) > 0;)
        list.append(buffer.data(), static_cast<std::size_t>(got));
    std::multiset<std::string> all;
    for (std::size_t at = 0; at < list.size(); at = list.find('\n', at) + 1)
        all.insert(list.substr(at, list.find('\n', at) - at));
    const std::set<std::string> different(all.begin(), all.end());
    EXPECT_EQ(all.size(), 2U * each);
    EXPECT_EQ(different.size(), 2U * each);
    std::cout << "== at once: 2 roots, " << all.size() << " leases held: " << all.size() - different.size()
              << " duplicates\n";
    ::close(release[1]);
    for (int i = 0; i < 2; ++i) {
        int status = 0;
        ::wait(&status);
        EXPECT_EQ(status, 0);
    }
}

}  // namespace
}  // namespace e2e
