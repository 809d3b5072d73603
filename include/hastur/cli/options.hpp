#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hastur/container/run.hpp"

namespace hastur::cli {

enum class Operation { start, query_containers, query_images, destroy, destroy_images, free, help, version };

/// The command line, understood and checked; nothing of the system was touched for it.
struct Options {
    Operation operation = Operation::help;
    std::string root = "/var/lib/hastur";
    bool quiet = false;
    bool verbose = false;
    bool force = false;
    bool json = false;
    std::vector<Name> names;             ///< of -Q and -D
    std::vector<std::string> image_ids;  ///< of -Di
    container::RunSpec run;              ///< of -S
};

/// Throws UsageError.
[[nodiscard]] Options parse(int argc, const char* const* argv);
[[nodiscard]] std::string help();

}  // namespace hastur::cli
