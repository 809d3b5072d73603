#pragma once

#include <vector>

#include "hastur/storage/root.hpp"
#include "hastur/types/name.hpp"

namespace hastur::container {

/// Destroys containers with their data. One that runs is an error, unless `force`: then it is ended first. All the
/// names are tried; the first failure is thrown at the end.
void destroy(const Root& root, const std::vector<Name>& names, bool force);

/// Destroys every container and image of the root and what hastur added to the host's network (unless containers of
/// other roots use it), and makes the root an empty directory.
void free(Root& root, bool force);

/// The network's part of that alone, for a root that does not exist.
void free_network();

}  // namespace hastur::container
