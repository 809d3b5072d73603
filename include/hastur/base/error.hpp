#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hastur {

/// Exit statuses of hastur itself; everything else is the command's own (docs/hastur.1).
enum ExitStatus : int {
    exit_success = 0,
    exit_usage = 2,             ///< the command line is wrong; nothing was touched
    exit_failure = 125,         ///< hastur failed
    exit_not_executable = 126,  ///< the command exists in the container but cannot be executed
    exit_not_found = 127,       ///< the command does not exist in the container
    exit_signal_base = 128,     ///< + N: signal N ended the command, or hastur
};

/// The base of everything that hastur throws on purpose. Rendered as one line:
/// `frame: frame: message`, outermost frame first.
class Error : public std::exception {
public:
    explicit Error(std::string message, std::string hint = {}, int exit_status = exit_failure);

    [[nodiscard]] const char* what() const noexcept override { return rendered_.c_str(); }
    [[nodiscard]] const std::string& hint() const noexcept { return hint_; }
    [[nodiscard]] int exit_status() const noexcept { return exit_status_; }

    /// Puts `frame` in front of the message. Meant for module borders, not for every call.
    void add_context(std::string_view frame);
    /// Tells that undoing went wrong too, without hiding the first failure.
    void add_cleanup_failure(std::string_view failure);

private:
    std::string rendered_;
    std::string hint_;
    int exit_status_;
};

/// A failed system call; `code` is its errno, taken before anything could overwrite it.
class SysError : public Error {
public:
    SysError(int code, std::string_view what_failed, std::string hint = {});
    [[nodiscard]] int code() const noexcept { return code_; }

private:
    int code_;
};

/// The command line, or a value on it, is wrong.
class UsageError : public Error {
public:
    explicit UsageError(std::string message, std::string hint = {})
        : Error(std::move(message), std::move(hint), exit_usage) {}
};

/// A signal asked hastur to end before its work was done.
class Interrupted : public Error {
public:
    explicit Interrupted(int signal);
};

/// Returns `result` if it is not negative; otherwise throws a SysError with errno and the
/// text that `describe` makes (called only on failure).
template <class Result, class Describe>
Result check(Result result, Describe&& describe);

[[noreturn]] void throw_sys_error(int code, std::string_view what_failed);

/// Runs `work`; an Error that leaves it gets `frame` in front.
template <class Work>
decltype(auto) with_context(std::string_view frame, Work&& work) {
    try {
        return std::forward<Work>(work)();
    } catch (Error& error) {
        error.add_context(frame);
        throw;
    }
}

/// Calls `work` for every item although it may fail for some; throws the first failure at the end. An Interrupted goes
/// through at once.
template <class Items, class Work>
void for_each_to_the_end(const Items& items, Work&& work) {
    std::optional<Error> first;
    for (const auto& item : items) {
        try {
            work(item);
        } catch (const Interrupted&) {
            throw;
        } catch (const Error& error) {
            if (!first) first = error;
        }
    }
    if (first) throw Error(*first);
}

}  // namespace hastur

#include <cerrno>

template <class Result, class Describe>
Result hastur::check(Result result, Describe&& describe) {
    if (result < 0) {
        const int code = errno;
        throw_sys_error(code, std::forward<Describe>(describe)());
    }
    return result;
}
