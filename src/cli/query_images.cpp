#include <algorithm>
#include <ctime>
#include <map>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "hastur/base/error.hpp"
#include "hastur/cli/commands.hpp"
#include "hastur/cli/output.hpp"
#include "hastur/container/query.hpp"
#include "hastur/container/reap.hpp"
#include "hastur/image/store.hpp"
#include "hastur/types/text.hpp"

namespace hastur::cli {
namespace {

/// Names of the containers that were last started from each image.
std::map<std::string, std::vector<std::string>> users(const Root& root) {
    std::map<std::string, std::vector<std::string>> by_image;
    for (const auto& status : container::query(root, {})) by_image[status.record.image].push_back(status.record.name);
    return by_image;
}

nlohmann::json to_json(const image::Info& info, const std::vector<std::string>& used_by) {
    using Json = nlohmann::json;
    return {{"id", info.id},
            {"distribution", info.manifest.os.id},
            {"release", info.manifest.os.release},
            {"architecture", info.manifest.architecture},
            {"packages", info.manifest.packages},
            {"size", info.size},
            {"created", info.created},
            {"last_used", info.last_used},
            {"used_by", used_by},
            {"damage", info.damage.empty() ? Json(nullptr) : Json(info.damage)}};
}

}  // namespace

int query_images(const Options& options) {
    std::vector<image::Info> found;
    std::map<std::string, std::vector<std::string>> used_by;
    if (const auto root = Root::open_if_exists(options.root)) {
        container::reap(*root);
        found = image::Store(*root).list();
        used_by = users(*root);
    }
    if (options.json) {
        auto array = nlohmann::json::array();
        for (const auto& info : found) array.push_back(to_json(info, used_by[info.id]));
        print(array.dump(2) + "\n");
        return exit_success;
    }
    Table table({"ID", "SYSTEM", "SIZE", "LAST USED", "PACKAGES"});
    for (const auto& info : found) {
        if (!info.damage.empty()) {
            table.add({info.id, "damaged", "-", "-", info.damage});
            continue;
        }
        const auto packages = text::join(info.manifest.packages, ",");
        table.add({info.id, info.manifest.os.id + ":" + info.manifest.os.release, fmt::format("{}M", info.size >> 20U),
                   fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::localtime(static_cast<std::time_t>(info.last_used))),
                   packages.empty() ? "-" : packages});
    }
    print(table.render(on_terminal()));
    return exit_success;
}

}  // namespace hastur::cli
