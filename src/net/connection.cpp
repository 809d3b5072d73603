#include "hastur/net/connection.hpp"

#include <linux/netlink.h>

#include <algorithm>

#include "hastur/base/log.hpp"
#include "hastur/net/bridge.hpp"
#include "hastur/net/firewall.hpp"
#include "hastur/net/forwarding.hpp"
#include "hastur/net/requests.hpp"
#include "hastur/sys/fs.hpp"

namespace hastur::net {
namespace {

/// Addresses that no container may have although they may lie in the bridge's network.
std::vector<Ipv4Address> reserved(nl::Socket& socket, const std::string& resolv_conf) {
    auto list = nameservers(resolv_conf);
    for (const auto& info : addresses(socket)) list.push_back(info.address.address);
    for (const auto& route : routes(socket))
        if (route.gateway.value != 0) list.push_back(route.gateway);
    return list;
}

bool contains(const std::vector<Ipv4Address>& list, Ipv4Address address) {
    return std::ranges::find(list, address) != list.end();
}

Lease take_exactly(const BridgeState& state, const Bridge& bridge, Ipv4Address address, const Tenant& tenant,
                   const std::vector<Ipv4Address>& unavailable) {
    const auto text = "address " + address.str();
    if (address == bridge.address.address) throw Error(text + " is the bridge's own");
    if (contains(unavailable, address)) throw Error(text + " is in use by this host, its gateway or its resolver");
    if (bridge.address.contains(address) && !bridge.address.usable(address))
        throw Error(text + " is the network or broadcast address of bridge " + bridge.name.str() + " (" +
                    bridge.address.str() + ")");
    if (auto lease = Lease::take(state, address, tenant)) return std::move(*lease);
    const auto other = tenant_of(state, address).value_or(Tenant{});
    throw Error(text + " is in use by container '" + other.name + "' (root " + other.root + ")");
}

/// Everything inside the namespace, in one batch. A resolver that would be looked for in the container's own
/// network, where it is not, is reached by the gateway like the rest of the world.
void set_up_namespace(nl::Socket& inside, const Ipv4Interface& address, Ipv4Address gateway,
                      const std::vector<Ipv4Address>& resolvers) {
    std::vector<nl::Request> requests;
    requests.push_back(raise(loopback_index));
    requests.push_back(raise(container_index));
    requests.push_back(add_address(container_index, address, true));
    requests.push_back(add_gateway_route(container_index, {{0}, 0}, gateway));
    for (const auto resolver : resolvers)
        if (address.contains(resolver) && resolver != gateway)
            requests.push_back(add_gateway_route(container_index, {resolver, 32}, gateway));
    inside.execute(std::move(requests));
}

void reap_bridge(nl::Socket& socket, const BridgeState& state) {
    const auto link = find_link(socket, state.name().str());
    reap_leases(state, [&](Ipv4Address address) {
        if (!link) return;
        std::vector<nl::Request> requests;
        requests.push_back(delete_host_route(link->index, address));
        socket.execute(std::move(requests));
    });
}

}  // namespace

Connection::Connection(const Wanted& wanted)
    : socket_(NETLINK_ROUTE), bridge_name_(wanted.bridge.name), resolv_conf_(usable_resolv_conf()) {
    with_context("setting up the network", [&] {
        try {
            attach(wanted);
        } catch (Error& error) {
            try {
                close();
            } catch (const Error& again) {
                error.add_cleanup_failure(again.what());
            }
            throw;
        }
    });
}

Connection::~Connection() {
    try {
        close();
    } catch (const Error& error) {
        log::failure("giving the address back: {}", error.what());
    }
}

void Connection::attach(const Wanted& wanted) {
    refuse_unsuitable(socket_, bridge_name_);
    const auto state = state_.bridge(bridge_name_);
    {
        const auto guard = state_.lock();
        const auto bridge = ensure_bridge(socket_, state, wanted.bridge);
        bridge_index_ = bridge.index;
        bridge_address_ = bridge.address;
        chosen_ = bridge.chosen;
        if (wanted.uplink) uplink_.emplace(socket_, state, bridge, *wanted.uplink);
        // A network that we chose collides with nothing; in any other one the host may have addresses of its own.
        const auto unavailable =
            wanted.address || !bridge.chosen ? reserved(socket_, resolv_conf_) : std::vector<Ipv4Address>{};
        if (wanted.address)
            lease_ = take_exactly(state, bridge, wanted.address->address, wanted.tenant, unavailable);
        else
            lease_ = Lease::take_any(state, bridge.address, wanted.preferred, wanted.tenant,
                                     [&](Ipv4Address address) { return !contains(unavailable, address); });
        const bool forwarding_changed = bridge.changed && ensure_forwarding(socket_, state_, bridge_name_);
        ensure_firewall(state_, bridge.changed || forwarding_changed);
    }
    address_ = {lease_->address(),
                wanted.address && wanted.address->length ? *wanted.address->length : bridge_address_.length};
    log::debug("address {} on {}", address_.str(), bridge_name_.str());

    const auto host_end = IfName::for_container(wanted.tenant.name, wanted.tenant.run);
    std::vector<nl::Request> requests;
    requests.push_back(create_veth(host_end, bridge_index_, namespace_.fd(), hardware_address(address_.address)));
    requests.push_back(add_host_route(bridge_index_, address_.address, bridge_address_.address));
    socket_.execute(std::move(requests));
    set_up_namespace(namespace_.socket(), address_, bridge_address_.address, nameservers(resolv_conf_));
    log::debug("network complete");
}

void Connection::look_after_host() {
    {
        const auto guard = state_.lock();
        if (ensure_forwarding(socket_, state_, bridge_name_)) ensure_firewall(state_, true);
    }
    if (!chosen_) return;
    for (const auto& route : routes(socket_))
        if (route.protocol != route_protocol && route.destination.length > 0 &&
            route.destination.overlaps(bridge_address_))
            log::failure(
                "the host's route to {} overlaps the network {} of bridge {}; hastur --free lets it move elsewhere",
                route.destination.str(), bridge_address_.str(), bridge_name_.str());
}

void Connection::close() {
    if (lease_) {
        std::vector<nl::Request> requests;
        requests.push_back(delete_host_route(bridge_index_, lease_->address()));
        socket_.execute(std::move(requests));
        lease_->release();
        lease_.reset();
    }
    if (uplink_) {
        uplink_.reset();
        const auto guard = state_.lock();
        give_back_unused(socket_, state_.bridge(bridge_name_));
    }
}

void reap() {
    const State state;
    nl::Socket socket(NETLINK_ROUTE);
    for (const auto& name : state.bridges()) {
        const auto bridge = state.bridge(name);
        reap_bridge(socket, bridge);
        if (fs::list(bridge.uplinks()).empty()) continue;
        const auto guard = state.lock();
        give_back_unused(socket, bridge);
    }
}

bool remove_all() {
    reap();
    const State state;
    const auto guard = state.lock();
    nl::Socket socket(NETLINK_ROUTE);
    bool all_gone = true;
    for (const auto& name : state.bridges()) {
        const auto bridge = state.bridge(name);
        if (has_tenants(bridge)) {
            all_gone = false;
            continue;
        }
        give_back_unused(socket, bridge);
        remove_bridge(socket, bridge);
        state.forget(name);
    }
    if (all_gone) {
        remove_firewall(state);
        restore_forwarding(state);
    } else {
        ensure_firewall(state, true);
    }
    return all_gone;
}

}  // namespace hastur::net
