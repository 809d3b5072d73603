#include "hastur/net/uplink.hpp"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#include <algorithm>

#include "hastur/base/error.hpp"
#include "hastur/base/fault.hpp"
#include "hastur/base/log.hpp"
#include "hastur/net/requests.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/lock.hpp"

namespace hastur::net {
namespace {

constexpr std::size_t note_limit = 4U << 20U;

std::string payload_of(nlmsghdr* header) {
    return {static_cast<const char*>(nlmsg_data(header)), static_cast<std::size_t>(nlmsg_datalen(header))};
}

void read_addresses(nl::Socket& socket, std::uint8_t family, int index, UplinkNote& moved) {
    ifaddrmsg filter{};
    filter.ifa_family = family;
    filter.ifa_index = static_cast<unsigned>(index);
    socket.query(nl::make_message(RTM_GETADDR, filter), true, "reading addresses", [&](nlmsghdr* header) {
        const auto* info = static_cast<ifaddrmsg*>(nlmsg_data(header));
        // A link-local IPv6 address belongs to the interface, not to the host: it stays.
        const bool stays = family == AF_INET6 && info->ifa_scope == RT_SCOPE_LINK;
        if (static_cast<int>(info->ifa_index) == index && !stays) moved.addresses.push_back(payload_of(header));
    });
}

void read_routes(nl::Socket& socket, std::uint8_t family, int index, UplinkNote& moved) {
    rtmsg filter{};
    filter.rtm_family = family;
    socket.query(nl::make_message(RTM_GETROUTE, filter), true, "reading routes", [&](nlmsghdr* header) {
        const auto* info = static_cast<rtmsg*>(nlmsg_data(header));
        const auto* out = nlmsg_find_attr(header, sizeof(rtmsg), RTA_OIF);
        if (out == nullptr || static_cast<int>(nla_get_u32(out)) != index || info->rtm_table == RT_TABLE_LOCAL) return;
        if (info->rtm_type != RTN_UNICAST || (info->rtm_flags & RTM_F_CLONED) != 0) return;
        const auto* destination = nlmsg_find_attr(header, sizeof(rtmsg), RTA_DST);
        if (family == AF_INET6 && destination != nullptr) {
            const auto* bytes = static_cast<const unsigned char*>(nla_data(destination));
            if (bytes[0] == 0xff || (bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80)) return;  // the interface's own
        }
        moved.routes.push_back(payload_of(header));
    });
}

template <class Header>
Header& header_in(std::string& payload) {
    return *reinterpret_cast<Header*>(payload.data());
}

std::uint8_t scope_of(const std::string& route) { return reinterpret_cast<const rtmsg*>(route.data())->rtm_scope; }

/// Copies the attributes behind a message's header, but for those that `skip` names.
void copy_attributes(nl_msg* message, const std::string& payload, std::size_t header_size,
                     const std::vector<int>& skip) {
    const auto offset = NLMSG_ALIGN(header_size);
    auto* attribute = reinterpret_cast<nlattr*>(const_cast<char*>(payload.data()) + offset);
    for (int left = static_cast<int>(payload.size() - offset); nla_ok(attribute, left);
         attribute = nla_next(attribute, &left))
        if (std::ranges::find(skip, nla_type(attribute)) == skip.end())
            nla_put(message, nla_type(attribute), nla_len(attribute), nla_data(attribute));
}

nl::Request address_request(int type, std::string payload, int index, bool at_home) {
    auto& header = header_in<ifaddrmsg>(payload);
    header.ifa_index = static_cast<unsigned>(index);
    constexpr unsigned transient = IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED | IFA_F_OPTIMISTIC;
    header.ifa_flags &= static_cast<std::uint8_t>(~transient);
    auto message = nl::make_message(type, header);
    nlmsg_hdr(message.get())->nlmsg_flags |= type == RTM_NEWADDR ? NLM_F_CREATE : 0;
    // On the bridge nobody renews a lifetime, so an address has none there; a label must begin with the name of the
    // interface, so it stays behind.
    copy_attributes(message.get(), payload, sizeof(ifaddrmsg),
                    at_home ? std::vector<int>{} : std::vector<int>{IFA_LABEL, IFA_CACHEINFO});
    return {std::move(message), "moving an address", {EEXIST, EADDRNOTAVAIL}};
}

nl::Request route_request(int type, std::string payload, int index) {
    auto& header = header_in<rtmsg>(payload);
    header.rtm_flags &= RTNH_F_ONLINK;
    auto message = nl::make_message(type, header);
    nlmsg_hdr(message.get())->nlmsg_flags |= type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0;
    copy_attributes(message.get(), payload, sizeof(rtmsg), {RTA_OIF, RTA_CACHEINFO});
    nla_put_u32(message.get(), RTA_OIF, static_cast<std::uint32_t>(index));
    return {std::move(message), "moving a route", {EEXIST, ESRCH}};
}

void take_away(std::vector<nl::Request>& requests, const UplinkNote& moved, int from, bool at_home) {
    for (const auto& route : moved.routes) requests.push_back(route_request(RTM_DELROUTE, route, from));
    for (const auto& address : moved.addresses)
        requests.push_back(address_request(RTM_DELADDR, address, from, at_home));
}

void give(std::vector<nl::Request>& requests, const UplinkNote& moved, int to, bool at_home) {
    for (const auto& address : moved.addresses) requests.push_back(address_request(RTM_NEWADDR, address, to, at_home));
    for (const auto& route : moved.routes) requests.push_back(route_request(RTM_NEWROUTE, route, to));
}

LinkInfo suitable_interface(nl::Socket& socket, const Bridge& bridge, const IfName& name) {
    const auto link = find_link(socket, name.str());
    if (!link) throw Error("there is no interface " + name.str());
    if ((link->flags & IFF_LOOPBACK) != 0 || link->kind == "bridge")
        throw Error("interface " + name.str() + " cannot be put into a bridge");
    if (link->master != 0 && link->master != bridge.index)
        throw Error("interface " + name.str() + " is part of another bridge");
    return *link;
}

void put_back(nl::Socket& socket, const BridgeState& state, const std::string& name, const UplinkNote& moved) {
    const auto link = find_link(socket, name);
    const auto bridge = find_link(socket, state.name().str());
    std::vector<nl::Request> requests;
    if (bridge) take_away(requests, moved, bridge->index, false);
    if (link) requests.push_back(set_master(link->index, 0));
    if (link) give(requests, moved, link->index, true);
    if (link && !moved.was_up) requests.push_back(lower(link->index));
    if (bridge && !moved.bridge_mac.empty()) requests.push_back(set_hardware_address(bridge->index, moved.bridge_mac));
    socket.execute(std::move(requests));
}

void move_in(nl::Socket& socket, const Bridge& bridge, const LinkInfo& link, const UplinkNote& moved) {
    std::vector<nl::Request> requests;
    requests.push_back(raise(link.index));
    requests.push_back(set_master(link.index, bridge.index));
    // The network behind the interface goes on seeing the host under the hardware address that it knows.
    requests.push_back(set_hardware_address(bridge.index, moved.mac));
    take_away(requests, moved, link.index, true);
    give(requests, moved, bridge.index, false);
    socket.execute(std::move(requests));
}

}  // namespace

UplinkUse::UplinkUse(nl::Socket& socket, const BridgeState& state, const Bridge& bridge, const IfName& interface) {
    const auto link = suitable_interface(socket, bridge, interface);
    if (link.master == 0) {
        const auto bridge_link = find_link(socket, bridge.name.str()).value_or(LinkInfo{});
        UplinkNote moved{link.mac, bridge_link.mac, (link.flags & IFF_UP) != 0, {}, {}};
        for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
            read_addresses(socket, family, link.index, moved);
            read_routes(socket, family, link.index, moved);
        }
        // Routes that others go through first.
        std::ranges::stable_sort(moved.routes, std::greater{},
                                 [](const std::string& route) { return scope_of(route); });
        fs::write_file(state.uplinks(), interface.str(), moved.to_json(), 0600);
        fault::point("before moving the uplink");
        try {
            move_in(socket, bridge, link, moved);
        } catch (Error& error) {
            try {
                put_back(socket, state, interface.str(), moved);
                fs::remove_file(state.uplinks(), interface.str());
            } catch (const Error& again) {
                error.add_cleanup_failure(again.what());
            }
            throw;
        }
        log::debug("moved {} addresses and {} routes of {} to {}", moved.addresses.size(), moved.routes.size(),
                   interface.str(), bridge.name.str());
    }
    // Without a note the interface was in the bridge before us: then there is nothing to give back.
    file_ = fs::open_beneath_if_exists(state.uplinks(), interface.str(), O_RDWR);
    if (file_ && !range_lock::try_shared(file_.get(), 0))
        throw Error("uplink " + interface.str() + " is just being given back");
}

void give_back_unused(nl::Socket& socket, const BridgeState& state) {
    for (const auto& name : fs::list(state.uplinks())) {
        if (!IfName::valid(name)) {
            fs::remove_file(state.uplinks(), name);  // a note that was not finished: nothing had been moved yet
            continue;
        }
        const auto file = fs::open_beneath_if_exists(state.uplinks(), name, O_RDWR);
        if (!file || !range_lock::try_exclusive(file.get(), 0)) continue;
        const auto moved = UplinkNote::from_json(fs::read_file(state.uplinks(), name, note_limit).value_or(""));
        if (!moved) {
            // The bridge stays too: with it the host's addresses would go.
            log::failure(
                "the note of what uplink {0} had is damaged: put its addresses back by hand and remove "
                "/run/hastur/net/bridges/{1}/uplinks/{0}",
                name, state.name().str());
            continue;
        }
        with_context("giving back uplink " + name, [&] { put_back(socket, state, name, *moved); });
        fs::remove_file(state.uplinks(), name);
    }
}

}  // namespace hastur::net
