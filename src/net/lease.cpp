#include "hastur/net/lease.hpp"

#include <fcntl.h>

#include <algorithm>

#include "hastur/base/error.hpp"
#include "hastur/base/fault.hpp"
#include "hastur/base/log.hpp"
#include "hastur/net/pool.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/orphans.hpp"

namespace hastur::net {
namespace {

constexpr std::size_t lease_limit = 1U << 14U;

std::optional<Tenant> read_tenant(int leases, const std::string& address) {
    const auto contents = fs::read_file(leases, address, lease_limit);
    if (!contents) return std::nullopt;
    // One that a crash cut short: taken, but nobody can say by whom.
    return Tenant::from_json(*contents).value_or(Tenant{});
}

/// The lock on an address's file, which is made if it is missing; empty if somebody holds it.
UniqueFd lock_address(int leases, const std::string& address) {
    LockFile file(leases, address);
    if (!file.try_exclusive(0)) return UniqueFd{};
    return fs::duplicate(file.fd());
}

bool is_held(int leases, const std::string& address) {
    const auto file = fs::open_beneath_if_exists(leases, address, O_RDWR);
    return file && range_lock::held(file.get(), 0);
}

void reap_lease(int leases, Ipv4Address address, const Survivors& survivors,
                const std::function<void(Ipv4Address)>& remove_route) {
    const auto name = address.str();
    const auto lock = lock_address(leases, name);
    if (!lock) return;
    log::debug("freeing {} of a dead container", name);
    if (const auto dead = read_tenant(leases, name); dead && !dead->run.empty()) survivors.kill(dead->run);
    remove_route(address);
    fs::remove_file(leases, name);
}

}  // namespace

Lease::Lease(int leases, Ipv4Address address, UniqueFd file)
    : leases_(fs::duplicate(leases)), address_(address), file_(std::move(file)) {}

void Lease::release() {
    if (file_) fs::remove_file(leases_.get(), address_.str());
    file_.reset();
}

std::optional<Lease> Lease::take(const BridgeState& bridge, Ipv4Address address, const Tenant& tenant) {
    auto file = lock_address(bridge.leases(), address.str());
    if (!file) return std::nullopt;
    // Whoever had it before may have died and left processes that still use it.
    if (const auto dead = read_tenant(bridge.leases(), address.str()); dead && !dead->run.empty())
        kill_marked(dead->run);
    const auto contents = tenant.to_json();
    check(::ftruncate(file.get(), 0), [] { return "writing a lease"; });
    fault::point("truncated a lease");
    check(::pwrite(file.get(), contents.data(), contents.size(), 0), [] { return "writing a lease"; });
    return Lease(bridge.leases(), address, std::move(file));
}

Lease Lease::take_any(const BridgeState& bridge, const Ipv4Interface& pool, std::optional<Ipv4Address> preferred,
                      const Tenant& tenant, const std::function<bool(Ipv4Address)>& usable) {
    std::optional<Lease> taken;
    const auto attempt = [&](Ipv4Address address) {
        if (usable(address)) taken = take(bridge, address, tenant);
        return taken.has_value();
    };
    if (preferred && pool.usable(*preferred) && *preferred != pool.address && attempt(*preferred))
        return std::move(*taken);
    if (const auto address = next_free(pool, bridge.cursor(), attempt)) {
        bridge.set_cursor(*address);
        return std::move(*taken);
    }
    throw Error("no free address is left on bridge " + bridge.name().str() + " (" + pool.str() + ")",
                "end some containers, or give another bridge: -b NAME:ADDR/LEN");
}

std::optional<Tenant> tenant_of(const BridgeState& bridge, Ipv4Address address) {
    const auto file = fs::open_beneath_if_exists(bridge.leases(), address.str(), O_RDWR);
    if (!file || !range_lock::held(file.get(), 0)) return std::nullopt;
    return read_tenant(bridge.leases(), address.str());
}

bool has_tenants(const BridgeState& bridge) {
    return std::ranges::any_of(fs::list(bridge.leases()),
                               [&](const std::string& entry) { return is_held(bridge.leases(), entry); });
}

void reap_leases(const BridgeState& bridge, const std::function<void(Ipv4Address)>& remove_route) {
    const int leases = bridge.leases();
    std::vector<Ipv4Address> unused;
    std::set<std::string> dead_runs;
    for (const auto& entry : fs::list(leases)) {
        const auto address = Ipv4Address::parse(entry);
        if (!address) continue;
        try {
            if (is_held(leases, entry)) continue;
            // The lock again, because the tenant may be one who has just come.
            const auto tenant = read_tenant(leases, entry);
            if (tenant && !is_held(leases, entry)) dead_runs.insert(tenant->run);
        } catch (const Error&) {
            // It fails again below, where it keeps no other address from being freed.
        }
        unused.push_back(*address);
    }
    if (unused.empty()) return;
    const Survivors survivors(std::move(dead_runs));
    for_each_to_the_end(unused, [&](Ipv4Address address) { reap_lease(leases, address, survivors, remove_route); });
}

}  // namespace hastur::net
