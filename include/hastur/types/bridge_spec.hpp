#pragma once

#include <optional>
#include <string_view>

#include "hastur/types/if_name.hpp"
#include "hastur/types/ipv4.hpp"

namespace hastur {

/// What `-b NAME[:ADDR/LEN]` says. Without an address hastur chooses a network that collides with nothing.
struct BridgeSpec {
    IfName name{"hastur0"};
    std::optional<Ipv4Interface> address;

    /// Throws UsageError.
    [[nodiscard]] static BridgeSpec parse(std::string_view text);
};

/// What `-a ADDR[/LEN]` says. Without a length the bridge's is used.
struct AddressSpec {
    Ipv4Address address;
    std::optional<unsigned> length;

    /// Throws UsageError for anything malformed, and for an address that no host can have:
    /// 0/8, 127/8, 224/3, or the network or broadcast address of its own prefix.
    [[nodiscard]] static AddressSpec parse(std::string_view text);
};

}  // namespace hastur
