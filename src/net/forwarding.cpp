#include "hastur/net/forwarding.hpp"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <array>

#include "hastur/base/error.hpp"
#include "hastur/base/log.hpp"
#include "hastur/net/host_view.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/types/text.hpp"

namespace hastur::net {
namespace {

constexpr std::size_t limit = 1U << 16U;

std::string path_of(const std::string& interface) { return "/proc/sys/net/ipv4/conf/" + interface + "/forwarding"; }

bool is_on(const std::string& interface) {
    return fs::read_file(path_of(interface), limit).value_or("1").starts_with('1');
}

void write(const std::string& interface, char value) {
    const UniqueFd file(::open(path_of(interface).c_str(), O_WRONLY | O_CLOEXEC));
    if (!file && errno == ENOENT) return;  // the interface is gone
    check(file.get(), [&] { return "switching forwarding of " + interface; });
    fs::write_all(file.get(), std::string_view(&value, 1));
}

void note(const State& state, const std::vector<std::string>& interfaces) {
    fs::write_file(state.dir(), "forwarding", text::join(interfaces, "\n"), 0600);
}

std::vector<std::string> ways_out(const std::vector<RouteInfo>& routes) {
    std::vector<std::string> names;
    for (const auto& route : routes) {
        std::array<char, IF_NAMESIZE> name{};
        const bool is_default = !is_specific(route) && route.type == RTN_UNICAST;
        if (is_default && route.out_index != 0 &&
            ::if_indextoname(static_cast<unsigned>(route.out_index), name.data()) != nullptr)
            names.emplace_back(name.data());
    }
    return names;
}

}  // namespace

void ensure_forwarding(const std::vector<RouteInfo>& routes, const State& state, const IfName& bridge) {
    if (!is_on(bridge.str())) write(bridge.str(), '1');  // ours: nothing to restore
    auto noted = switched_on(state);
    for (const auto& name : ways_out(routes)) {
        if (name == bridge.str() || is_on(name)) continue;
        // The note comes first, so that a crash in between loses nothing.
        if (std::ranges::find(noted, name) == noted.end()) noted.push_back(name);
        note(state, noted);
        write(name, '1');
        log::debug("switched on forwarding for {}", name);
    }
}

std::vector<std::string> switched_on(const State& state) {
    std::vector<std::string> names;
    const auto note = fs::read_file(state.dir(), "forwarding", limit).value_or("");
    for (const auto name : text::words(note))
        if (IfName::valid(name)) names.emplace_back(name);
    return names;
}

void restore_forwarding(const State& state) {
    const bool whole_host = fs::read_file("/proc/sys/net/ipv4/ip_forward", limit).value_or("0").starts_with('1');
    if (!whole_host)
        for (const auto& name : switched_on(state)) write(name, '0');
    fs::remove_file(state.dir(), "forwarding");
}

}  // namespace hastur::net
