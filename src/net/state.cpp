#include "hastur/net/state.hpp"

#include <fcntl.h>

#include <nlohmann/json.hpp>

#include "hastur/base/error.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/tree.hpp"

namespace hastur::net {
namespace {

constexpr std::size_t record_limit = 1U << 16U;

}  // namespace

BridgeState::BridgeState(int parent, const IfName& name)
    : name_(name),
      dir_(fs::open_or_make_directory(parent, name.str())),
      leases_(fs::open_or_make_directory(dir_.get(), "leases")),
      uplinks_(fs::open_or_make_directory(dir_.get(), "uplinks")) {}

std::optional<BridgeState::Record> BridgeState::record() const {
    const auto contents = fs::read_file(dir_.get(), "bridge.json", record_limit);
    if (!contents) return std::nullopt;
    const auto json = nlohmann::json::parse(*contents, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    try {
        const auto address = Ipv4Interface::parse(json.at("address").get<std::string>());
        if (!address) return std::nullopt;
        return Record{*address, json.at("made_link").get<bool>(), json.at("made_address").get<bool>(),
                      json.at("chosen").get<bool>()};
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
}

void BridgeState::write(const Record& record) const {
    const nlohmann::json json{{"address", record.address.str()},
                              {"made_link", record.made_link},
                              {"made_address", record.made_address},
                              {"chosen", record.chosen}};
    fs::write_file(dir_.get(), "bridge.json", json.dump() + "\n", 0600);
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
        if (IfName::valid(entry) && fs::exists(bridges_.get(), entry + "/bridge.json")) names.emplace_back(entry);
    return names;
}

void State::forget(const IfName& name) const { fs::remove_tree(bridges_.get(), name.str()); }

}  // namespace hastur::net
