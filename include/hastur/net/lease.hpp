#pragma once

#include <functional>
#include <optional>
#include <string>

#include "hastur/base/unique_fd.hpp"
#include "hastur/net/state.hpp"
#include "hastur/types/ipv4.hpp"

namespace hastur::net {

/// One address of one bridge, for this process. It is taken while the lock on its file is held, so it is free
/// again when hastur dies; `release` also removes the file.
class Lease {
public:
    [[nodiscard]] Ipv4Address address() const noexcept { return address_; }
    /// Removes the file. Call after the route to the address is gone.
    void release();

    /// Takes exactly `address`; nullopt if somebody has it.
    [[nodiscard]] static std::optional<Lease> take(const BridgeState& bridge, Ipv4Address address,
                                                   const Tenant& tenant);
    /// Takes `preferred` if it is in the pool and free, otherwise the next address that is. `usable` can refuse one.
    /// Throws if the pool is exhausted. Call under State::lock().
    [[nodiscard]] static Lease take_any(const BridgeState& bridge, const Ipv4Interface& pool,
                                        std::optional<Ipv4Address> preferred, const Tenant& tenant,
                                        const std::function<bool(Ipv4Address)>& usable);

private:
    Lease(int leases, Ipv4Address address, UniqueFd file);

    UniqueFd leases_;
    Ipv4Address address_;
    UniqueFd file_;
};

/// Who has `address`, for a message; nullopt if nobody.
[[nodiscard]] std::optional<Tenant> tenant_of(const BridgeState& bridge, Ipv4Address address);
/// True if any address of the bridge is taken.
[[nodiscard]] bool has_tenants(const BridgeState& bridge);
/// Ends what is left of runs whose hastur died, and frees their addresses. `remove_route` is called for each.
/// Cost: one look at each taken address.
void reap_leases(const BridgeState& bridge, const std::function<void(Ipv4Address)>& remove_route);

}  // namespace hastur::net
