#include "hastur/storage/root.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <climits>
#include <cstdlib>
#include <memory>

#include "hastur/base/error.hpp"
#include "hastur/base/fault.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/tree.hpp"
#include "hastur/types/text.hpp"

namespace hastur {
namespace {

constexpr const char* mark = "hastur-root";
constexpr const char* mark_contents = "hastur root directory, layout 1\n";
constexpr int directory = O_RDONLY | O_DIRECTORY;
constexpr const char* subdirectories[] = {"images", "containers", "running", "locks", "layers", "cache", "tmp", "mnt"};

std::string absolute(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
    check(resolved ? 0 : -1, [&] { return "finding " + text::quoted(path); });
    return resolved.get();
}

/// mkdir -p, 0755 for the way there and 0700 for the directory itself.
void make_path(const std::string& path) {
    for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
        fs::make_directory(AT_FDCWD, path.substr(0, slash), 0755);
    fs::make_directory(AT_FDCWD, path, 0700);
}

void refuse_if_open_to_others(int dir, const std::string& path) {
    struct stat info {};
    check(::fstat(dir, &info), [] { return "stat"; });
    if (info.st_uid != 0) throw Error("root directory " + text::quoted(path) + " belongs to another user");
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        throw Error("root directory " + text::quoted(path) + " may be written to by other users",
                    "chmod 700 it, if it is hastur's");
}

void remove_unless_held(int tmp, const std::string& entry) {
    const auto fd = fs::open_beneath_if_exists(tmp, entry, O_RDONLY);
    if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) fs::remove_tree(tmp, entry);
}

/// In place: many may do it at once, and all write the same.
void write_mark(int dir) {
    const auto file = fs::open_beneath(dir, mark, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
    fault::point("created the root's mark");
    fs::write_all(file.get(), mark_contents);
}

/// Makes an empty directory a root. Safe to be done by several at once, and to be killed in: the mark is there from the
/// first moment, and what is missing besides is made by whoever opens the root next.
void mark_as_root(int dir, const std::string& path) {
    refuse_if_open_to_others(dir, path);
    if (!fs::list(dir).empty() && !fs::exists(dir, mark))
        throw Error("the directory is neither empty nor a root of hastur's", "choose another one: -r DIR");
    check(::fchmod(dir, 0700), [] { return "closing it to other users"; });
    write_mark(dir);
}

/// Holds the root shared for the life of the process, so that `dissolve` can tell that it is in use.
void hold(int dir) {
    check(TEMP_FAILURE_RETRY(::flock(dir, LOCK_SH)), [] { return "locking the root directory"; });
}

}  // namespace

Root Root::open(const std::string& path) {
    return with_context("opening root " + text::quoted(path), [&] {
        if (path.empty()) throw UsageError("the path of the root directory is empty");
        make_path(path);
        auto resolved = absolute(path);
        auto dir = fs::open_directory(resolved);
        hold(dir.get());
        if (!fs::exists(dir.get(), mark)) mark_as_root(dir.get(), path);
        return Root(std::move(resolved), std::move(dir));
    });
}

std::optional<Root> Root::open_if_exists(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) < 0 && errno == ENOENT) return std::nullopt;
    return with_context("opening root " + text::quoted(path), [&]() -> std::optional<Root> {
        auto resolved = absolute(path);
        auto dir = fs::open_directory(resolved);
        hold(dir.get());
        if (!fs::exists(dir.get(), mark)) {
            if (fs::list(dir.get()).empty()) return std::nullopt;
            if (!fs::exists(dir.get(), mark)) throw Error("the directory is no root of hastur's");
        }
        return Root(std::move(resolved), std::move(dir));
    });
}

Root::Root(std::string path, UniqueFd dir) : path_(std::move(path)), dir_(std::move(dir)) {
    refuse_if_open_to_others(dir_.get(), path_);
    // An empty mark is one that is just being written, or was when its writer was killed.
    const auto version = fs::read_file(dir_.get(), mark, 4096).value_or("");
    if (version.empty())
        write_mark(dir_.get());
    else if (version != mark_contents)
        throw Error("root directory " + text::quoted(path_) + " was made by another version of hastur");
    images_ = fs::open_or_make_directory(dir_.get(), "images");
    containers_ = fs::open_or_make_directory(dir_.get(), "containers");
    running_ = fs::open_or_make_directory(dir_.get(), "running");
    locks_ = fs::open_or_make_directory(dir_.get(), "locks");
    layers_ = fs::open_or_make_directory(dir_.get(), "layers");
    tmp_ = fs::open_or_make_directory(dir_.get(), "tmp");
    for (const char* name : {"cache", "mnt"})
        if (!fs::exists(dir_.get(), name)) fs::make_directory(dir_.get(), name, 0700);
}

bool Root::dissolve() {
    // Everybody else holds it shared.
    if (::flock(dir_.get(), LOCK_EX | LOCK_NB) < 0) return false;
    if (!fs::list(containers_.get()).empty() || !fs::list(running_.get()).empty() || !fs::list(images_.get()).empty())
        return false;
    for (const char* name : subdirectories) fs::remove_tree(dir_.get(), name);
    fault::point("dissolved the root");
    fs::remove_file(dir_.get(), mark);
    return true;
}

Workspace::Workspace(const Root& root) : root_(root) {
    do {
        name_ = fs::random_hex(8);
        fs::make_directory(root.tmp(), name_, 0700);
        dir_ = fs::open_beneath_if_exists(root.tmp(), name_, directory);
        // Somebody who reaps may have come between the two lines above; then we start again.
    } while (!dir_ || ::flock(dir_.get(), LOCK_SH | LOCK_NB) < 0 || !fs::exists(root.tmp(), name_));
}

Workspace::~Workspace() {
    dir_.reset();
    try {
        remove_unless_held(root_.tmp(), name_);
    } catch (const Error&) {
        // It stays for the next command's empty_tmp.
    }
}

void Workspace::publish(int dir, const std::string& name) const {
    if (fs::exists(dir, name)) {
        if (fs::exchange(root_.tmp(), name_, dir, name)) return;
        discard(root_, dir, name);
    }
    fs::rename(root_.tmp(), name_, dir, name);
}

std::string Workspace::path() const { return root_.path() + "/tmp/" + name_; }

void discard(const Root& root, int dir, const std::string& name) {
    const auto entry = fs::random_hex(8);
    try {
        fs::rename(dir, name, root.tmp(), entry);
    } catch (const SysError& error) {
        if (error.code() == ENOENT) return;  // somebody else was faster
        throw;
    }
    remove_unless_held(root.tmp(), entry);
}

void empty_tmp(const Root& root) {
    for_each_to_the_end(fs::list(root.tmp()), [&](const std::string& entry) { remove_unless_held(root.tmp(), entry); });
}

}  // namespace hastur
