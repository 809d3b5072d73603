#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hastur/base/unique_fd.hpp"
#include "hastur/image/info.hpp"
#include "hastur/storage/root.hpp"

namespace hastur::image {

/// An image that somebody uses: it is not deleted while this lives (a shared flock(2) on its directory).
struct Held {
    std::string id;
    UniqueFd dir;
};

/// The images of one root.
class Store {
public:
    explicit Store(const Root& root) : root_(root) {}

    /// The image for `manifest`, bootstrapped first if it is not there or if `anew`. Concurrent callers with the same
    /// manifest bootstrap once.
    [[nodiscard]] Held ensure(const Manifest& manifest, bool anew) const;
    /// Whether the image's name still leads to what is held.
    [[nodiscard]] bool is_current(const Held& image) const;
    [[nodiscard]] std::vector<Info> list() const;
    /// False if there is none. What runs from it goes on.
    bool remove(const std::string& id) const;
    /// Removes the lock files of bootstraps that were killed.
    void reap() const;

private:
    [[nodiscard]] std::optional<Held> hold(const std::string& id) const;
    void refuse_without_room() const;
    void build(const Manifest& manifest, const std::string& id) const;

    const Root& root_;
};

}  // namespace hastur::image
