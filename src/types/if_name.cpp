#include "hastur/types/if_name.hpp"

#include <algorithm>

#include "hastur/base/error.hpp"
#include "hastur/types/text.hpp"

namespace hastur {
namespace {
constexpr std::size_t longest = 15;
}

bool IfName::valid(std::string_view text) noexcept {
    const auto allowed = [](char c) {
        return c > ' ' && c < 0x7f && std::string_view("/:\"\\%*").find(c) == std::string_view::npos;
    };
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, allowed) && text != "." &&
           text != ".." && text.front() != '-';
}

IfName::IfName(std::string_view text) : text_(text) {
    if (!valid(text))
        throw UsageError("invalid interface name " + text::quoted(text) +
                         ": 1 to 15 printable characters without blanks and / : % * \" \\");
}

IfName IfName::for_container(std::string_view name, std::string_view run) {
    constexpr std::size_t digits = 8;
    constexpr std::string_view prefix = "h-";
    const auto room = longest - prefix.size() - digits - 1;
    auto start = std::string(name.substr(0, room));
    if (start.back() == '-') start.pop_back();
    return IfName(std::string(prefix) + start + '-' + std::string(run.substr(0, digits)));
}

}  // namespace hastur
