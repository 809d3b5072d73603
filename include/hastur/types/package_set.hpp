#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hastur {

/// The packages asked for: neither order nor repetition matters.
class PackageSet {
public:
    PackageSet() = default;
    /// Adds the names in a comma-separated list (empty pieces are skipped).
    /// Throws UsageError for what cannot be a package's name, `:arch` and `=version` included;
    /// nothing that a package manager would take for an option or a pattern gets through.
    void add_list(std::string_view list);

    [[nodiscard]] bool empty() const noexcept { return names_.empty(); }
    [[nodiscard]] std::vector<std::string> names() const { return {names_.begin(), names_.end()}; }

private:
    std::set<std::string, std::less<>> names_;
};

}  // namespace hastur
