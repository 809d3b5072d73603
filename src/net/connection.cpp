#include "hastur/net/connection.hpp"

#include <linux/netlink.h>

#include <algorithm>

#include "hastur/base/fault.hpp"
#include "hastur/base/log.hpp"
#include "hastur/net/bridge.hpp"
#include "hastur/net/firewall.hpp"
#include "hastur/net/forwarding.hpp"
#include "hastur/net/requests.hpp"
#include "hastur/sys/fs.hpp"

namespace hastur::net {
namespace {

/// What no container may have although it may lie in the bridge's network: the host's own addresses, its gateways and
/// resolvers, and the networks inside of the bridge's that the host has a route of its own to, by another interface.
std::vector<Ipv4Interface> reserved(nl::Socket& socket, const Bridge& bridge, const std::string& resolv_conf) {
    std::vector<Ipv4Interface> list;
    for (const auto server : nameservers(resolv_conf)) list.push_back({server, 32});
    for (const auto& info : addresses(socket)) list.push_back({info.address.address, 32});
    for (const auto& route : routes(socket)) {
        if (route.gateway.value != 0) list.push_back({route.gateway, 32});
        if (route.protocol != route_protocol && route.out_index != bridge.index && is_specific(route) &&
            route.destination.length > bridge.address.length)
            list.push_back(route.destination);
    }
    return list;
}

bool contains(const std::vector<Ipv4Interface>& list, Ipv4Address address) {
    return std::ranges::any_of(list, [&](const Ipv4Interface& network) { return network.contains(address); });
}

Lease take_exactly(const BridgeState& state, const Bridge& bridge, Ipv4Address address, const Tenant& tenant,
                   const std::vector<Ipv4Interface>& unavailable) {
    const auto text = "address " + address.str();
    if (address == bridge.address.address) throw Error(text + " is the bridge's own");
    if (contains(unavailable, address))
        throw Error(text +
                    " is in use by this host, its gateway or its resolver, or by a network that it has a route to");
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
        socket.execute(delete_host_route(link->index, address));
    });
}

}  // namespace

Connection::Connection(const Wanted& wanted)
    : socket_(NETLINK_ROUTE),
      bridge_name_(wanted.bridge.name),
      resolv_conf_(usable_resolv_conf()),
      host_end_(IfName::for_container(wanted.tenant.name, wanted.tenant.run)) {
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
    {
        const auto guard = state_.lock();
        const auto link = find_bridge(socket_, bridge_name_);
        const auto state = state_.bridge(bridge_name_);
        const auto bridge = ensure_bridge(socket_, state, wanted.bridge, link);
        bridge_index_ = bridge.index;
        bridge_address_ = bridge.address;
        chosen_ = bridge.chosen;
        try {
            join(wanted, state, bridge);
        } catch (...) {
            // A bridge that was made for this start alone would be left behind for nothing.
            if (bridge.made && !lease_ && !has_tenants(state)) {
                uplink_.reset();
                give_back_unused(socket_, state);
                remove_bridge(socket_, state);
                state_.forget(bridge_name_);
            }
            throw;
        }
    }
    const auto length = wanted.address && wanted.address->length ? *wanted.address->length : bridge_address_.length;
    address_ = {lease_->address(), length};
    fault::point("has an address");
    log::debug("address {} on {}", address_.str(), bridge_name_.str());
}

void Connection::connect() {
    if (complete_) return;
    with_context("setting up the network", [&] {
        const auto mac = hardware_address(address_.address);
        std::vector<nl::Request> requests;
        requests.push_back(create_veth(host_end_, bridge_index_, namespace_.fd(), mac));
        // One of ours that a dead run left is replaced; one of the host's own is not.
        requests.push_back(delete_host_route(bridge_index_, address_.address));
        requests.push_back(add_host_route(bridge_index_, address_.address, bridge_address_.address));
        socket_.execute(std::move(requests));
        set_up_namespace(namespace_.socket(), address_, bridge_address_.address, nameservers(resolv_conf_));
        // The bridge forwards to a port once the kernel has noticed, in the background, that it has a carrier. To ask
        // for the interface makes it notice now (rtnl_getlink in net/core/rtnetlink.c): nobody's first packet gets
        // lost.
        [[maybe_unused]] const auto port = find_link(socket_, host_end_.str());
        complete_ = true;
        fault::point("network complete");
        log::debug("network complete");
    });
}

/// The part that is done under the lock, once the bridge is there.
void Connection::join(const Wanted& wanted, const BridgeState& state, const Bridge& bridge) {
    if (wanted.uplink) uplink_.emplace(socket_, state, bridge, *wanted.uplink);
    // A network that we chose collides with nothing; in any other one the host may have addresses of its own.
    std::vector<Ipv4Interface> unavailable;
    if (wanted.address || !bridge.chosen) unavailable = reserved(socket_, bridge, resolv_conf_);
    if (wanted.address)
        lease_ = take_exactly(state, bridge, wanted.address->address, wanted.tenant, unavailable);
    else
        lease_ = Lease::take_any(state, bridge.address, wanted.preferred, wanted.tenant,
                                 [&](Ipv4Address address) { return !contains(unavailable, address); });
    if (bridge.changed) ensure_forwarding(routes(socket_), state_, bridge_name_);
    ensure_firewall(state_);
}

void Connection::look_after_host() {
    const auto all = routes(socket_);
    {
        const auto guard = state_.lock();
        ensure_forwarding(all, state_, bridge_name_);
        ensure_firewall(state_);
    }
    if (!chosen_) return;
    for (const auto& route : all)
        if (route.protocol != route_protocol && is_specific(route) && route.destination.overlaps(bridge_address_))
            log::failure(
                "the host's route to {} overlaps the network {} of bridge {}; hastur --free lets it move elsewhere",
                route.destination.str(), bridge_address_.str(), bridge_name_.str());
}

void Connection::close() {
    // The uplink first: as long as somebody holds an address nobody takes the bridge away.
    if (uplink_) {
        uplink_.reset();
        const auto guard = state_.lock();
        give_back_unused(socket_, state_.bridge(bridge_name_));
    }
    if (!lease_) return;
    socket_.execute(delete_host_route(bridge_index_, lease_->address()));
    lease_->release();
    lease_.reset();
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
    state.tidy();
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
        if (!fs::list(bridge.uplinks()).empty()) {
            all_gone = false;  // a start that holds no address yet
            continue;
        }
        remove_bridge(socket, bridge);
        state.forget(name);
    }
    if (all_gone) {
        remove_firewall(state);
        restore_forwarding(state);
    } else {
        ensure_firewall(state);
    }
    return all_gone;
}

}  // namespace hastur::net
