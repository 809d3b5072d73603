#pragma once

#include <string>

#include "hastur/net/bridge.hpp"
#include "hastur/net/state.hpp"
#include "hastur/types/if_name.hpp"

namespace hastur::net {

/// One container's use of `-t IFACE`. While at least one lives, the interface is a port of the bridge, which bears
/// the interface's addresses, routes and hardware address. A lock of the kernel's on the note of what was
/// moved counts the users, so that a dead one does not count.
class UplinkUse {
public:
    /// Moves the interface into the bridge if it is not there yet. When a step fails everything is put back.
    /// Throws for an interface that is missing, loopback, a bridge, or a port of another bridge.
    /// Call under State::lock().
    UplinkUse(nl::Socket& socket, const BridgeState& state, const Bridge& bridge, const IfName& interface);

    /// Gives the use up; call give_back_unused after it.
    void release() noexcept { file_.reset(); }

private:
    UniqueFd file_;
};

/// Puts every uplink that nobody uses any more back exactly as it was. Call under State::lock().
void give_back_unused(nl::Socket& socket, const BridgeState& state);

}  // namespace hastur::net
