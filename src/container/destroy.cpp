#include "hastur/container/destroy.hpp"

#include <optional>

#include "hastur/base/error.hpp"
#include "hastur/base/log.hpp"
#include "hastur/container/registry.hpp"
#include "hastur/image/store.hpp"
#include "hastur/net/connection.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/orphans.hpp"

namespace hastur::container {
namespace {

void kill_container(const Registry& registry, const Name& name) {
    try {
        const auto record = registry.load(name);
        if (record.pid > 0) kill_leader(record.run, static_cast<pid_t>(record.pid));
    } catch (const Error& error) {
        log::debug("{}", error.what());  // it is going just now
    }
}

/// Ends a running container from outside; its hastur then cleans up and ends. nullopt if it is gone after that.
std::optional<Claim> end_and_claim(const Registry& registry, const Name& name) {
    while (registry.exists(name)) {
        if (auto claim = registry.claim_to_destroy(name)) return claim;
        kill_container(registry, name);
        // Each second once more: it may have been too early in its start to have a process.
        registry.wait_until_ended(name, [&] { kill_container(registry, name); });
    }
    return std::nullopt;
}

void destroy_one(const Registry& registry, const Name& name, bool force) {
    if (!registry.exists(name)) throw Error("there is no container '" + name.str() + "'");
    auto claim = force ? end_and_claim(registry, name) : registry.claim_to_destroy(name);
    if (!claim && force) return;  // it was ephemeral, and is gone
    if (!claim) throw Error("container '" + name.str() + "' is running", "end it first, or use -f");
    with_context("destroying container '" + name.str() + "'", [&] { registry.destroy(name); });
    claim->close();
}

}  // namespace

void destroy(const Root& root, const std::vector<Name>& names, bool force) {
    const Registry registry(root);
    std::optional<Error> first;
    for (const auto& name : names) {
        try {
            destroy_one(registry, name, force);
        } catch (const Interrupted&) {
            throw;
        } catch (const Error& error) {
            if (first)
                log::failure("{}", error.what());
            else
                first = error;
        }
    }
    if (first) throw Error(*first);
}

void free(Root& root, bool force) {
    const Registry registry(root);
    auto names = registry.names();
    if (!force)
        for (const auto& name : names)
            if (registry.active(name))
                throw Error("container '" + name.str() + "' is running", "end it first, or use -f");
    std::erase_if(names, [&](const Name& name) { return !registry.exists(name); });
    destroy(root, names, force);
    // What bears no valid name is no container, but lies where containers are.
    for (const auto& entry : fs::list(root.containers()))
        if (!Name::valid(entry)) discard(root, root.containers(), entry);
    const image::Store store(root);
    for (const auto& image : store.list()) store.remove(image.id);
    registry.reap();
    empty_tmp(root);
    free_network();
    if (!root.dissolve()) log::debug("somebody else uses the root: its directories stay");
}

void free_network() {
    if (!net::remove_all()) log::status("the network stays as it is: containers of another root, or an uplink, use it");
}

}  // namespace hastur::container
