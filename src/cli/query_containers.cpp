#include <nlohmann/json.hpp>

#include "hastur/base/error.hpp"
#include "hastur/cli/commands.hpp"
#include "hastur/cli/output.hpp"
#include "hastur/container/query.hpp"
#include "hastur/container/reap.hpp"

namespace hastur::cli {
namespace {

using container::Status;

std::string status_word(const Status& status) {
    if (!status.damage.empty()) return "damaged";
    return status.active ? "active" : "inactive";
}

std::string address_of(const Status& status) { return status.record.address ? status.record.address->str() : ""; }

nlohmann::json to_json(const Status& status) {
    using Json = nlohmann::json;
    const auto& record = status.record;
    const auto text = [](const std::string& value) { return value.empty() ? Json(nullptr) : Json(value); };
    return {{"name", record.name},
            {"status", status_word(status)},
            {"address", text(address_of(status))},
            {"root", status.root},
            {"bridge", text(record.bridge)},
            {"ephemeral", record.ephemeral},
            {"packages", record.packages},
            {"image", text(record.image)},
            {"pid", record.pid > 0 ? Json(record.pid) : Json(nullptr)},
            {"created", record.created > 0 ? Json(record.created) : Json(nullptr)},
            {"started", record.started ? Json(*record.started) : Json(nullptr)},
            {"damage", text(status.damage)}};
}

}  // namespace

int query_containers(const Options& options) {
    std::vector<Status> found;
    if (const auto root = Root::open_if_exists(options.root)) {
        container::reap(*root);
        found = container::query(*root, options.names);
    } else if (!options.names.empty()) {
        throw Error("there is no container '" + options.names.front().str() + "'");
    }
    if (options.json) {
        auto array = nlohmann::json::array();
        for (const auto& status : found) array.push_back(to_json(status));
        print(array.dump(2) + "\n");
        return exit_success;
    }
    Table table({"NAME", "STATUS", "ADDRESS", "ROOT"});
    for (const auto& status : found)
        table.add(
            {status.record.name, status_word(status), status.record.address ? address_of(status) : "-", status.root});
    print(table.render(on_terminal()));
    return exit_success;
}

}  // namespace hastur::cli
