#pragma once

#include <string>
#include <vector>

namespace hastur::container {

/// What runs in the container.
struct CommandLine {
    std::vector<std::string> words;        ///< empty: a login shell; one word with a blank in it: for the shell
    std::vector<std::string> environment;  ///< K=V, on top of the clean one
};

/// What systemd-nspawn is told.
struct Launch {
    std::string program;  ///< path of systemd-nspawn
    std::string root;     ///< directory with the merged root file system
    std::string name;
    std::string network_namespace;  ///< path
    bool terminal = false;          ///< give the command a terminal of its own
    CommandLine command;
};

/// The arguments of systemd-nspawn(1). Pure.
[[nodiscard]] std::vector<std::string> nspawn_arguments(const Launch& launch);
/// Its whole environment. `path` and `term` are the host's PATH and TERM; `unified_cgroups`: give the container cgroup
/// v2, which the host must have.
[[nodiscard]] std::vector<std::string> nspawn_environment(const std::string& path, const std::string& term,
                                                          bool unified_cgroups);

}  // namespace hastur::container
