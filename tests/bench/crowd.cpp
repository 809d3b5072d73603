#include "crowd.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <set>

#include <fmt/format.h>

#include "hastur/base/error.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/types/text.hpp"
#include "measure.hpp"

namespace bench {
namespace {

/// The sum of RFC 1071.
std::uint16_t checksum(const icmphdr& header) {
    std::array<std::uint16_t, sizeof header / 2> words{};
    std::memcpy(words.data(), &header, sizeof header);
    std::uint32_t sum = 0;
    for (const auto word : words) sum += word;
    while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

/// Asks addresses for an echo (RFC 792) and hears who answers.
class Pinger {
public:
    Pinger() : socket_(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP)) {
        hastur::check(socket_.get(), [] { return "opening a raw socket"; });
    }
    [[nodiscard]] int fd() const { return socket_.get(); }

    void ask(const std::string& address) const {
        icmphdr echo{};
        echo.type = ICMP_ECHO;
        echo.checksum = checksum(echo);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
        ::sendto(socket_.get(), &echo, sizeof echo, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
    /// Those whose answers have come.
    [[nodiscard]] std::set<std::string> answers() const {
        std::set<std::string> from;
        std::array<char, 1500> packet{};
        while (::recv(socket_.get(), packet.data(), packet.size(), 0) > 0) {
            iphdr ip{};
            std::memcpy(&ip, packet.data(), sizeof ip);
            icmphdr icmp{};
            std::memcpy(&icmp, packet.data() + static_cast<std::size_t>(ip.ihl) * 4, sizeof icmp);
            if (icmp.type == ICMP_ECHOREPLY) from.insert(::inet_ntoa(in_addr{ip.saddr}));
        }
        return from;
    }

private:
    hastur::UniqueFd socket_;
};

}  // namespace

struct Crowd::Progress {
    std::map<std::string, std::string> addresses;  ///< of containers, by name
    std::set<std::string> silent;                  ///< addresses of those that run and have not answered yet
    int running = 0;
};

Crowd::Crowd(const Scene& scene, int size) {
    std::array<int, 2> ends{};
    hastur::check(::pipe2(ends.data(), O_CLOEXEC), [] { return "pipe"; });
    output_.reset(ends[0]);
    const hastur::UniqueFd input(ends[1]), nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const auto argv = scene.hastur_with(
        {"-S", "--", "sh", "-c", "read -r name < /etc/hostname; echo running $name; exec sleep 1000000"});
    for (int i = 0; i < size; ++i)
        all_.push_back(std::make_unique<hastur::process::Child>(hastur::process::Program{
            .argv = argv, .standard_in = nothing.get(), .standard_out = input.get(), .standard_error = input.get()}));
}

Crowd::~Crowd() {
    for (const auto& child : all_) child->signal(SIGKILL);
    for (const auto& child : all_) child->wait();
}

void Crowd::read_output(Progress& progress) {
    std::array<char, 65536> buffer{};
    const auto got = ::read(output_.get(), buffer.data(), buffer.size());
    if (got <= 0) return;
    unread_.append(buffer.data(), static_cast<std::size_t>(got));
    for (auto end = unread_.find('\n'); end != std::string::npos; end = unread_.find('\n')) {
        const auto line = unread_.substr(0, end);
        unread_.erase(0, end + 1);
        // "hastur: container NAME has address ADDRESS", and later "running NAME" from its command.
        const auto words = hastur::text::words(line);
        if (words.size() == 6 && words[1] == "container") progress.addresses[std::string(words[2])] = words[5];
        if (words.size() != 2 || words[0] != "running") continue;
        ++progress.running;
        progress.silent.insert(progress.addresses[std::string(words[1])]);
    }
}

int Crowd::wait_until_reachable() {
    const Pinger pinger;
    const auto size = static_cast<int>(all_.size());
    Progress progress;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while ((progress.running < size || !progress.silent.empty()) && std::chrono::steady_clock::now() < deadline) {
        std::array<pollfd, 2> polled{{{output_.get(), POLLIN, 0}, {pinger.fd(), POLLIN, 0}}};
        constexpr int patience = 10;  // then the silent ones are asked again
        const bool silence = ::poll(polled.data(), polled.size(), patience) == 0;
        const auto before = progress.silent;
        if (polled[0].revents != 0) read_output(progress);
        for (const auto& address : pinger.answers()) progress.silent.erase(address);
        for (const auto& address : progress.silent)
            if (silence || !before.contains(address)) pinger.ask(address);
    }
    return size - progress.running + static_cast<int>(progress.silent.size());
}

double Crowd::memory_of_hastur() const {
    Times sizes;
    for (const auto& child : all_) {
        constexpr std::size_t limit = 1U << 16U;
        const auto rollup =
            hastur::fs::read_file(fmt::format("/proc/{}/smaps_rollup", child->pid()), limit).value_or("");
        for (const auto line : hastur::text::split(rollup, '\n'))
            if (line.starts_with("Pss:"))
                sizes.add(static_cast<double>(hastur::text::to_number(hastur::text::words(line).at(1)).value_or(0)));
    }
    return sizes.median();
}

}  // namespace bench
