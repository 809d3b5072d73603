#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

namespace hastur::json {

/// Reads a file of hastur's own: one object, nested no deeper than any of ours. nullopt for anything else, however
/// large or deep; what is in the object is for the caller to check.
[[nodiscard]] std::optional<nlohmann::json> parse_object(std::string_view text);

/// A whole number that fits. Throws nlohmann::json::exception for anything else.
[[nodiscard]] std::int64_t integer(const nlohmann::json& json);

}  // namespace hastur::json
