#include "hastur/net/requests.hpp"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/bridge.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/route.h>

#include "hastur/net/host_view.hpp"

namespace hastur::net {
namespace {

template <class T>
T* required(T* object) {
    if (object == nullptr) throw Error("out of memory");
    return object;
}

nl::NlAddr address_object(Ipv4Address address, unsigned length = 32) {
    const std::uint32_t wire = htonl(address.value);
    nl::NlAddr object(required(nl_addr_build(AF_INET, &wire, sizeof wire)));
    nl_addr_set_prefixlen(object.get(), static_cast<int>(length));
    return object;
}

nl::NlAddr hardware_object(const std::string& mac) {
    return nl::NlAddr(required(nl_addr_build(AF_LLC, mac.data(), mac.size())));
}

/// Runs one of libnl's *_build_*_request functions.
template <class Build>
nl::Message build(Build&& builder) {
    nl_msg* message = nullptr;
    if (const int error = builder(&message); error < 0)
        throw Error(std::string("building a request: ") + nl_geterror(error));
    return nl::Message(message);
}

/// A request that changes attributes of an existing interface.
template <class Change>
nl::Request change_link(int index, std::string what, Change&& change) {
    const nl::Link original(required(rtnl_link_alloc()));
    const nl::Link changed(required(rtnl_link_alloc()));
    rtnl_link_set_ifindex(original.get(), index);
    change(changed.get());
    return {build([&](nl_msg** out) { return rtnl_link_build_change_request(original.get(), changed.get(), 0, out); }),
            std::move(what)};
}

void set_up(rtnl_link* link) { rtnl_link_set_flags(link, IFF_UP); }

nl::Route route_object(const Ipv4Interface& destination, int index, int scope) {
    nl::Route route(required(rtnl_route_alloc()));
    rtnl_route_set_family(route.get(), AF_INET);
    rtnl_route_set_table(route.get(), RT_TABLE_MAIN);
    rtnl_route_set_protocol(route.get(), route_protocol);
    rtnl_route_set_scope(route.get(), static_cast<std::uint8_t>(scope));
    rtnl_route_set_type(route.get(), RTN_UNICAST);
    rtnl_route_set_dst(route.get(), address_object(destination.address, destination.length).get());
    rtnl_nexthop* hop = required(rtnl_route_nh_alloc());
    rtnl_route_nh_set_ifindex(hop, index);
    rtnl_route_add_nexthop(route.get(), hop);  // takes it over
    return route;
}

nl::Addr addr_object(int index, const Ipv4Interface& address) {
    nl::Addr object(required(rtnl_addr_alloc()));
    rtnl_addr_set_ifindex(object.get(), index);
    rtnl_addr_set_local(object.get(), address_object(address.address, address.length).get());
    return object;
}

}  // namespace

std::string hardware_address(Ipv4Address address) {
    std::string mac("\x02h", 2);
    for (int shift = 24; shift >= 0; shift -= 8) mac += static_cast<char>(address.value >> shift & 255);
    return mac;
}

nl::Request create_bridge(const IfName& name, const std::string& mac) {
    const nl::Link bridge(required(rtnl_link_bridge_alloc()));
    rtnl_link_set_name(bridge.get(), name.c_str());
    // A fixed address: otherwise it would change with the ports, and every container's ARP entry with it.
    rtnl_link_set_addr(bridge.get(), hardware_object(mac).get());
    return {
        build([&](nl_msg** out) { return rtnl_link_build_add_request(bridge.get(), NLM_F_CREATE | NLM_F_EXCL, out); }),
        "creating bridge " + name.str()};
}

nl::Request mark_and_raise(const IfName& name) {
    const nl::Link original(required(rtnl_link_alloc()));
    const nl::Link changed(required(rtnl_link_alloc()));
    rtnl_link_set_name(original.get(), name.c_str());
    rtnl_link_set_name(changed.get(), name.c_str());
    rtnl_link_set_ifalias(changed.get(), std::string(link_mark).c_str());
    set_up(changed.get());
    return {build([&](nl_msg** out) { return rtnl_link_build_change_request(original.get(), changed.get(), 0, out); }),
            "bringing up bridge " + name.str()};
}

nl::Request raise(int index) { return change_link(index, "bringing up an interface", set_up); }

nl::Request lower(int index) {
    return change_link(index, "taking down an interface", [](rtnl_link* link) { rtnl_link_unset_flags(link, IFF_UP); });
}

nl::Request set_hardware_address(int index, const std::string& mac) {
    return change_link(index, "setting a hardware address",
                       [&](rtnl_link* link) { rtnl_link_set_addr(link, hardware_object(mac).get()); });
}

nl::Request set_master(int index, int bridge_index) {
    return change_link(
        index, bridge_index != 0 ? "adding an interface to the bridge" : "taking an interface out of the bridge",
        [&](rtnl_link* link) { rtnl_link_set_master(link, bridge_index); });
}

nl::Request delete_link(int index, const std::string& name) {
    const nl::Link link(required(rtnl_link_alloc()));
    rtnl_link_set_ifindex(link.get(), index);
    return {build([&](nl_msg** out) { return rtnl_link_build_delete_request(link.get(), out); }),
            "removing " + name,
            {ENODEV}};
}

nl::Request create_veth(const IfName& host_end, int bridge_index, int namespace_fd, const std::string& mac) {
    const nl::Link pair(required(rtnl_link_veth_alloc()));
    rtnl_link_set_name(pair.get(), host_end.c_str());
    rtnl_link_set_master(pair.get(), bridge_index);
    set_up(pair.get());
    const nl::Link peer(required(rtnl_link_veth_get_peer(pair.get())));
    rtnl_link_set_name(peer.get(), container_interface);
    rtnl_link_set_ifindex(peer.get(), container_index);
    rtnl_link_set_addr(peer.get(), hardware_object(mac).get());
    rtnl_link_set_ns_fd(peer.get(), namespace_fd);
    return {
        build([&](nl_msg** out) { return rtnl_link_build_add_request(pair.get(), NLM_F_CREATE | NLM_F_EXCL, out); }),
        "creating interface " + host_end.str()};
}

nl::Request add_address(int index, const Ipv4Interface& address, bool own_route) {
    const auto object = addr_object(index, address);
    if (address.length < 31) rtnl_addr_set_broadcast(object.get(), address_object(address.broadcast()).get());
    if (!own_route) rtnl_addr_set_flags(object.get(), IFA_F_NOPREFIXROUTE);
    return {build([&](nl_msg** out) { return rtnl_addr_build_add_request(object.get(), NLM_F_CREATE, out); }),
            "adding address " + address.str(),
            {EEXIST}};
}

nl::Request delete_address(int index, const Ipv4Interface& address) {
    const auto object = addr_object(index, address);
    return {build([&](nl_msg** out) { return rtnl_addr_build_delete_request(object.get(), 0, out); }),
            "removing address " + address.str(),
            {EADDRNOTAVAIL, ENODEV}};
}

nl::Request add_host_route(int bridge_index, Ipv4Address container, Ipv4Address source) {
    const auto route = route_object({container, 32}, bridge_index, RT_SCOPE_LINK);
    rtnl_route_set_pref_src(route.get(), address_object(source).get());
    return {
        build([&](nl_msg** out) { return rtnl_route_build_add_request(route.get(), NLM_F_CREATE | NLM_F_EXCL, out); }),
        "adding the route to " + container.str()};
}

nl::Request delete_host_route(int bridge_index, Ipv4Address container) {
    const auto route = route_object({container, 32}, bridge_index, RT_SCOPE_LINK);
    return {build([&](nl_msg** out) { return rtnl_route_build_del_request(route.get(), 0, out); }),
            "removing the route to " + container.str(),
            {ESRCH, ENODEV}};
}

nl::Request add_gateway_route(int index, const Ipv4Interface& destination, Ipv4Address gateway) {
    const auto route = route_object(destination, index, RT_SCOPE_UNIVERSE);
    rtnl_nexthop* hop = rtnl_route_nexthop_n(route.get(), 0);
    rtnl_route_nh_set_gateway(hop, address_object(gateway).get());
    rtnl_route_nh_set_flags(hop, RTNH_F_ONLINK);
    return {build([&](nl_msg** out) {
                return rtnl_route_build_add_request(route.get(), NLM_F_CREATE | NLM_F_REPLACE, out);
            }),
            "adding the route by " + gateway.str()};
}

}  // namespace hastur::net
