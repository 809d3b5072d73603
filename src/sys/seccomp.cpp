#include "hastur/sys/seccomp.hpp"

#include <linux/seccomp.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hastur/sys/fs.hpp"
#include "hastur/types/text.hpp"

namespace hastur::seccomp {
namespace {

/// A process held by ptrace(2), stopped, for as long as this lives.
class Stopped {
public:
    explicit Stopped(pid_t process) : process_(process) {
        check(::ptrace(PTRACE_SEIZE, process, 0, 0), [] { return "tracing the container's first process"; });
        ::ptrace(PTRACE_INTERRUPT, process, 0, 0);
        int status = 0;
        const auto waited = TEMP_FAILURE_RETRY(::waitpid(process, &status, __WALL));
        if (waited != process || !WIFSTOPPED(status)) throw Error("the container's first process ended");
        // A signal may have come first; it is handed on.
        if (status >> 16 != PTRACE_EVENT_STOP) signal_ = WSTOPSIG(status);
    }
    ~Stopped() { ::ptrace(PTRACE_DETACH, process_, 0, signal_); }
    Stopped(const Stopped&) = delete;
    Stopped& operator=(const Stopped&) = delete;

private:
    pid_t process_;
    long signal_ = 0;
};

std::uint32_t flags_of(pid_t process, std::uint64_t index) {
    // struct seccomp_metadata of <linux/ptrace.h>, which cannot be included together with the C library's.
    struct {
        std::uint64_t filter_off, flags;
    } metadata{};
    metadata.filter_off = index;
    check(::ptrace(PTRACE_SECCOMP_GET_METADATA, process, sizeof metadata, &metadata),
          [] { return "reading a seccomp filter's flags"; });
    return static_cast<std::uint32_t>(metadata.flags);
}

}  // namespace

std::optional<unsigned> count_of(pid_t process) {
    constexpr std::size_t limit = 1U << 16U;
    const auto status = fs::read_file("/proc/" + std::to_string(process) + "/status", limit).value_or("");
    for (const auto line : text::split(status, '\n'))
        if (constexpr std::string_view key = "Seccomp_filters:"; line.starts_with(key))
            return static_cast<unsigned>(text::to_number(text::trim(line.substr(key.size()))).value_or(0));
    return std::nullopt;
}

Filters filters_of(pid_t process) {
    const Stopped stopped(process);
    Filters filters;
    // The kernel counts from the oldest, whatever ptrace(2) says (get_nth_filter in kernel/seccomp.c).
    for (std::uint64_t index = 0;; ++index) {
        const auto reading = [] { return "reading a seccomp filter"; };
        const auto length = ::ptrace(PTRACE_SECCOMP_GET_FILTER, process, index, nullptr);
        if (length < 0 && errno == ENOENT) break;
        Filter filter;
        filter.program.resize(static_cast<std::size_t>(check(length, reading)));
        check(::ptrace(PTRACE_SECCOMP_GET_FILTER, process, index, filter.program.data()), reading);
        filter.flags = flags_of(process, index);
        filters.push_back(std::move(filter));
    }
    return filters;
}

bool install(const Filter& filter) noexcept {
    const sock_fprog program{static_cast<unsigned short>(filter.program.size()),
                             const_cast<sock_filter*>(filter.program.data())};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter.flags, &program) == 0;
}

}  // namespace hastur::seccomp
