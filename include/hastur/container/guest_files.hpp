#pragma once

#include <string>

#include "hastur/types/ipv4.hpp"
#include "hastur/types/name.hpp"

namespace hastur::container {

/// Writes what a container must know about itself into its /etc: hostname, hosts, resolv.conf, and once a machine-id.
/// A file whose first line is not our mark is the user's and is left alone, and so is a link; but a machine-id that is
/// none is replaced, whatever it is. `root` is the
/// directory of the merged root file system; nothing outside of it is read or written, whatever links are there.
void write_guest_files(int root, const Name& name, Ipv4Address address, const std::string& resolv_conf);

/// Throws if a link in the container would lead systemd-nspawn, which reaches a few of its files by their path on the
/// host, out of it. Call last before nspawn is started: nobody but the host's root can change the files from then on.
void refuse_links_out(int root);

}  // namespace hastur::container
