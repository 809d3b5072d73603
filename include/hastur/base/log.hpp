#pragma once

#include <string_view>

#include <fmt/format.h>

/// What hastur tells its user, all of it on stderr: stdout belongs to results.
namespace hastur::log {

enum class Verbosity { quiet, normal, verbose };

/// Call once, before anything is logged.
void set_up(Verbosity verbosity);
[[nodiscard]] bool verbose();

namespace detail {
void debug(std::string_view text);
void status(std::string_view text);
void failure(std::string_view text);
}  // namespace detail

/// For `-v`: what happened inside, with milliseconds since the beginning, and since the line before.
template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
    if (verbose()) detail::debug(fmt::format(format, std::forward<Args>(args)...));
}
/// Progress and notices; hidden by `-q`.
template <class... Args>
void status(fmt::format_string<Args...> format, Args&&... args) {
    detail::status(fmt::format(format, std::forward<Args>(args)...));
}
/// Never hidden.
template <class... Args>
void failure(fmt::format_string<Args...> format, Args&&... args) {
    detail::failure(fmt::format(format, std::forward<Args>(args)...));
}

/// A status line that replaces the one before it on a terminal, and is printed plainly elsewhere.
void progress(std::string_view text);
/// Ends the live line, if one is shown.
void end_progress();

}  // namespace hastur::log
