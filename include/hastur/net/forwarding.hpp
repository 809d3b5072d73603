#pragma once

#include <string>
#include <vector>

#include "hastur/net/host_view.hpp"
#include "hastur/net/state.hpp"
#include "hastur/types/if_name.hpp"

/// IPv4 forwarding, interface by interface (net.ipv4.conf.IF.forwarding; kernel: networking/ip-sysctl.rst). Packets
/// are forwarded if the interface they came in by says so: the bridge must, for what leaves, and each interface by
/// which answers come back. The host-wide net.ipv4.ip_forward is never touched.
namespace hastur::net {

/// Switches it on for `bridge` and for every interface with one of the `routes` that is a default route; notes the ones
/// that were off. Call under State::lock(), and ensure_firewall after it.
void ensure_forwarding(const std::vector<RouteInfo>& routes, const State& state, const IfName& bridge);

/// The interfaces (bridges left out) for which hastur switched it on.
[[nodiscard]] std::vector<std::string> switched_on(const State& state);

/// Switches it off again where hastur switched it on, unless forwarding is on for the whole host by now.
void restore_forwarding(const State& state);

}  // namespace hastur::net
