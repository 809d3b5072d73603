#include "hastur/base/log.hpp"

#include <unistd.h>

#include <chrono>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace hastur::log {
namespace {

using Clock = std::chrono::steady_clock;

Verbosity current = Verbosity::normal;
Clock::time_point started, last_step;
bool live_line = false;

/// The logger behind `-v`; made only when asked for, because most runs print nothing.
spdlog::logger& debug_logger() {
    static const auto logger = [] {
        auto made = std::make_shared<spdlog::logger>("hastur", std::make_shared<spdlog::sinks::stderr_sink_st>());
        made->set_pattern("hastur: %v");
        made->set_level(spdlog::level::debug);
        made->flush_on(spdlog::level::debug);
        return made;
    }();
    return *logger;
}

/// One write(2) a line, so that the lines of many instances do not mix.
void print_line(std::string_view text) {
    end_progress();
    const auto line = fmt::format("hastur: {}\n", text);
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

void set_up(Verbosity verbosity) {
    current = verbosity;
    started = last_step = Clock::now();
}

bool verbose() { return current == Verbosity::verbose; }

void detail::debug(std::string_view text) {
    using Milliseconds = std::chrono::duration<double, std::milli>;
    const auto now = Clock::now();
    debug_logger().debug("{:8.3f} ms {:+8.3f}  {}", Milliseconds(now - started).count(),
                         Milliseconds(now - last_step).count(), text);
    last_step = now;
}

void detail::status(std::string_view text) {
    if (current != Verbosity::quiet) print_line(text);
}

void detail::failure(std::string_view text) { print_line(text); }

void progress(std::string_view text) {
    if (current == Verbosity::quiet) return;
    static const bool terminal = ::isatty(STDERR_FILENO) == 1;
    if (!terminal || verbose()) return print_line(text);
    const auto line = fmt::format("\r\033[Khastur: {}", text);
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    live_line = true;
}

void end_progress() {
    if (!live_line) return;
    live_line = false;
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, "\r\033[K", 4);
}

}  // namespace hastur::log
