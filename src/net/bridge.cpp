#include "hastur/net/bridge.hpp"

#include <fcntl.h>
#include <linux/if.h>

#include <algorithm>

#include "hastur/base/error.hpp"
#include "hastur/base/fault.hpp"
#include "hastur/base/log.hpp"
#include "hastur/net/pool.hpp"
#include "hastur/net/requests.hpp"
#include "hastur/sys/fs.hpp"

namespace hastur::net {
namespace {

bool has(const std::vector<AddressInfo>& list, const Ipv4Interface& address) {
    return std::ranges::any_of(list, [&](const AddressInfo& info) { return info.address == address; });
}

void refuse_contradiction(const IfName& name, const Ipv4Interface& have, const Ipv4Interface& wanted) {
    if (have != wanted)
        throw Error("bridge " + name.str() + " already has the address " + have.str() + ", not " + wanted.str(),
                    "use that one, another bridge, or remove the bridge first (hastur --free)");
}

void refuse_foreign_address(nl::Socket& socket, int bridge_index, const Ipv4Interface& wanted) {
    for (const auto& info : addresses(socket))
        if (info.index != bridge_index && info.address.address == wanted.address)
            throw Error("address " + wanted.address.str() + " belongs to another interface of this host");
}

LinkInfo create(nl::Socket& socket, const IfName& name, const Ipv4Interface& address) {
    std::vector<nl::Request> requests;
    requests.push_back(create_bridge(name, hardware_address(address.address)));
    requests.push_back(mark_and_raise(name));
    socket.execute(std::move(requests));
    auto link = find_link(socket, name.str());
    if (!link) throw Error("bridge " + name.str() + " vanished while it was set up");
    // Otherwise any container could give the host IPv6 routes, by router advertisements (RFC 4861).
    const auto setting = "/proc/sys/net/ipv6/conf/" + name.str() + "/accept_ra";
    if (const UniqueFd file(::open(setting.c_str(), O_WRONLY | O_CLOEXEC)); file) fs::write_all(file.get(), "0");
    return *link;
}

Ipv4Interface choose(nl::Socket& socket) {
    if (const auto network = choose_network(taken_networks(socket))) return *network;
    throw Error("every private network is in use on this host", "choose one yourself: -b NAME:ADDR/LEN");
}

}  // namespace

std::vector<Ipv4Interface> taken_networks(nl::Socket& socket) {
    std::vector<Ipv4Interface> taken;
    for (const auto& route : routes(socket))
        if (is_specific(route)) taken.push_back(route.destination);
    for (const auto& info : addresses(socket)) taken.push_back(info.address);
    for (const auto server : nameservers(usable_resolv_conf())) taken.push_back({server, 32});
    return taken;
}

std::optional<LinkInfo> find_bridge(nl::Socket& socket, const IfName& name) {
    auto link = find_link(socket, name.str());
    if (link && link->kind != "bridge") throw Error("interface " + name.str() + " exists and is no bridge");
    return link;
}

Bridge ensure_bridge(nl::Socket& socket, const BridgeState& state, const BridgeSpec& spec,
                     std::optional<LinkInfo> link) {
    const auto& name = spec.name;
    auto record = state.record();
    const auto present = link ? addresses(socket, link->index) : std::vector<AddressInfo>{};

    if (link && record && (link->flags & IFF_UP) != 0 && has(present, record->address)) {
        if (spec.address) refuse_contradiction(name, record->address, *spec.address);
        return {link->index, name, record->address, record->chosen, false, false};
    }

    BridgeRecord made;
    made.made_link = !link || link->alias == link_mark;
    if (spec.address) {
        made.address = *spec.address;
    } else if (record && made.made_link) {
        made.address = record->address;
        made.chosen = record->chosen;
    } else if (!present.empty()) {
        made.address = present.front().address;
    } else {
        made.address = choose(socket);
        made.chosen = true;
    }
    made.made_address = made.made_link || !has(present, made.address);
    if (made.made_link && !present.empty()) refuse_contradiction(name, present.front().address, made.address);
    if (!has(present, made.address)) refuse_foreign_address(socket, link ? link->index : 0, made.address);

    // The note comes first: what a crash leaves behind is then known to be ours.
    state.write(made);
    const bool is_new = !link;
    if (is_new) link = create(socket, name, made.address);
    fault::point("bridge exists");
    std::vector<nl::Request> requests;
    if (!has(present, made.address)) requests.push_back(add_address(link->index, made.address, false));
    requests.push_back(raise(link->index));
    socket.execute(std::move(requests));
    log::debug("bridge {} has {}", name.str(), made.address.str());
    return {link->index, name, made.address, made.chosen, true, is_new};
}

void remove_bridge(nl::Socket& socket, const BridgeState& state) {
    const auto record = state.record();
    const auto link = find_link(socket, state.name().str());
    if (!link || !record) return;
    std::vector<nl::Request> requests;
    if (record->made_link && link->alias == link_mark)
        requests.push_back(delete_link(link->index, state.name().str()));
    else if (record->made_address)
        requests.push_back(delete_address(link->index, record->address));
    socket.execute(std::move(requests));
}

}  // namespace hastur::net
