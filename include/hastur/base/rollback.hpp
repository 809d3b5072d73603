#pragma once

#include <functional>
#include <vector>

namespace hastur {

/// Undo steps for what is no handle. They run in reverse order when the Rollback goes
/// out of scope, unless `dismiss` was called. A step that throws does not stop the others.
class Rollback {
public:
    Rollback() = default;
    Rollback(const Rollback&) = delete;
    Rollback& operator=(const Rollback&) = delete;
    ~Rollback();

    void add(std::function<void()> undo) { steps_.push_back(std::move(undo)); }
    void dismiss() noexcept { steps_.clear(); }

private:
    std::vector<std::function<void()>> steps_;
};

}  // namespace hastur
