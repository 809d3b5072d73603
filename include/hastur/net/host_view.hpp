#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hastur/sys/netlink.hpp"
#include "hastur/types/ipv4.hpp"

/// What the host's network looks like, as the kernel tells it over rtnetlink(7).
namespace hastur::net {

struct LinkInfo {
    int index = 0;
    std::string name;
    std::string kind;    ///< "bridge", "veth", …; empty for hardware
    std::string alias;   ///< IFLA_IFALIAS: where our mark is
    unsigned flags = 0;  ///< IFF_*
    std::string mac;     ///< the six bytes, raw
    int master = 0;      ///< index of the bridge it is in, or 0
};

struct RouteInfo {
    Ipv4Interface destination;
    int out_index = 0;          ///< 0: none, or more than one next hop
    Ipv4Address gateway;        ///< 0.0.0.0: none
    std::uint8_t protocol = 0;  ///< RTPROT_*
    std::uint8_t type = 0;      ///< RTN_*
};

/// False for a default route, and for the halves and quarters of one that some VPNs use instead: what they cover is
/// everything, so it says nothing about a single network.
[[nodiscard]] constexpr bool is_specific(const RouteInfo& route) noexcept { return route.destination.length >= 8; }

/// The mark on every route that hastur adds: rtm_protocol. Not in iproute2's rt_protos, so free.
inline constexpr std::uint8_t route_protocol = 104;  // 'h'
/// The mark on every interface that hastur adds in a shared place: its alias.
inline constexpr std::string_view link_mark = "hastur";

/// nullopt if there is no such interface.
[[nodiscard]] std::optional<LinkInfo> find_link(nl::Socket& socket, const std::string& name);
/// IPv4 addresses of one interface (`index`), or of all (0). The index comes along.
struct AddressInfo {
    int index = 0;
    Ipv4Interface address;
};
[[nodiscard]] std::vector<AddressInfo> addresses(nl::Socket& socket, int index = 0);
/// IPv4 routes of all tables; those of the local table (the host's own addresses, broadcasts) are left out.
[[nodiscard]] std::vector<RouteInfo> routes(nl::Socket& socket);

/// The nameservers in a resolv.conf(5) text, IPv4 only.
[[nodiscard]] std::vector<Ipv4Address> nameservers(std::string_view resolv_conf);
/// The host's resolv.conf as a container can use it: where the host asks a stub on a loopback address, the
/// file with the real servers behind it (systemd-resolved's, NetworkManager's). Empty if there is none.
[[nodiscard]] std::string usable_resolv_conf();

}  // namespace hastur::net
