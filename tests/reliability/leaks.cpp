#include "leaks.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "harness.hpp"

namespace e2e {
namespace {

namespace files = std::filesystem;

std::string contents(const files::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

void entries(const files::path& directory, const std::set<std::string>& kept, std::vector<std::string>& found) {
    std::error_code ignored;
    for (const auto& entry : files::directory_iterator(directory, ignored))
        if (!kept.contains(entry.path().filename())) found.push_back(entry.path());
}

void container_processes(std::vector<std::string>& found) {
    std::error_code ignored;
    for (const auto& entry : files::directory_iterator("/proc", ignored)) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        if (contents(entry.path() / "mountinfo").find(" hastur:") != std::string::npos)
            found.push_back("process " + name + " " + contents(entry.path() / "comm"));
    }
}

void unfinished_files(const files::path& directory, std::vector<std::string>& found) {
    std::error_code ignored;
    for (const auto& entry : files::recursive_directory_iterator(directory, ignored))
        if (entry.path().filename().string().starts_with("-")) found.push_back(entry.path());
}

void lines(const std::string& command, std::vector<std::string>& found) {
    std::istringstream text(sh(command).out);
    for (std::string line; std::getline(text, line);) found.push_back(line);
}

}  // namespace

std::vector<pid_t> descendants(pid_t parent) {
    auto found = children(parent);
    for (std::size_t i = 0; i < found.size(); ++i)
        for (const auto child : children(found[i])) found.push_back(child);
    return found;
}

Watched::Watched(const std::vector<pid_t>& processes) {
    for (const auto pid : processes)
        if (const auto handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); handle >= 0)
            handles_.push_back(handle);
}

Watched::~Watched() {
    for (const int handle : handles_) ::close(handle);
}

int Watched::alive_after(int milliseconds) const {
    using namespace std::chrono;
    const auto deadline = steady_clock::now() + std::chrono::milliseconds(milliseconds);
    int alive = 0;
    for (const int handle : handles_) {
        const auto left = duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
        pollfd polled{handle, POLLIN, 0};
        if (::poll(&polled, 1, static_cast<int>(std::max<long>(left, 0))) != 1) ++alive;
    }
    return alive;
}

std::vector<std::string> leaks(const std::set<std::string>& kept) {
    const files::path root = std::getenv("ROOT");
    std::vector<std::string> found;
    container_processes(found);
    for (const char* part : {"running", "tmp", "locks", "mnt"}) entries(root / part, {}, found);
    entries(root / "containers", kept, found);
    for (const auto& name : kept) entries(root / "containers" / name, {"data", "work", "record.json"}, found);
    std::error_code ignored;
    for (const auto& bridge : files::directory_iterator("/run/hastur/net/bridges", ignored))
        for (const char* part : {"leases", "uplinks"}) entries(bridge.path() / part, {}, found);
    unfinished_files("/run/hastur", found);
    wait_for_interfaces();
    lines("ip route show table all proto 104; ip -o link | grep -o ': h-[^:]*'", found);
    lines(
        "grep hastur /proc/self/mountinfo; ls -Ad /tmp/nspawn* /tmp/hastur* /tmp/mmdebstrap* /tmp/unified* "
        "/run/systemd/nspawn/* "
        "2>/dev/null",
        found);
    return found;
}

void report_kills(const std::string& life, unsigned points, unsigned kills, unsigned leaks) {
    std::cout << "== killed in: " << std::left << std::setw(32) << life << std::right << std::setw(4) << points
              << " points tried, " << std::setw(4) << kills << " kills, " << leaks << " leaks\n";
}

}  // namespace e2e
