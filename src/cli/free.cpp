#include "hastur/base/error.hpp"
#include "hastur/cli/commands.hpp"
#include "hastur/container/destroy.hpp"
#include "hastur/container/reap.hpp"

namespace hastur::cli {

int free(const Options& options) {
    if (auto root = Root::open_if_exists(options.root)) {
        container::reap(*root);
        container::free(*root, options.force);
    } else {
        container::free_network();
    }
    return exit_success;
}

}  // namespace hastur::cli
