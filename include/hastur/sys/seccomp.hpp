#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hastur/base/error.hpp"

/// Seccomp filters of other processes and of our children (seccomp(2), ptrace(2), proc_pid_status(5)).
namespace hastur::seccomp {

/// One filter as the kernel runs it.
struct Filter {
    std::vector<sock_filter> program;  ///< 1 to BPF_MAXINSNS instructions
    std::uint32_t flags = 0;           ///< of SECCOMP_SET_MODE_FILTER; the kernel tells SECCOMP_FILTER_FLAG_LOG only
};
/// In the order in which they were installed.
using Filters = std::vector<Filter>;

/// How many filters a process has, those that it inherited included. nullopt if it is gone, or the kernel has none.
[[nodiscard]] std::optional<unsigned> count_of(pid_t process);
/// All of them. The process is stopped for the moment. Throws SysError where the kernel does not allow it (Yama; no
/// CONFIG_CHECKPOINT_RESTORE; to those who have filters themselves).
[[nodiscard]] Filters filters_of(pid_t process);
/// Installs one for the calling thread, for good. Async-signal-safe; false with errno if the kernel refuses it.
[[nodiscard]] bool install(const Filter& filter) noexcept;

}  // namespace hastur::seccomp
