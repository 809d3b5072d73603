#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "hastur/types/ipv4.hpp"

/// Which addresses containers get: pure functions over what is taken.
namespace hastur::net {

/// A network for a new bridge, with the bridge's own address (its first) in it: the first /20 of the private
/// ranges (RFC 1918, then RFC 6598 and 2544) that overlaps nothing in `taken`. nullopt if all are taken.
[[nodiscard]] std::optional<Ipv4Interface> choose_network(const std::vector<Ipv4Interface>& taken);

/// The first address after `previous`, in order and around, that a container on `bridge` can have and that
/// `take` accepts. Never the network's, the broadcast or the bridge's own address. nullopt if `take` refused all.
[[nodiscard]] std::optional<Ipv4Address> next_free(const Ipv4Interface& bridge, Ipv4Address previous,
                                                   const std::function<bool(Ipv4Address)>& take);

}  // namespace hastur::net
