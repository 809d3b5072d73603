#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hastur {

/// An IPv4 address. `value` is in host byte order.
struct Ipv4Address {
    std::uint32_t value = 0;

    /// Exactly four decimal numbers of 0 to 255 with dots between; nullopt otherwise.
    [[nodiscard]] static std::optional<Ipv4Address> parse(std::string_view text) noexcept;
    [[nodiscard]] std::string str() const;
    auto operator<=>(const Ipv4Address&) const = default;
};

/// An address together with the length of its network's prefix (0 to 32), as in 10.0.0.1/8:
/// what an interface is given. The host bits are kept.
struct Ipv4Interface {
    Ipv4Address address;
    unsigned length = 32;

    /// ADDR/LEN; nullopt otherwise.
    [[nodiscard]] static std::optional<Ipv4Interface> parse(std::string_view text) noexcept;
    [[nodiscard]] std::string str() const;

    [[nodiscard]] std::uint32_t mask() const noexcept { return length == 0 ? 0 : ~std::uint32_t{0} << (32 - length); }
    [[nodiscard]] Ipv4Address network() const noexcept { return {address.value & mask()}; }
    [[nodiscard]] Ipv4Address broadcast() const noexcept { return {address.value | ~mask()}; }
    [[nodiscard]] bool contains(Ipv4Address other) const noexcept { return (other.value & mask()) == network().value; }
    [[nodiscard]] bool overlaps(const Ipv4Interface& other) const noexcept {
        return contains(other.network()) || other.contains(network());
    }
    /// False for the network's own address and its broadcast address (RFC 3021: a /31 and a /32 have neither).
    [[nodiscard]] bool usable(Ipv4Address host) const noexcept {
        return contains(host) && (length >= 31 || (host != network() && host != broadcast()));
    }
    auto operator<=>(const Ipv4Interface&) const = default;
};

}  // namespace hastur
