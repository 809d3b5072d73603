#pragma once

#include <optional>
#include <string>

#include "hastur/net/lease.hpp"
#include "hastur/net/uplink.hpp"
#include "hastur/sys/namespaces.hpp"
#include "hastur/types/bridge_spec.hpp"

namespace hastur::net {

/// What a container's network shall be.
struct Wanted {
    BridgeSpec bridge;
    std::optional<AddressSpec> address;
    std::optional<Ipv4Address> preferred;  ///< the address it had last, if `address` is not given
    std::optional<IfName> uplink;
    Tenant tenant;
};

/// The complete network of one container: namespace, interface, addresses, routes, and what the host needs for it.
/// Everything but the lease's file and the host's route goes when the process dies; those the next command reaps.
class Connection {
public:
    /// The bridge, the address, and a namespace that is still empty: all that systemd-nspawn and the container's files
    /// need to know.
    explicit Connection(const Wanted& wanted);
    /// The rest: interface, addresses, routes. Takes as long as systemd-nspawn needs to begin, so it is done meanwhile.
    /// Does nothing when it is done already.
    void connect();
    /// Gives the address back, and the uplink if nobody else uses it.
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] std::string namespace_path() const { return namespace_.path(); }
    [[nodiscard]] const Ipv4Interface& address() const noexcept { return address_; }
    [[nodiscard]] const IfName& bridge() const noexcept { return bridge_name_; }
    /// The resolv.conf for the container.
    [[nodiscard]] const std::string& resolv_conf() const noexcept { return resolv_conf_; }

    /// What can wait until the container runs: forwarding for default routes that are new, and word to the user about
    /// a route of the host's that has come to overlap the bridge's network.
    void look_after_host();
    /// What the destructor does; throws if it fails.
    void close();

private:
    void attach(const Wanted& wanted);
    void join(const Wanted& wanted, const BridgeState& state, const Bridge& bridge);

    State state_;
    nl::Socket socket_;
    IfName bridge_name_;
    int bridge_index_ = 0;
    Ipv4Interface bridge_address_;
    bool chosen_ = false, complete_ = false;
    std::string resolv_conf_;
    std::optional<UplinkUse> uplink_;
    std::optional<Lease> lease_;
    Ipv4Interface address_;
    IfName host_end_;
    NetNamespace namespace_;
};

/// Frees what dead runs left on the host's network. Cheap when there is nothing.
void reap();

/// Takes everything of ours from the host's network, unless a container (of any root) still uses it. True if done.
bool remove_all();

}  // namespace hastur::net
