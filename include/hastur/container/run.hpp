#pragma once

#include <optional>
#include <string>

#include "hastur/container/nspawn.hpp"
#include "hastur/image/manifest.hpp"
#include "hastur/storage/root.hpp"
#include "hastur/types/bridge_spec.hpp"
#include "hastur/types/name.hpp"
#include "hastur/types/storage_spec.hpp"

namespace hastur::container {

/// Everything that `hastur -S` can be told.
struct RunSpec {
    std::optional<Name> name;
    bool keep = false;         ///< keep a container whose name was made up
    bool keep_failed = false;  ///< keep it if the command failed
    bool bootstrap_anew = false;
    image::Choice image;
    StorageSpec storage;
    BridgeSpec bridge;
    std::optional<AddressSpec> address;
    std::optional<IfName> uplink;
    std::optional<std::string> copy_from;  ///< a directory whose entries go into the container
    CommandLine command;
    bool own_filters = false;  ///< let nspawn compile its seccomp filters itself, as without hastur
};

/// Creates the container or takes up an old one, runs the command in it, and cleans up. Returns the exit status.
[[nodiscard]] int run(const Root& root, const RunSpec& spec);

}  // namespace hastur::container
