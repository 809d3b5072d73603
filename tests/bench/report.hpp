#pragma once

#include <string>
#include <vector>

namespace bench {

/// Rows of cells, as many in each as in the first, which is the header.
using Table = std::vector<std::vector<std::string>>;

/// What was measured, as lines of Markdown that also read well on a terminal.
class Report {
public:
    void text(const std::string& line);
    void table(const Table& rows);
    [[nodiscard]] const std::string& markdown() const { return markdown_; }

private:
    std::string markdown_;
};

/// Replaces what is below the line "<!-- measured -->" of a file, which is made if it is missing.
void write_below_mark(const std::string& file, const std::string& markdown);

/// The machine and the versions of everything, a line each.
std::vector<std::string> about_the_machine(const std::string& hastur);

}  // namespace bench
