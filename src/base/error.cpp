#include "hastur/base/error.hpp"

#include <cstring>

#include <fmt/format.h>

namespace hastur {

Error::Error(std::string message, std::string hint, int exit_status)
    : rendered_(std::move(message)), hint_(std::move(hint)), exit_status_(exit_status) {}

void Error::add_context(std::string_view frame) { rendered_ = fmt::format("{}: {}", frame, rendered_); }

void Error::add_cleanup_failure(std::string_view failure) {
    rendered_ = fmt::format("{} (and cleaning up failed too: {})", rendered_, failure);
}

SysError::SysError(int code, std::string_view what_failed, std::string hint)
    : Error(fmt::format("{}: {}", what_failed, strerrordesc_np(code) ? strerrordesc_np(code) : "unknown error"),
            std::move(hint)),
      code_(code) {}

Interrupted::Interrupted(int signal)
    : Error(fmt::format("ended by SIG{}", sigabbrev_np(signal) ? sigabbrev_np(signal) : "?"), {},
            exit_signal_base + signal) {}

void throw_sys_error(int code, std::string_view what_failed) { throw SysError(code, what_failed); }

}  // namespace hastur
