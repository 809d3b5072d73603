#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hastur::cli {

/// Rows of text. On a terminal with the header and aligned; elsewhere without header, still aligned, columns at
/// least two blanks apart.
class Table {
public:
    explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    [[nodiscard]] std::string render(bool with_header) const;

private:
    std::vector<std::string> header_;
    std::vector<std::vector<std::string>> rows_;
};

/// Writes to stdout, all of it or an exception. A reader that has seen enough (EPIPE) is no failure.
void print(std::string_view text);
/// Whether stdout is a terminal.
[[nodiscard]] bool on_terminal();

}  // namespace hastur::cli
