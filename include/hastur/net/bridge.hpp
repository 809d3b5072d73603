#pragma once

#include "hastur/net/host_view.hpp"
#include "hastur/net/state.hpp"
#include "hastur/types/bridge_spec.hpp"

namespace hastur::net {

struct Bridge {
    int index = 0;
    IfName name;
    Ipv4Interface address;  ///< the bridge's own: the containers' gateway
    bool chosen = false;    ///< its network was chosen so that it collides with nothing
    bool changed = false;   ///< something about it was set up just now
    bool made = false;      ///< it did not exist before
};

/// The bridge of this name; nullopt if there is none. Throws if the interface is no bridge.
[[nodiscard]] std::optional<LinkInfo> find_bridge(nl::Socket& socket, const IfName& name);

/// Makes sure that the bridge, of which `link` is what there is, is there, up, and has an address. An existing bridge
/// that is not ours is used as it is; its address, if it has one, is kept. Throws for an address that contradicts the
/// one the bridge has. Call under State::lock().
[[nodiscard]] Bridge ensure_bridge(nl::Socket& socket, const BridgeState& state, const BridgeSpec& spec,
                                   std::optional<LinkInfo> link);

/// Takes away what hastur added: the bridge if it made it, its address if it gave it.
void remove_bridge(nl::Socket& socket, const BridgeState& state);

/// Everything that a new network must not overlap: routes, addresses and resolvers of the host.
[[nodiscard]] std::vector<Ipv4Interface> taken_networks(nl::Socket& socket);

}  // namespace hastur::net
