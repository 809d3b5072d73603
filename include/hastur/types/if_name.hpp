#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace hastur {

/// The name of a network interface: 1 to 15 bytes (IFNAMSIZ - 1), printable ASCII without
/// '/', ':' and space, and neither "." nor ".." (dev_valid_name() in net/core/dev.c), nor anything that is a pattern to
/// the kernel ('%') or to nft ('*', '"', '\\'). It does not start with '-'. Safe to use as a file name.
class IfName {
public:
    /// Throws UsageError unless `text` is such a name.
    explicit IfName(std::string_view text);
    [[nodiscard]] static bool valid(std::string_view text) noexcept;
    /// The host's end of a container's veth pair: "h-NAME-xxxxxxxx", cut to fit, with eight digits
    /// of `run` so that neither two roots nor two runs ever collide.
    [[nodiscard]] static IfName for_container(std::string_view name, std::string_view run);

    [[nodiscard]] const std::string& str() const noexcept { return text_; }
    [[nodiscard]] const char* c_str() const noexcept { return text_.c_str(); }
    auto operator<=>(const IfName&) const = default;

private:
    std::string text_;
};

}  // namespace hastur
