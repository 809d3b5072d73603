#pragma once

#include <string>

#include "hastur/storage/root.hpp"

namespace hastur::container {

/// A read-only layer with nothing in it but hastur's init, which is part of this binary. Written to ROOT/layers once;
/// since overlayfs never writes to a lower layer, no container can change it. Returns its path relative to the root.
[[nodiscard]] std::string ensure_init_layer(const Root& root);

}  // namespace hastur::container
