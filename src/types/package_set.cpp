#include "hastur/types/package_set.hpp"

#include <algorithm>

#include "hastur/base/error.hpp"
#include "hastur/types/text.hpp"

namespace hastur {
namespace {

bool is_package(std::string_view text) {
    constexpr std::size_t longest = 200;
    const auto allowed = [](char c) {
        return text::is_alnum(c) || std::string_view("+-._:=~").find(c) != std::string_view::npos;
    };
    // A trailing '-' would ask apt to remove the package.
    return !text.empty() && text.size() <= longest && text::is_alnum(text.front()) && text.back() != '-' &&
           std::ranges::all_of(text, allowed);
}

}  // namespace

void PackageSet::add_list(std::string_view list) {
    for (const auto piece : text::split(list, ',')) {
        const auto name = text::trim(piece);
        if (name.empty()) continue;
        if (!is_package(name)) throw UsageError("invalid package name " + text::quoted(name));
        names_.emplace(name);
    }
}

}  // namespace hastur
