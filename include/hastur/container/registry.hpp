#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "hastur/container/record.hpp"
#include "hastur/storage/root.hpp"
#include "hastur/sys/lock.hpp"
#include "hastur/sys/orphans.hpp"
#include "hastur/types/name.hpp"

namespace hastur::container {

/// The right to do something with the container of one name. Two locks in one file (ROOT/running/NAME): `running` is
/// held for a container's whole run, `changing` also while somebody destroys or reaps it, which is short. The kernel
/// drops both when hastur dies; the file that is then left tells the next command where to clean up.
class Claim {
public:
    static constexpr off_t changing = 0;
    static constexpr off_t running = 1;

    [[nodiscard]] const Name& name() const noexcept { return name_; }
    /// Gives the right back and forgets the file. Not called by the destructor: a file that stays asks to be reaped.
    void close();

private:
    friend class Registry;
    Claim(const Root& root, Name name);

    Name name_;
    LockFile lock_;
};

/// The containers of one root.
class Registry {
public:
    explicit Registry(const Root& root) : root_(root) {}

    /// For a run. Throws if the container is running; waits for somebody who destroys it.
    [[nodiscard]] Claim claim_for_run(const Name& name) const;
    /// For a run, with a name that is not in use.
    [[nodiscard]] Claim claim_new_name() const;
    /// To destroy it; nullopt if it is running.
    [[nodiscard]] std::optional<Claim> claim_to_destroy(const Name& name) const;

    /// Waits until the hastur that runs it has ended.
    void wait_until_ended(const Name& name, const std::function<void()>& each_second) const;

    [[nodiscard]] std::vector<Name> names() const;
    [[nodiscard]] bool exists(const Name& name) const;
    [[nodiscard]] bool active(const Name& name) const;
    /// Throws Error with the reason if the record is damaged, missing included.
    [[nodiscard]] Record load(const Name& name) const;

    /// Makes the container's directories if they are missing. Call with a claim. An ephemeral one gets a mark besides:
    /// its record is not synced, so after a power cut the mark may be all that tells.
    void prepare(const Name& name, bool ephemeral) const;
    void save(const Record& record) const;
    /// For one that is kept after all, once its record says so.
    void forget_that_it_was_ephemeral(const Name& name) const;
    /// Removes the container. Call with a claim.
    void destroy(const Name& name) const;

    /// Cleans up behind every hastur that died: ends what is left of its container, removes an ephemeral one's data.
    /// Costs one look at each running container, none at the others.
    void reap() const;

private:
    [[nodiscard]] bool is_dead(const Name& name) const;
    void reap_if_dead(const Name& name, const Survivors& survivors) const;
    /// Whether a container without a whole record holds nothing that anybody wants back.
    [[nodiscard]] bool is_worthless(const Name& name) const;
    /// Puts in order what a dead run left of this container; call with a claim.
    void reap_one(const Name& name, const Survivors& survivors = {}) const;
    /// Kills what is left of it, no more. The record, if it is whole.
    std::optional<Record> end_dead_run(const Name& name, const Survivors& survivors = {}) const;
    /// nullopt if the record is damaged or missing.
    [[nodiscard]] std::optional<Record> load_if_whole(const Name& name) const;

    const Root& root_;
};

}  // namespace hastur::container
