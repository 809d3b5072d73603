#include "hastur/sys/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "hastur/sys/signals.hpp"
#include "hastur/types/text.hpp"

namespace hastur {
namespace {

std::string describe(int status) {
    if (WIFSIGNALED(status)) return fmt::format("was killed by SIG{}", sigabbrev_np(WTERMSIG(status)));
    return fmt::format("failed with status {}", WEXITSTATUS(status));
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

struct Pipe {
    UniqueFd read, write;
    Pipe() {
        std::array<int, 2> ends{};
        check(::pipe2(ends.data(), O_CLOEXEC), [] { return "pipe"; });
        read.reset(ends[0]);
        write.reset(ends[1]);
    }
};

/// Reads what is there; closes the descriptor at its end.
std::string drain(UniqueFd& fd) {
    std::array<char, 65536> buffer{};
    const auto got = TEMP_FAILURE_RETRY(::read(fd.get(), buffer.data(), buffer.size()));
    if (got <= 0) {
        fd.reset();
        return {};
    }
    return {buffer.data(), static_cast<std::size_t>(got)};
}

/// Cuts a stream into lines and keeps its end.
class ErrorStream {
public:
    explicit ErrorStream(const std::function<void(std::string_view)>& on_line) : on_line_(on_line) {}
    void add(const std::string& bytes) {
        constexpr std::size_t longest_tail = 8192;
        tail_ += bytes;
        if (tail_.size() > longest_tail) tail_.erase(0, tail_.size() - longest_tail);
        partial_ += bytes;
        for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n')) {
            if (on_line_) on_line_(std::string_view(partial_).substr(0, end));
            partial_.erase(0, end + 1);
        }
    }
    [[nodiscard]] std::string tail() const { return tail_; }

private:
    const std::function<void(std::string_view)>& on_line_;
    std::string partial_, tail_;
};

}  // namespace

ProcessError::ProcessError(const std::string& program, int status, std::string tail)
    : Error(fmt::format("{} {}", base_name(program), describe(status))), tail_(std::move(tail)) {}

namespace process {

std::optional<std::string> find(const std::string& program) {
    const char* path = std::getenv("PATH");
    const auto directories = std::string(path != nullptr ? path : "") + ":/usr/sbin:/usr/bin:/sbin:/bin";
    for (const auto directory : text::split(directories, ':')) {
        if (directory.empty() || directory.front() != '/') continue;
        auto candidate = fmt::format("{}/{}", directory, program);
        if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return std::nullopt;
}

std::string require(const std::string& program, const std::string& package) {
    if (auto found = find(program)) return *found;
    throw Error(program + " is not installed", "on Debian and Ubuntu it comes with: apt-get install " + package);
}

Output run(Program program, std::string_view input, const std::function<void(std::string_view)>& on_error_line) {
    constexpr std::size_t longest_output = 16U << 20U;
    Pipe in, out, error;
    program.standard_in = in.read.get();
    program.standard_out = out.write.get();
    program.standard_error = error.write.get();
    if (!program.environment) {
        program.environment.emplace();
        for (char** entry = environ; *entry != nullptr; ++entry)
            if (std::strncmp(*entry, "LC_ALL=", 7) != 0) program.environment->emplace_back(*entry);
        program.environment->emplace_back("LC_ALL=C");
    }
    Child child(program);
    child.confirm();
    in.read.reset();
    out.write.reset();
    error.write.reset();
    if (input.empty())
        in.write.reset();
    else
        ::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);

    Output output;
    ErrorStream errors(on_error_line);
    while (out.read || error.read) {
        std::array<pollfd, 4> polled{{{signals::fd(), POLLIN, 0},
                                      {out.read.get(), POLLIN, 0},
                                      {error.read.get(), POLLIN, 0},
                                      {in.write.get(), POLLOUT, 0}}};
        check(TEMP_FAILURE_RETRY(::poll(polled.data(), polled.size(), -1)), [] { return "poll"; });
        if (polled[0].revents != 0) signals::check();  // the child's destructor ends it
        if (polled[1].revents != 0) output.out += drain(out.read);
        if (output.out.size() > longest_output) throw Error(base_name(program.argv[0]) + " printed too much");
        if (polled[2].revents != 0) errors.add(drain(error.read));
        if (polled[3].revents != 0) {
            const auto written = ::write(in.write.get(), input.data(), input.size());
            if (written > 0) input.remove_prefix(static_cast<std::size_t>(written));
            if (input.empty() || (written < 0 && errno != EAGAIN && errno != EINTR)) in.write.reset();
        }
    }
    output.error_tail = errors.tail();
    // Some programs complain on stdout.
    if (const int status = child.wait(); status != 0)
        throw ProcessError(program.argv[0], status, output.error_tail.empty() ? output.out : output.error_tail);
    return output;
}

}  // namespace process
}  // namespace hastur
