#pragma once

#include <optional>
#include <string>

#include "hastur/base/unique_fd.hpp"

namespace hastur {

/// A root directory: all that hastur keeps on disk, 0700, root's alone.
///
///     hastur-root        the mark that this directory is hastur's, with the layout's version
///     images/ID/         rootfs/ + image.json
///     containers/NAME/   data/ (upper) + work/ + record.json (+ ephemeral)
///     running/NAME       the lock of a container that is running, or being made or destroyed
///     locks/             locks of images that are being built
///     layers/            what hastur itself adds to every container
///     cache/             downloaded packages
///     tmp/               what is not finished, or not wanted any more; each entry locked by its maker
///     mnt/               where each hastur mounts its container, in a mount namespace of its own
class Root {
public:
    /// Opens the root, or makes one: a missing directory is created, an empty one of root's is taken over. Throws for
    /// a directory that holds anything else, or that somebody else owns or may write to.
    [[nodiscard]] static Root open(const std::string& path);
    /// The same, but a missing or empty directory is left as it is.
    [[nodiscard]] static std::optional<Root> open_if_exists(const std::string& path);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }  ///< absolute, without links
    [[nodiscard]] int dir() const noexcept { return dir_.get(); }
    [[nodiscard]] int images() const noexcept { return images_.get(); }
    [[nodiscard]] int containers() const noexcept { return containers_.get(); }
    [[nodiscard]] int running() const noexcept { return running_.get(); }
    [[nodiscard]] int locks() const noexcept { return locks_.get(); }
    [[nodiscard]] int layers() const noexcept { return layers_.get(); }
    [[nodiscard]] int tmp() const noexcept { return tmp_.get(); }
    [[nodiscard]] std::string mount_point() const { return path_ + "/mnt"; }

    /// Removes the whole layout if no container or image is left and nobody else uses the root. The directory itself
    /// stays. False if somebody does.
    bool dissolve();

private:
    Root(std::string path, UniqueFd dir);
    [[nodiscard]] static std::optional<Root> open_marked(const std::string& path);

    std::string path_;
    UniqueFd dir_, images_, containers_, running_, locks_, layers_, tmp_;
};

/// An entry of ROOT/tmp under construction: locked from birth, so that nobody reaps it. What is not moved out of
/// it is removed with the handle.
class Workspace {
public:
    explicit Workspace(const Root& root);
    ~Workspace();
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] int dir() const noexcept { return dir_.get(); }
    [[nodiscard]] std::string path() const;

    /// Makes the entry itself the one called `name` in `dir`. What had the name before is left to whoever holds it
    /// (flock(2)), and removed when nobody does. In one step where the file system can: then there is a whole entry
    /// with this name at every moment.
    void publish(int dir, const std::string& name) const;

private:
    const Root& root_;
    std::string name_;
    UniqueFd dir_;
};

/// Moves `name` out of `dir` into ROOT/tmp, in one step, and removes it there unless somebody holds a lock on it
/// (flock(2)); then it goes when a later command finds it free.
void discard(const Root& root, int dir, const std::string& name);
/// Removes every entry of ROOT/tmp that nobody holds.
void empty_tmp(const Root& root);

}  // namespace hastur
