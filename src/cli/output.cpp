#include "hastur/cli/output.hpp"

#include <unistd.h>

#include <algorithm>

#include "hastur/base/error.hpp"
#include "hastur/sys/fs.hpp"

namespace hastur::cli {

std::string Table::render(bool with_header) const {
    auto rows = rows_;
    if (with_header) rows.insert(rows.begin(), header_);
    std::vector<std::size_t> widths(header_.size());
    for (const auto& row : rows)
        for (std::size_t column = 0; column < row.size(); ++column)
            widths[column] = std::max(widths[column], row[column].size());
    std::string text;
    for (const auto& row : rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            text += row[column];
            if (column + 1 < row.size()) text.append(widths[column] - row[column].size() + 2, ' ');
        }
        text += '\n';
    }
    return text;
}

void print(std::string_view text) {
    try {
        fs::write_all(STDOUT_FILENO, text);
    } catch (SysError& error) {
        if (error.code() == EPIPE) return;
        error.add_context("standard output");
        throw;
    }
}

bool on_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

}  // namespace hastur::cli
