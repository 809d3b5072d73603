#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hastur/sys/seccomp.hpp"

namespace hastur::container {

/// systemd-nspawn compiles the same seccomp filters at every start, which takes several times as long as all the rest.
/// So they are taken once from a container that it made, and from then on installed ready-made in nspawn's process,
/// before it runs, with SYSTEMD_SECCOMP=0 (systemd's docs/ENVIRONMENT.md).
///
/// A file of /run/hastur/filters, root's alone and gone with the next boot, for each combination of nspawn's binary,
/// its options, the dynamic linker's configuration and the kernel. It names nspawn's libraries too, and is not used
/// when one of them has changed. Nothing is cached where hastur itself runs under a filter, because then the kernel
/// does not show those of others, and where the kernel has no filters.
class FilterCache {
public:
    /// `arguments` and `environment`: nspawn's, as for a start without the cache.
    FilterCache(const std::vector<std::string>& arguments, const std::vector<std::string>& environment);

    /// The filters for such a start; nullopt if they are not known, or the file is damaged or outdated. Throws nothing.
    [[nodiscard]] std::optional<seccomp::Filters> load() const noexcept;
    /// Takes them from the container's first process, whose nspawn made them itself. Throws nothing: whatever goes
    /// wrong, the next start just does without.
    void learn(pid_t leader, pid_t nspawn) const noexcept;
    void forget() const noexcept;

    /// Throws process::FiltersRefused if the container's first process has not all of `filters`, or was started by
    /// another nspawn than they are for.
    void require(const seccomp::Filters& filters, pid_t leader, pid_t nspawn) const;

private:
    std::string key_;      ///< the file's name; empty: nothing is cached
    std::string program_;  ///< identity of nspawn's binary
};

/// What is in a file of the cache.
struct CachedFilters {
    struct Library {
        std::string path, identity;
    };
    std::vector<Library> libraries;
    seccomp::Filters filters;

    [[nodiscard]] std::string encode() const;
    /// nullopt for anything that `encode` did not make.
    [[nodiscard]] static std::optional<CachedFilters> decode(std::string_view bytes);
};

}  // namespace hastur::container
