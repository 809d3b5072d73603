#pragma once

#include <string>
#include <vector>

#include "hastur/container/record.hpp"
#include "hastur/storage/root.hpp"
#include "hastur/types/name.hpp"

namespace hastur::container {

/// A container as it is now.
struct Status {
    Record record;
    bool active = false;
    /// A path through which the host sees the container's files: /proc/PID/root while it runs, its data otherwise.
    std::string root;
    std::string damage;  ///< why the record cannot be read; empty if it can
};

/// The containers with these names, or all if none is given, by name. Throws for a name that does not exist.
[[nodiscard]] std::vector<Status> query(const Root& root, const std::vector<Name>& names);

}  // namespace hastur::container
