#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Locale-free helpers for text that comes from outside.
namespace hastur::text {

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_alnum(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Decimal digits only, no sign, no overflow; nullopt otherwise.
[[nodiscard]] std::optional<std::uint64_t> to_number(std::string_view text) noexcept;
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;
/// The pieces between `separator`, empty ones included.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
/// The pieces between runs of white space.
[[nodiscard]] std::vector<std::string_view> words(std::string_view text);
// The pieces would outlive a temporary string.
std::vector<std::string_view> split(std::string&&, char) = delete;
std::vector<std::string_view> words(std::string&&) = delete;
[[nodiscard]] std::string join(const std::vector<std::string>& pieces, std::string_view separator);
/// In single quotes, with control and non-ASCII bytes as \xNN: safe to print on a terminal.
[[nodiscard]] std::string quoted(std::string_view text);
/// Two hexadecimal digits for each byte.
[[nodiscard]] std::string to_hex(std::string_view bytes);
/// The bytes again; nullopt for an odd number of digits or anything that is none.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view hex);
/// A number of bytes with an optional suffix K, M, G or T (powers of 1024); nullopt if it is none.
[[nodiscard]] std::optional<std::uint64_t> to_bytes(std::string_view text) noexcept;

}  // namespace hastur::text
