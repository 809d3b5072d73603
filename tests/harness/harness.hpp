#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

/// Black-box tests: they know hastur only as a program, and what it does only from what the system shows.
namespace e2e {

struct Result {
    int status;  ///< as a shell reports it: 128 + N for signal N
    std::string out, err;
};

/// Runs a shell line, at most a minute long. `$H` is hastur on the tests' root directory, `$ROOT` that directory.
Result sh(const std::string& line, const std::string& input = "");
/// hastur with these words behind it.
Result hastur(const std::string& words, const std::string& input = "");
/// Runs hastur with these words and returns the fault points that it passes, in order.
std::vector<std::string> fault_points(const std::string& words);
/// Makes a second root directory at `path`, with the image of no packages as hard links.
void make_root(const std::string& path);
/// The one container's JSON.
nlohmann::json query(const std::string& name);

/// hastur in the background, with its output on a pipe.
class Background {
public:
    /// `before`: shell commands to run first, such as a trap.
    explicit Background(const std::string& words, const std::string& before = "");
    ~Background();
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Reads its stdout until this text has come; fails the test at its end, or after a minute.
    void expect(const std::string& text);
    /// What it has said so far.
    [[nodiscard]] const std::string& seen() const { return seen_; }
    void signal(int number) const;
    /// Waits until it is stopped (true) or has ended (false).
    bool stopped();
    /// Waits for its end at most so long; true if it came.
    bool ended_within(int milliseconds) const;
    /// Its end, as a shell reports it.
    int wait();

private:
    pid_t pid_ = -1;
    int out_ = -1;
    int status_ = -1;  ///< as waitpid(2) gave it; -1: not yet
    std::string seen_;
};

/// Waits until the process has ended (a zombie counts). False if it has not after `milliseconds`.
bool ended_within(pid_t pid, int milliseconds);
/// The pid of a child process with this program name, or 0.
pid_t child_named(pid_t parent, const std::string& comm);
std::vector<pid_t> children(pid_t parent);

/// All that hastur could leave behind on the host's network and among its mounts and processes, as text.
std::string host_state();
/// What two such texts differ in, line by line.
std::string difference(const std::string& before, const std::string& after);
/// Waits until the kernel has taken down the interfaces of namespaces that are gone.
void wait_for_interfaces();

/// A test on a host of its own: a mount and a network namespace with an uplink to an outside world, in which
/// 192.0.2.1 and 10.255.255.53 (the host's resolver) answer on TCP port 7 with the address of whoever asks.
class Host : public testing::Test {
protected:
    void SetUp() override;
    /// Destroys what the test made and compares the host with what it was.
    void TearDown() override;

private:
    std::string before_;
};

}  // namespace e2e
