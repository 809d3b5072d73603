#pragma once

#include "hastur/image/manifest.hpp"

namespace hastur::image {

/// The last touches to a bootstrapped tree: what belongs to one host or one container goes, what the package
/// sources need to be used from inside comes.
void finish(int rootfs, const Manifest& manifest);

/// First line of the files in /etc that hastur writes anew at every start of a container.
inline constexpr const char* managed_file_mark =
    "# Written by hastur at every start. Remove this line to keep your own.\n";

}  // namespace hastur::image
