#include "hastur/container/destroy.hpp"

#include "hastur/base/error.hpp"
#include "hastur/cli/commands.hpp"
#include "hastur/container/reap.hpp"
#include "hastur/image/store.hpp"

namespace hastur::cli {

int destroy(const Options& options) {
    const auto root = Root::open_if_exists(options.root);
    if (!root) throw Error("there is no container '" + options.names.front().str() + "'");
    container::reap(*root);
    container::destroy(*root, options.names, options.force);
    return exit_success;
}

int destroy_images(const Options& options) {
    const auto root = Root::open_if_exists(options.root);
    if (root) container::reap(*root);
    for_each_to_the_end(options.image_ids, [&](const std::string& id) {
        if (!root || !image::Store(*root).remove(id)) throw Error("there is no image '" + id + "'");
    });
    return exit_success;
}

}  // namespace hastur::cli
