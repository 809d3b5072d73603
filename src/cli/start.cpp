#include "hastur/cli/commands.hpp"

namespace hastur::cli {

int start(const Options& options) {
    const auto root = Root::open(options.root);
    return container::run(root, options.run);
}

}  // namespace hastur::cli
