#pragma once

#include "hastur/net/state.hpp"
#include "hastur/sys/netlink.hpp"

/// The packet filter: one nftables table of our own, `ip hastur`, and, where somebody else's forward chain drops by
/// default (Docker does that), one marked pair of accept rules for each bridge at its head (nft(8)).
namespace hastur::net {

/// Makes sure that the rules are complete. When neither what we want nor any table of the host has changed since they
/// were last seen complete, this costs one netlink message; otherwise it runs nft. Call under State::lock().
void ensure_firewall(const State& state);

/// Removes our table and every rule that bears our mark. Call under State::lock().
void remove_firewall(const State& state);

}  // namespace hastur::net
