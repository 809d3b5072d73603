#include "hastur/net/pool.hpp"

#include <algorithm>
#include <array>

namespace hastur::net {
namespace {

constexpr unsigned pool_length = 20;  // 4,093 containers

constexpr std::uint32_t ip(std::uint32_t a, std::uint32_t b) { return a << 24 | b << 16; }

/// Where networks are looked for. Each range starts away from what routers and other container tools hand out.
struct Range {
    Ipv4Interface network;
    std::uint32_t first;
};
constexpr std::array<Range, 5> ranges{{{{{ip(10, 0)}, 8}, ip(10, 213)},
                                       {{{ip(172, 16)}, 12}, ip(172, 27)},
                                       {{{ip(192, 168)}, 16}, ip(192, 168) | 160U << 8U},
                                       {{{ip(100, 64)}, 10}, ip(100, 99)},
                                       {{{ip(198, 18)}, 15}, ip(198, 18)}}};

}  // namespace

std::optional<Ipv4Interface> choose_network(const std::vector<Ipv4Interface>& taken) {
    constexpr std::uint32_t step = 1U << (32 - pool_length);
    for (const auto& range : ranges) {
        const std::uint32_t size = ~range.network.mask() + 1;
        for (std::uint32_t offset = 0; offset < size; offset += step) {
            const auto at = range.network.address.value + (range.first - range.network.address.value + offset) % size;
            const Ipv4Interface candidate{{at + 1}, pool_length};
            if (std::ranges::none_of(taken, [&](const Ipv4Interface& other) { return other.overlaps(candidate); }))
                return candidate;
        }
    }
    return std::nullopt;
}

std::optional<Ipv4Address> next_free(const Ipv4Interface& bridge, Ipv4Address previous,
                                     const std::function<bool(Ipv4Address)>& take) {
    const std::uint64_t size = std::uint64_t{bridge.broadcast().value} - bridge.network().value + 1;
    const std::uint64_t start = bridge.contains(previous) ? previous.value - bridge.network().value : 0;
    for (std::uint64_t step = 1; step <= size; ++step) {
        const Ipv4Address candidate{bridge.network().value + static_cast<std::uint32_t>((start + step) % size)};
        if (!bridge.usable(candidate) || candidate == bridge.address) continue;
        if (take(candidate)) return candidate;
    }
    return std::nullopt;
}

}  // namespace hastur::net
