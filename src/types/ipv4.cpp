#include "hastur/types/ipv4.hpp"

#include <fmt/format.h>

#include "hastur/types/text.hpp"

namespace hastur {

std::optional<Ipv4Address> Ipv4Address::parse(std::string_view text) noexcept {
    std::uint32_t value = 0;
    for (int part = 0; part < 4; ++part) {
        const auto end = text.find('.');
        if ((end == std::string_view::npos) != (part == 3)) return std::nullopt;
        const auto digits = text.substr(0, end);
        const auto number = text::to_number(digits);
        // A leading zero is refused: some tools read it as octal.
        if (!number || *number > 255 || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
        value = value << 8 | static_cast<std::uint32_t>(*number);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return Ipv4Address{value};
}

std::string Ipv4Address::str() const {
    return fmt::format("{}.{}.{}.{}", value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255);
}

std::optional<Ipv4Interface> Ipv4Interface::parse(std::string_view text) noexcept {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = Ipv4Address::parse(text.substr(0, slash));
    const auto length = text::to_number(text.substr(slash + 1));
    if (!address || !length || *length > 32) return std::nullopt;
    return Ipv4Interface{*address, static_cast<unsigned>(*length)};
}

std::string Ipv4Interface::str() const { return fmt::format("{}/{}", address.str(), length); }

}  // namespace hastur
