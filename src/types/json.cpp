#include "hastur/types/json.hpp"

namespace hastur::json {

std::optional<nlohmann::json> parse_object(std::string_view text) {
    constexpr int deepest = 8;
    bool too_deep = false;
    auto json = nlohmann::json::parse(
        text,
        [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
            too_deep = too_deep || depth > deepest;
            return !too_deep;
        },
        false);
    if (too_deep || !json.is_object()) return std::nullopt;
    return json;
}

std::int64_t integer(const nlohmann::json& json) {
    const bool fits =
        json.is_number_integer() && (!json.is_number_unsigned() || json.get<std::uint64_t>() <= INT64_MAX);
    if (!fits) throw nlohmann::json::type_error::create(302, "no whole number", &json);
    return json.get<std::int64_t>();
}

}  // namespace hastur::json
