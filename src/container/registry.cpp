#include "hastur/container/registry.hpp"

#include <fcntl.h>

#include <algorithm>

#include "hastur/base/error.hpp"
#include "hastur/base/log.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/orphans.hpp"
#include "hastur/types/json.hpp"

namespace hastur::container {
namespace {

constexpr int directory = O_RDONLY | O_DIRECTORY;
constexpr const char* record_file = "record.json";
constexpr const char* ephemeral_mark = "ephemeral";
constexpr std::size_t record_limit = 1U << 20U;

/// Whether the record was written to its end, whatever it says.
bool has_json(int container) {
    try {
        const auto record = fs::read_file(container, record_file, record_limit);
        return record && json::parse_object(*record);
    } catch (const Error&) {
        return false;
    }
}

}  // namespace

Claim::Claim(const Root& root, Name name) : name_(std::move(name)), lock_(root.running(), name_.str()) {}

void Claim::close() {
    lock_.remove();
    lock_.release(running);
    lock_.release(changing);
}

Claim Registry::claim_for_run(const Name& name) const {
    Claim claim(root_, name);
    if (!claim.lock_.try_exclusive(Claim::running)) throw Error("container '" + name.str() + "' is running already");
    claim.lock_.wait_exclusive(Claim::changing, "somebody who destroys container '" + name.str() + "'");
    // The file may have been replaced during the wait; then the first lock is on the old one.
    if (!claim.lock_.try_exclusive(Claim::running)) throw Error("container '" + name.str() + "' is running already");
    reap_one(name);
    return claim;
}

Claim Registry::claim_new_name() const {
    while (true) {
        const auto name = Name::random();
        if (exists(name) || fs::exists(root_.running(), name.str())) continue;
        Claim claim(root_, name);
        // The file may have been replaced between the two locks; then the first one is on the old file.
        if (claim.lock_.try_exclusive(Claim::running) && claim.lock_.try_exclusive(Claim::changing) &&
            claim.lock_.try_exclusive(Claim::running) && !exists(name))
            return claim;
    }
}

std::optional<Claim> Registry::claim_to_destroy(const Name& name) const {
    Claim claim(root_, name);
    if (claim.lock_.held(Claim::running)) return std::nullopt;
    claim.lock_.wait_exclusive(Claim::changing, "somebody who changes container '" + name.str() + "'");
    if (claim.lock_.held(Claim::running)) {
        claim.lock_.release(Claim::changing);
        return std::nullopt;
    }
    // Not more than that: to put in order what is about to go would need room on the disk, which may be full.
    end_dead_run(name);
    return claim;
}

void Registry::wait_until_ended(const Name& name, const std::function<void()>& each_second) const {
    const auto file = fs::open_beneath_if_exists(root_.running(), name.str(), O_RDWR);
    if (!file) return;
    range_lock::wait_exclusive(file.get(), Claim::running, "container '" + name.str() + "' to end", each_second);
}

std::vector<Name> Registry::names() const {
    std::vector<Name> names;
    for (const auto& entry : fs::list(root_.containers()))
        if (Name::valid(entry)) names.emplace_back(entry);
    std::ranges::sort(names);
    return names;
}

bool Registry::exists(const Name& name) const { return fs::exists(root_.containers(), name.str()); }

bool Registry::active(const Name& name) const {
    const auto lock = fs::open_beneath_if_exists(root_.running(), name.str(), O_RDWR);
    return lock && range_lock::held(lock.get(), Claim::running);
}

Record Registry::load(const Name& name) const {
    const auto contents = fs::read_file(root_.containers(), name.str() + "/" + record_file, record_limit);
    if (!contents) throw Error("the record is missing");
    auto record = Record::from_json(*contents);
    if (record.name != name.str()) throw Error("the record belongs to another container");
    return record;
}

void Registry::prepare(const Name& name, bool ephemeral) const {
    fs::make_directory(root_.containers(), name.str(), 0700);
    const auto dir = fs::open_beneath(root_.containers(), name.str(), directory);
    if (ephemeral) [[maybe_unused]]
        const auto mark = fs::open_beneath(dir.get(), ephemeral_mark, O_WRONLY | O_CREAT, 0600);
    // What the container sees as its own "/" has this directory's mode.
    fs::make_directory(dir.get(), "data", 0755);
    fs::make_directory(dir.get(), "work", 0700);
}

void Registry::save(const Record& record) const {
    const auto dir = fs::open_beneath(root_.containers(), record.name, directory);
    const auto durability = record.ephemeral ? fs::Durability::cached : fs::Durability::durable;
    fs::write_file(dir.get(), record_file, record.to_json(), 0600, durability);
}

void Registry::destroy(const Name& name) const {
    if (exists(name)) discard(root_, root_.containers(), name.str());
}

bool Registry::is_worthless(const Name& name) const {
    const auto container = fs::open_beneath(root_.containers(), name.str(), directory);
    if (fs::exists(container.get(), ephemeral_mark)) return !has_json(container.get());
    // A start that died before it wrote a record has left nothing but empty directories.
    const auto data = fs::open_beneath_if_exists(container.get(), "data", directory);
    return !fs::exists(container.get(), record_file) && (!data || fs::list(data.get()).empty());
}

void Registry::forget_that_it_was_ephemeral(const Name& name) const {
    fs::remove_file(root_.containers(), name.str() + "/" + ephemeral_mark);
}

std::optional<Record> Registry::load_if_whole(const Name& name) const {
    try {
        return load(name);
    } catch (const Error& damage) {
        log::debug("container '{}': {}", name.str(), damage.what());
        return std::nullopt;
    }
}

std::optional<Record> Registry::end_dead_run(const Name& name, const Survivors& survivors) const {
    if (!exists(name)) return std::nullopt;
    auto record = load_if_whole(name);
    if (record && !record->run.empty()) survivors.kill(record->run);
    return record;
}

void Registry::reap_one(const Name& name, const Survivors& survivors) const {
    if (!exists(name)) return;
    // Even where the record is an old one that is whole, the new one may have been half written.
    fs::remove_unfinished(fs::open_beneath(root_.containers(), name.str(), directory).get());
    auto record = end_dead_run(name, survivors);
    if (!record) {
        if (is_worthless(name)) destroy(name);
        return;
    }
    if (record->run.empty()) return;
    log::debug("cleaning up behind container '{}'", name.str());
    if (record->ephemeral) return destroy(name);
    record->run.clear();
    record->pid = 0;
    save(*record);
    forget_that_it_was_ephemeral(name);
}

void Registry::reap() const {
    std::vector<Name> dead;
    std::set<std::string> runs;
    for (const auto& entry : fs::list(root_.running())) {
        if (!Name::valid(entry)) continue;
        const Name name(entry);
        try {
            if (!is_dead(name)) continue;
            // The lock again, because the record may be that of somebody who has just begun.
            const auto record = load_if_whole(name);
            if (record && is_dead(name)) runs.insert(record->run);
        } catch (const Error&) {
            // It fails again below, where it keeps nobody else from being reaped.
        }
        dead.push_back(name);
    }
    if (dead.empty()) return;
    const Survivors survivors(std::move(runs));
    for_each_to_the_end(dead, [&](const Name& name) { reap_if_dead(name, survivors); });
}

bool Registry::is_dead(const Name& name) const {
    const auto file = fs::open_beneath_if_exists(root_.running(), name.str(), O_RDWR);
    return file && !range_lock::held(file.get(), Claim::running) && !range_lock::held(file.get(), Claim::changing);
}

void Registry::reap_if_dead(const Name& name, const Survivors& survivors) const {
    Claim claim(root_, name);
    if (!claim.lock_.try_exclusive(Claim::changing) || claim.lock_.held(Claim::running)) return;
    reap_one(name, survivors);
    claim.close();
}

}  // namespace hastur::container
