#include "hastur/container/destroy.hpp"

#include "hastur/base/error.hpp"
#include "hastur/cli/commands.hpp"
#include "hastur/container/reap.hpp"

namespace hastur::cli {

int destroy(const Options& options) {
    const auto root = Root::open_if_exists(options.root);
    if (!root) throw Error("there is no container '" + options.names.front().str() + "'");
    container::reap(*root);
    container::destroy(*root, options.names, options.force);
    return exit_success;
}

}  // namespace hastur::cli
