#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hastur/types/ipv4.hpp"

/// What is written under /run/hastur/net, as text and back. Pure: nothing here touches a file. A text that is damaged
/// gives nullopt.
namespace hastur::net {

/// bridges/BRIDGE/bridge.json
struct BridgeRecord {
    Ipv4Interface address;      ///< the bridge's own; its network is the pool
    bool made_link = false;     ///< hastur created the bridge
    bool made_address = false;  ///< hastur gave it the address
    bool chosen = false;        ///< hastur chose the address, so that its network collides with nothing

    [[nodiscard]] std::string to_json() const;
    [[nodiscard]] static std::optional<BridgeRecord> from_json(std::string_view text);
};

/// bridges/BRIDGE/leases/ADDR: who uses an address.
struct Tenant {
    std::string run;   ///< the run's random id
    std::string root;  ///< path of the root directory
    std::string name;  ///< the container's

    [[nodiscard]] std::string to_json() const;
    [[nodiscard]] static std::optional<Tenant> from_json(std::string_view text);
};

/// bridges/BRIDGE/uplinks/IFACE: what an interface had before it was put into the bridge. Addresses and routes are as
/// the kernel told them, byte for byte (the payload of RTM_NEWADDR and RTM_NEWROUTE, rtnetlink(7)), so that nothing is
/// lost on the way there and back; each is at least as long as its header.
struct UplinkNote {
    std::string mac, bridge_mac;  ///< six raw bytes each
    bool was_up = true;
    std::vector<std::string> addresses, routes;

    [[nodiscard]] std::string to_json() const;
    [[nodiscard]] static std::optional<UplinkNote> from_json(std::string_view text);
};

}  // namespace hastur::net
