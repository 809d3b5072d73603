#include "hastur/types/bridge_spec.hpp"

#include "hastur/base/error.hpp"
#include "hastur/types/text.hpp"

namespace hastur {
namespace {

/// Refuses what can never be one host's address (RFC 6890: this network, loopback, multicast, reserved).
void check_host_address(Ipv4Interface spec, std::string_view text) {
    const auto first = spec.address.value >> 24;
    if (first == 0 || first == 127 || first >= 224)
        throw UsageError("invalid address " + text::quoted(text) + ": not an address that a host can have");
    if (!spec.usable(spec.address))
        throw UsageError("invalid address " + text::quoted(text) + ": it is the " +
                         (spec.address == spec.network() ? "network" : "broadcast") + " address of its own network");
}

}  // namespace

BridgeSpec BridgeSpec::parse(std::string_view text) {
    const auto colon = text.find(':');
    BridgeSpec spec{IfName(text.substr(0, colon)), std::nullopt};
    if (colon == std::string_view::npos) return spec;
    const auto address = text.substr(colon + 1);
    spec.address = Ipv4Interface::parse(address);
    if (!spec.address) throw UsageError("invalid bridge address " + text::quoted(address) + ": expected ADDR/LEN");
    if (spec.address->length == 0 || spec.address->length > 30)
        throw UsageError("invalid bridge address " + text::quoted(address) + ": the length must be 1 to 30");
    check_host_address(*spec.address, address);
    return spec;
}

AddressSpec AddressSpec::parse(std::string_view text) {
    AddressSpec spec;
    if (text.find('/') == std::string_view::npos) {
        const auto address = Ipv4Address::parse(text);
        if (!address) throw UsageError("invalid address " + text::quoted(text) + ": expected ADDR or ADDR/LEN");
        spec.address = *address;
    } else {
        const auto parsed = Ipv4Interface::parse(text);
        if (!parsed || parsed->length == 0)
            throw UsageError("invalid address " + text::quoted(text) + ": expected ADDR or ADDR/LEN");
        spec.address = parsed->address;
        spec.length = parsed->length;
    }
    check_host_address({spec.address, spec.length.value_or(32)}, text);
    return spec;
}

}  // namespace hastur
