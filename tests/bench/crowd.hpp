#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hastur/base/unique_fd.hpp"
#include "hastur/sys/process.hpp"
#include "scene.hpp"

namespace bench {

/// Containers that run `sleep` until this ends.
class Crowd {
public:
    /// Starts them all at once, without waiting for any.
    Crowd(const Scene& scene, int size);
    /// Kills their hasturs and waits for them; what that leaves is the next command's.
    ~Crowd();
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    /// Waits until in every one of them the command runs, and it answers a ping from the host (ICMP echo). How many
    /// have not come so far after a minute.
    [[nodiscard]] int wait_until_reachable();
    /// KiB of memory that one container's hastur has to itself: the median of its proportional set sizes.
    [[nodiscard]] double memory_of_hastur() const;

private:
    struct Progress;
    void read_output(Progress& progress);

    hastur::UniqueFd output_;
    std::string unread_;
    std::vector<std::unique_ptr<hastur::process::Child>> all_;
};

}  // namespace bench
