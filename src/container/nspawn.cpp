#include "hastur/container/nspawn.hpp"

#include <algorithm>

#include "hastur/init/protocol.hpp"

namespace hastur::container {

std::vector<std::string> nspawn_arguments(const Launch& launch) {
    std::vector<std::string> arguments{
        launch.program, "--quiet", "--settings=no",
        // Not registered with machined, no scope unit: two D-Bus round trips less at every start, the same behaviour
        // where no systemd runs, and two roots can each have a container of the same name.
        "--register=no", "--keep-unit", "--directory=" + launch.root, "--machine=" + launch.name,
        "--hostname=" + launch.name, "--network-namespace-path=" + launch.network_namespace,
        // As nspawn does where it makes the network namespace itself (--private-network): it is the container's own.
        "--capability=CAP_NET_ADMIN",
        // hastur has seen to these itself, or they are of no use in a container of this kind.
        "--resolv-conf=off", "--timezone=off", "--link-journal=no",
        launch.terminal ? "--console=interactive" : "--console=pipe", "--", init::path};
    for (const auto& variable : launch.command.environment) arguments.insert(arguments.end(), {"-E", variable});
    const auto& words = launch.command.words;
    if (words.empty()) {
        arguments.emplace_back("-l");
    } else if (words.size() == 1 && words.front().find_first_of(" \t\n") != std::string::npos) {
        arguments.insert(arguments.end(), {"-c", words.front()});
    } else {
        arguments.emplace_back("--");
        std::ranges::copy(words, std::back_inserter(arguments));
    }
    return arguments;
}

std::vector<std::string> nspawn_environment(const std::string& path, const std::string& term, bool unified_cgroups) {
    std::vector<std::string> environment{
        "PATH=" + path, "TERM=" + term, "LC_ALL=C",
        // hastur's own lock guards the container; nspawn's would stay behind in /run when it is killed.
        "SYSTEMD_NSPAWN_LOCK=0",
        // What is written to /tmp is part of the container's data.
        "SYSTEMD_NSPAWN_TMPFS_TMP=0",
        // The command's stderr is the user's: only what makes nspawn fail belongs there.
        "SYSTEMD_LOG_LEVEL=err"};
    // Told, because otherwise nspawn looks for a systemd in the image, by paths that a container may have made links
    // of, and where there is none it mounts v1 for the whole host. v2 even beside v1: nspawn then need not join two
    // trees, for which it mounts one of them in a directory in /tmp that stays when it is killed.
    environment.emplace_back(std::string("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=") + (unified_cgroups ? "1" : "0"));
    return environment;
}

}  // namespace hastur::container
