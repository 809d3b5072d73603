#include "hastur/net/host_view.hpp"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#include <cstring>

#include "hastur/sys/fs.hpp"
#include "hastur/types/text.hpp"

namespace hastur::net {
namespace {

Ipv4Address address_in(const nlattr* attribute) {
    return attribute != nullptr && nla_len(attribute) == 4 ? Ipv4Address{ntohl(nla_get_u32(attribute))} : Ipv4Address{};
}

LinkInfo read_link(nlmsghdr* header) {
    const auto* info = static_cast<ifinfomsg*>(nlmsg_data(header));
    LinkInfo link;
    link.index = info->ifi_index;
    link.flags = info->ifi_flags;
    const auto find = [&](int type) { return nlmsg_find_attr(header, sizeof(ifinfomsg), type); };
    if (auto* name = find(IFLA_IFNAME)) link.name = nla_get_string(name);
    if (auto* alias = find(IFLA_IFALIAS)) link.alias = nla_get_string(alias);
    if (auto* master = find(IFLA_MASTER)) link.master = static_cast<int>(nla_get_u32(master));
    if (auto* mac = find(IFLA_ADDRESS))
        link.mac.assign(static_cast<const char*>(nla_data(mac)), static_cast<std::size_t>(nla_len(mac)));
    if (auto* details = find(IFLA_LINKINFO))
        if (auto* kind = nla_find(static_cast<nlattr*>(nla_data(details)), nla_len(details), IFLA_INFO_KIND))
            link.kind = nla_get_string(kind);
    return link;
}

bool is_loopback(Ipv4Address address) { return address.value >> 24 == 127; }

}  // namespace

std::optional<LinkInfo> find_link(nl::Socket& socket, const std::string& name) {
    auto message = nl::make_message(RTM_GETLINK, ifinfomsg{});
    if (nla_put_string(message.get(), IFLA_IFNAME, name.c_str()) < 0) throw Error("out of memory");
    std::optional<LinkInfo> found;
    try {
        socket.query(std::move(message), false, "looking for interface " + name,
                     [&](nlmsghdr* header) { found = read_link(header); });
    } catch (const NetlinkError& error) {
        if (error.code() != ENODEV) throw;
    }
    return found;
}

std::vector<AddressInfo> addresses(nl::Socket& socket, int index) {
    ifaddrmsg filter{};
    filter.ifa_family = AF_INET;
    filter.ifa_index = static_cast<unsigned>(index);
    std::vector<AddressInfo> found;
    socket.query(nl::make_message(RTM_GETADDR, filter), true, "reading addresses", [&](nlmsghdr* header) {
        const auto* info = static_cast<ifaddrmsg*>(nlmsg_data(header));
        const auto* local = nlmsg_find_attr(header, sizeof(ifaddrmsg), IFA_LOCAL);
        if (info->ifa_family != AF_INET || local == nullptr) return;
        if (index == 0 || static_cast<int>(info->ifa_index) == index)
            found.push_back({static_cast<int>(info->ifa_index), {address_in(local), info->ifa_prefixlen}});
    });
    return found;
}

std::vector<RouteInfo> routes(nl::Socket& socket) {
    rtmsg filter{};
    filter.rtm_family = AF_INET;
    std::vector<RouteInfo> found;
    socket.query(nl::make_message(RTM_GETROUTE, filter), true, "reading routes", [&](nlmsghdr* header) {
        const auto* info = static_cast<rtmsg*>(nlmsg_data(header));
        if (info->rtm_family != AF_INET || info->rtm_table == RT_TABLE_LOCAL || (info->rtm_flags & RTM_F_CLONED) != 0)
            return;
        const auto find = [&](int type) { return nlmsg_find_attr(header, sizeof(rtmsg), type); };
        RouteInfo route{{address_in(find(RTA_DST)), info->rtm_dst_len},
                        0,
                        address_in(find(RTA_GATEWAY)),
                        info->rtm_protocol,
                        info->rtm_type};
        if (const auto* out = find(RTA_OIF)) route.out_index = static_cast<int>(nla_get_u32(out));
        found.push_back(route);
    });
    return found;
}

std::vector<Ipv4Address> nameservers(std::string_view resolv_conf) {
    std::vector<Ipv4Address> servers;
    for (const auto line : text::split(resolv_conf, '\n')) {
        const auto words = text::words(line);
        if (words.size() < 2 || words[0] != "nameserver") continue;
        if (const auto address = Ipv4Address::parse(words[1])) servers.push_back(*address);
    }
    return servers;
}

std::string usable_resolv_conf() {
    constexpr std::size_t limit = 1U << 16U;
    for (const char* path :
         {"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf"}) {
        auto contents = fs::read_file(path, limit);
        if (!contents) continue;
        for (const auto server : nameservers(*contents))
            if (!is_loopback(server)) return *contents;
    }
    return {};
}

}  // namespace hastur::net
