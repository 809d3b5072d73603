#pragma once

#include <string>
#include <vector>

#include "measure.hpp"
#include "scene.hpp"

namespace bench {

/// Those of the peers that this machine has, each running /bin/true in a new container with a network interface of its
/// own on a bridge. `missing`: why the others are not there, one line each.
std::vector<Subject> peers(const Scene& scene, std::vector<std::string>& missing);

/// What no container can do without, by hand and without any isolation beyond it: namespaces, overlay, veth, chroot,
/// and the removal of the data.
Subject floor(const Scene& scene);

/// systemd-nspawn with all that hastur prepares for it made before and the same options: its own share of hastur's
/// start.
Subject nspawns_share(const Scene& scene);

}  // namespace bench
