#include "hastur/container/query.hpp"

#include <fmt/format.h>

#include "hastur/base/error.hpp"
#include "hastur/container/registry.hpp"
#include "hastur/sys/fs.hpp"

namespace hastur::container {
namespace {

/// nullopt for a container that is just being made or destroyed: it is not there yet, or not any more.
std::optional<Status> status_of(const Root& root, const Registry& registry, const Name& name) {
    Status status;
    status.active = registry.active(name);
    status.root = fmt::format("{}/containers/{}/data", root.path(), name.str());
    try {
        status.record = registry.load(name);
    } catch (const Error& error) {
        if (status.active || !registry.exists(name) || fs::exists(root.running(), name.str())) return std::nullopt;
        status.record.name = name.str();
        status.damage = error.what();
        return status;
    }
    if (!status.active) status.record.pid = 0;
    if (status.record.pid > 0) status.root = fmt::format("/proc/{}/root", status.record.pid);
    return status;
}

}  // namespace

std::vector<Status> query(const Root& root, const std::vector<Name>& names) {
    const Registry registry(root);
    std::vector<Status> all;
    for (const auto& name : names.empty() ? registry.names() : names) {
        auto status = status_of(root, registry, name);
        if (status)
            all.push_back(std::move(*status));
        else if (!names.empty())
            throw Error("there is no container '" + name.str() + "'");
    }
    return all;
}

}  // namespace hastur::container
