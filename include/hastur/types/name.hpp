#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace hastur {

/// A container's name, which is also its host name: one label of RFC 1123 (1 to 63 letters,
/// digits and hyphens; no hyphen at either end). Safe to use as a file name.
class Name {
public:
    /// Throws UsageError unless `text` is a host label.
    explicit Name(std::string_view text);
    [[nodiscard]] static bool valid(std::string_view text) noexcept;
    /// A pronounceable name such as "dovemi-kura"; the caller checks that it is not in use.
    [[nodiscard]] static Name random();

    [[nodiscard]] const std::string& str() const noexcept { return text_; }
    [[nodiscard]] const char* c_str() const noexcept { return text_.c_str(); }
    auto operator<=>(const Name&) const = default;

private:
    std::string text_;
};

}  // namespace hastur
