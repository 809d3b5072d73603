#pragma once

#include <string>

#include "hastur/sys/netlink.hpp"
#include "hastur/types/if_name.hpp"
#include "hastur/types/ipv4.hpp"

/// The rtnetlink(7) requests that hastur makes, ready to be sent in a batch. Indices are ifindex values;
/// hardware addresses are six raw bytes.
namespace hastur::net {

/// A locally administered hardware address made from an IPv4 address: whoever has the address next has the same
/// one, so no neighbour's ARP cache is ever wrong.
[[nodiscard]] std::string hardware_address(Ipv4Address address);

[[nodiscard]] nl::Request create_bridge(const IfName& name, const std::string& mac);
/// Marks an interface as ours (its alias) and brings it up. By name, so that it can be sent in one piece with the
/// request that creates it: no kill can come between.
[[nodiscard]] nl::Request mark_and_raise(const IfName& name);
[[nodiscard]] nl::Request raise(int index);
[[nodiscard]] nl::Request lower(int index);
[[nodiscard]] nl::Request set_hardware_address(int index, const std::string& mac);
/// Puts an interface into a bridge; 0 takes it out.
[[nodiscard]] nl::Request set_master(int index, int bridge_index);
[[nodiscard]] nl::Request delete_link(int index, const std::string& name);

/// A veth pair: `host_end` in the bridge here, the other end, called host0, as interface number
/// `container_index` of the namespace, still down: the kernel refuses to bring it up before it has its peer.
[[nodiscard]] nl::Request create_veth(const IfName& host_end, int bridge_index, int namespace_fd,
                                      const std::string& mac);
inline constexpr int loopback_index = 1;
inline constexpr int container_index = 2;
inline constexpr const char* container_interface = "host0";

/// `own_route`: let the kernel add the connected route of the prefix. Without it the address takes no traffic
/// from other routes (IFA_F_NOPREFIXROUTE).
[[nodiscard]] nl::Request add_address(int index, const Ipv4Interface& address, bool own_route);
[[nodiscard]] nl::Request delete_address(int index, const Ipv4Interface& address);

/// The host's route to one container: a /32 on the bridge that bears our mark.
[[nodiscard]] nl::Request add_host_route(int bridge_index, Ipv4Address container, Ipv4Address source);
[[nodiscard]] nl::Request delete_host_route(int bridge_index, Ipv4Address container);
/// A route by a gateway that need not lie in a connected network (RTNH_F_ONLINK).
[[nodiscard]] nl::Request add_gateway_route(int index, const Ipv4Interface& destination, Ipv4Address gateway);

}  // namespace hastur::net
