#include "report.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "hastur/base/error.hpp"
#include "measure.hpp"

namespace bench {

void Report::text(const std::string& line) { markdown_ += line + "\n\n"; }

void Report::table(const Table& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    const auto print = [&](const std::vector<std::string>& row) {
        for (std::size_t i = 0; i < row.size(); ++i) markdown_ += fmt::format("| {:{}} ", row[i], widths[i]);
        markdown_ += "|\n";
    };
    print(rows.front());
    for (const auto width : widths) markdown_ += "|" + std::string(width + 2, '-');
    markdown_ += "|\n";
    std::for_each(rows.begin() + 1, rows.end(), print);
    markdown_ += "\n";
}

void write_below_mark(const std::string& file, const std::string& markdown) {
    const std::string mark = "<!-- measured -->\n";
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    const auto at = text.str().find(mark);
    if (at == std::string::npos && !text.str().empty()) throw hastur::Error(file + " has no line " + mark);
    std::ofstream(file) << text.str().substr(0, std::min(at, text.str().size())) << mark << "\n"
                        << markdown.substr(0, markdown.size() - 1);
}

std::vector<std::string> about_the_machine(const std::string& hastur) {
    std::vector<std::string> lines;
    for (const auto& command :
         {std::string("echo \"$(nproc) CPUs, $(awk '/^MemTotal/ {printf \"%.0f\", $2 / 1048576}' /proc/meminfo) GiB of "
                      "memory, Linux $(uname -r), $(. /etc/os-release; echo \"$PRETTY_NAME\")\""),
          hastur + " --version", std::string("systemd-nspawn --version | head -1"),
          std::string("echo \"lxc $(lxc-execute --version)\" 2>/dev/null"), std::string("podman --version 2>/dev/null"),
          std::string("docker --version 2>/dev/null")}) {
        std::istringstream said(shell("(" + command + ") 2>/dev/null || true"));
        for (std::string line; std::getline(said, line);)
            if (!line.empty() && line != "lxc ") lines.push_back(line);
    }
    return lines;
}

}  // namespace bench
