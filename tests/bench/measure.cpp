#include "measure.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <random>
#include <thread>

#include "hastur/base/error.hpp"
#include "hastur/sys/process.hpp"

namespace bench {

double Times::quantile(double q) const {
    auto sorted = all_;
    std::ranges::sort(sorted);
    if (sorted.empty()) return NAN;
    const auto place = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const auto above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], place - std::floor(place));
}

double milliseconds(const std::function<void()>& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

void interleave(std::vector<Subject>& subjects, int rounds) {
    constexpr auto pause = std::chrono::milliseconds(100);
    std::mt19937 random(std::random_device{}());
    std::vector<Subject*> order;
    for (auto& subject : subjects) {
        order.push_back(&subject);
        subject.run();
    }
    for (int round = 0; round < rounds; ++round) {
        std::ranges::shuffle(order, random);
        for (auto* subject : order) {
            std::this_thread::sleep_for(pause);
            subject->alone.add(milliseconds(subject->run));
            for (int i = 0; i < runs_in_a_row; ++i) subject->in_a_row.add(milliseconds(subject->run));
        }
        std::cerr << '.' << std::flush;
    }
    std::cerr << '\n';
}

void execute(const std::vector<std::string>& argv) {
    const hastur::UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const hastur::UniqueFd errors(::open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
    hastur::process::Child child(
        {.argv = argv, .standard_in = nothing.get(), .standard_out = nothing.get(), .standard_error = errors.get()});
    child.confirm();
    const int status = child.wait();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    std::string said(1000, '\0');
    said.resize(static_cast<std::size_t>(std::max<ssize_t>(::pread(errors.get(), said.data(), said.size(), 0), 0)));
    throw hastur::Error(argv.front() + " failed: " + said);
}

std::string shell(const std::string& line) { return hastur::process::run({.argv = {"/bin/sh", "-c", line}}).out; }

}  // namespace bench
