#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hastur/base/unique_fd.hpp"
#include "hastur/net/records.hpp"
#include "hastur/sys/lock.hpp"
#include "hastur/types/if_name.hpp"
#include "hastur/types/ipv4.hpp"

/// What hastur remembers about the host's network until the next boot, under /run/hastur/net. Shared by all
/// roots, root's alone:
///
///     firewall            our table, and the generation of the host's rules when it was last seen complete
///     forwarding          interfaces whose forwarding hastur switched on
///     lock                held while one of these, or what it stands for, changes
///     bridges/BRIDGE/     one for each bridge:
///         bridge.json     its address, and what of it hastur made
///         cursor          the address that was handed out last
///         leases/ADDR     one file an address, locked by the hastur that uses it
///         uplinks/IFACE   what was moved from IFACE to the bridge, locked (shared) by those who asked for it
namespace hastur::net {

/// The directory of one bridge.
class BridgeState {
public:
    [[nodiscard]] int dir() const noexcept { return dir_.get(); }
    [[nodiscard]] int leases() const noexcept { return leases_.get(); }
    [[nodiscard]] int uplinks() const noexcept { return uplinks_.get(); }
    [[nodiscard]] const IfName& name() const noexcept { return name_; }

    /// nullopt if the bridge was not set up since the last boot, or the record is damaged.
    [[nodiscard]] std::optional<BridgeRecord> record() const;
    void write(const BridgeRecord& record) const;
    /// The address that was handed out last.
    [[nodiscard]] Ipv4Address cursor() const;
    void set_cursor(Ipv4Address address) const;

private:
    friend class State;
    BridgeState(int parent, const IfName& name);

    IfName name_;
    UniqueFd dir_, leases_, uplinks_;
};

class State {
public:
    /// Opens /run/hastur/net; makes it if it is missing.
    State();

    /// Held for the few moments in which shared things change: the bridge, the rules, an address.
    class Guard {
    public:
        explicit Guard(const State& state);

    private:
        UniqueFd lock_;
    };
    [[nodiscard]] Guard lock() const { return Guard(*this); }

    [[nodiscard]] BridgeState bridge(const IfName& name) const { return {bridges_.get(), name}; }
    /// The bridges that were set up since the last boot, or are just being set up.
    [[nodiscard]] std::vector<IfName> bridges() const;
    /// Forgets a bridge that is gone.
    void forget(const IfName& name) const;
    /// Removes what somebody who was killed while writing here left.
    void tidy() const;
    [[nodiscard]] int dir() const noexcept { return dir_.get(); }

private:
    /// Whether nothing in a bridge's directory is half done.
    [[nodiscard]] bool is_tidy(const std::string& entry) const;

    UniqueFd dir_, bridges_;
};

}  // namespace hastur::net
