#pragma once

#include "hastur/storage/root.hpp"

namespace hastur::container {

/// Cleans up behind every hastur that died: containers of this root, and what is left on the host's network. What
/// resists is told to the user and does not stop the rest.
void reap(const Root& root);

}  // namespace hastur::container
