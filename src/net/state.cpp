#include "hastur/net/state.hpp"

#include <fcntl.h>

#include <algorithm>

#include "hastur/base/error.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/tree.hpp"

namespace hastur::net {
namespace {

constexpr std::size_t record_limit = 1U << 16U;
constexpr int directory = O_RDONLY | O_DIRECTORY;

}  // namespace

BridgeState::BridgeState(int parent, const IfName& name)
    : name_(name),
      dir_(fs::open_or_make_directory(parent, name.str())),
      leases_(fs::open_or_make_directory(dir_.get(), "leases")),
      uplinks_(fs::open_or_make_directory(dir_.get(), "uplinks")) {}

std::optional<BridgeRecord> BridgeState::record() const {
    return BridgeRecord::from_json(fs::read_file(dir_.get(), "bridge.json", record_limit).value_or(""));
}

void BridgeState::write(const BridgeRecord& record) const {
    fs::write_file(dir_.get(), "bridge.json", record.to_json(), 0600);
}

Ipv4Address BridgeState::cursor() const {
    const auto contents = fs::read_file(dir_.get(), "cursor", record_limit);
    return Ipv4Address::parse(contents.value_or("")).value_or(Ipv4Address{});
}

void BridgeState::set_cursor(Ipv4Address address) const { fs::write_file(dir_.get(), "cursor", address.str(), 0600); }

State::State() {
    with_context("preparing /run/hastur", [&] {
        const auto run = fs::open_directory("/run");
        const auto hastur = fs::open_or_make_directory(run.get(), "hastur");
        dir_ = fs::open_or_make_directory(hastur.get(), "net");
        bridges_ = fs::open_or_make_directory(dir_.get(), "bridges");
    });
}

State::Guard::Guard(const State& state) : lock_(fs::open_beneath(state.dir(), "lock", O_RDWR | O_CREAT, 0600)) {
    range_lock::wait_exclusive(lock_.get(), 0, "another hastur to set up the network");
}

std::vector<IfName> State::bridges() const {
    std::vector<IfName> names;
    for (const auto& entry : fs::list(bridges_.get()))
        if (IfName::valid(entry)) names.emplace_back(entry);
    return names;
}

bool State::is_tidy(const std::string& entry) const {
    const auto bridge = fs::open_beneath_if_exists(bridges_.get(), entry, directory);
    return !bridge || (fs::exists(bridge.get(), "bridge.json") && !fs::has_unfinished(bridge.get()));
}

void State::tidy() const {
    const auto entries = fs::list(bridges_.get());
    const bool tidy = !fs::has_unfinished(dir_.get()) &&
                      std::ranges::all_of(entries, [&](const std::string& entry) { return is_tidy(entry); });
    if (tidy) return;
    // Whoever writes here holds the lock: what is unfinished now stays so.
    const auto guard = lock();
    fs::remove_unfinished(dir_.get());
    for (const auto& entry : fs::list(bridges_.get())) {
        const auto bridge = fs::open_beneath(bridges_.get(), entry, directory);
        fs::remove_unfinished(bridge.get());
        const auto is_empty = [&](const char* part) {
            const auto dir = fs::open_beneath_if_exists(bridge.get(), part, directory);
            return !dir || fs::list(dir.get()).empty();
        };
        if (!is_tidy(entry) && is_empty("leases") && is_empty("uplinks")) fs::remove_tree(bridges_.get(), entry);
    }
}

void State::forget(const IfName& name) const { fs::remove_tree(bridges_.get(), name.str()); }

}  // namespace hastur::net
