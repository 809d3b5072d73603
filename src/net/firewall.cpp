#include "hastur/net/firewall.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/msg.h>

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "hastur/base/error.hpp"
#include "hastur/base/log.hpp"
#include "hastur/net/forwarding.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/process.hpp"
#include "hastur/types/text.hpp"

namespace hastur::net {
namespace {

using Json = nlohmann::json;

/// The comment on each rule that we put into a chain of somebody else's.
constexpr const char* rule_mark = "hastur";
constexpr std::size_t note_limit = 1U << 20U;

/// The kernel's counter of changes to any rule (NFT_MSG_GETGEN); nullopt if nf_tables is not there yet.
std::optional<std::uint32_t> generation() {
    nl::Socket socket(NETLINK_NETFILTER);
    nfgenmsg header{};
    header.version = NFNETLINK_V0;
    auto message = nl::make_message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, header);
    std::optional<std::uint32_t> found;
    try {
        socket.query(std::move(message), false, "asking for the firewall's generation", [&](nlmsghdr* answer) {
            if (const auto* id = nlmsg_find_attr(answer, sizeof(nfgenmsg), NFTA_GEN_ID)) found = ntohl(nla_get_u32(id));
        });
    } catch (const NetlinkError&) {
        return std::nullopt;
    }
    return found;
}

/// Runs nft; an error carries nft's own words.
std::string run_nft(std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.begin(), process::require("nft", "nftables"));
    try {
        return process::run({.argv = std::move(arguments)}, input).out;
    } catch (const ProcessError& error) {
        const auto lines = text::split(error.tail(), '\n');
        throw Error(fmt::format("setting firewall rules: {}: {}", error.what(), text::trim(lines.front())));
    }
}

void apply(const std::string& rules) { run_nft({"-f", "-"}, rules); }

/// Every table, chain and rule of the host; elements of sets left out (libnftables-json(5)).
Json whole_ruleset() {
    const auto json = Json::parse(run_nft({"-j", "-t", "list", "ruleset"}), nullptr, false);
    if (!json.is_object()) throw Error("setting firewall rules: nft printed no JSON");
    return json.value("nftables", Json::array());
}

std::string braces(const std::vector<std::string>& names) {
    std::vector<std::string> quoted;
    for (const auto& name : names) quoted.push_back(fmt::format("\"{}\"", name));
    return fmt::format("{{ {} }}", fmt::join(quoted, ", "));
}

/// Our own table, whole: it replaces what was there in one transaction.
std::string own_table(const State& state, const std::vector<IfName>& bridges) {
    std::vector<std::string> names, pools;
    for (const auto& name : bridges) {
        names.push_back(name.str());
        if (const auto record = state.bridge(name).record(); record && record->made_address)
            pools.push_back(Ipv4Interface{record->address.network(), record->address.length}.str());
    }
    const auto ours = braces(names);
    std::string guard, by_uplink;
    // The host was no router before we switched forwarding on for these, and is none for anybody else now.
    if (const auto forwarders = switched_on(state); !forwarders.empty())
        guard = fmt::format("        iifname {} oifname != {} ct state new ct status ! dnat drop\n", braces(forwarders),
                            ours);
    // One that leaves by an uplink in a bridge (-t) needs an address that the outside knows just as well.
    if (!pools.empty())
        by_uplink = fmt::format("        iifname {0} ip saddr {{ {1} }} ip daddr != {{ {1} }} masquerade\n", ours,
                                fmt::join(pools, ", "));
    return fmt::format(R"(table ip hastur
delete table ip hastur
table ip hastur {{
    chain forward {{
        type filter hook forward priority filter; policy accept;
{1}    }}
    chain postrouting {{
        type nat hook postrouting priority srcnat; policy accept;
        iifname {0} oifname != {0} masquerade
{2}    }}
}}
)",
                       ours, guard, by_uplink);
}

struct ForeignChain {
    std::string family, table, name;
    auto operator<=>(const ForeignChain&) const = default;
};

std::vector<ForeignChain> dropping_forward_chains(const Json& ruleset) {
    std::vector<ForeignChain> found;
    for (const auto& item : ruleset) {
        if (!item.contains("chain")) continue;
        const auto& chain = item["chain"];
        const auto family = chain.value("family", "");
        if (chain.value("hook", "") == "forward" && chain.value("policy", "") == "drop" &&
            (family == "ip" || family == "inet"))
            found.push_back({family, chain.value("table", ""), chain.value("name", "")});
    }
    return found;
}

/// Commands that remove every rule of ours from the chains of others.
std::string removals(const Json& ruleset) {
    std::string commands;
    for (const auto& item : ruleset) {
        if (!item.contains("rule")) continue;
        const auto& rule = item["rule"];
        if (rule.value("comment", "") == rule_mark && rule.value("table", "") != "hastur")
            commands += fmt::format("delete rule {} {} {} handle {}\n", rule.value("family", ""),
                                    rule.value("table", ""), rule.value("chain", ""), rule.value("handle", 0));
    }
    return commands;
}

std::string insertions(const std::vector<ForeignChain>& chains, const std::vector<IfName>& bridges) {
    std::string commands;
    for (const auto& chain : chains)
        for (const auto& bridge : bridges)
            for (const char* direction : {"iifname", "oifname"})
                // Written so that iptables-nft can still show it.
                commands += fmt::format("insert rule {} {} {} {} \"{}\" counter accept comment \"{}\"\n", chain.family,
                                        chain.table, chain.name, direction, bridge.str(), rule_mark);
    return commands;
}

}  // namespace

void ensure_firewall(const State& state) {
    const auto bridges = state.bridges();
    if (bridges.empty()) return;
    const auto table = own_table(state, bridges);
    // What we want, and when it was last seen to be so.
    const auto seen = [&](std::uint32_t when) { return fmt::format("{}\n{}", when, table); };
    const auto note = fs::read_file(state.dir(), "firewall", note_limit);
    if (const auto now = generation(); now && note == seen(*now)) return;

    log::debug("the packet filter changed: renewing our rules");
    constexpr int attempts = 3;
    for (int attempt = 1;; ++attempt) {
        const auto before = generation();
        const auto ruleset = whole_ruleset();
        try {
            apply(table + removals(ruleset) + insertions(dropping_forward_chains(ruleset), bridges));
        } catch (const Error&) {
            if (attempt == attempts) throw;
            continue;  // somebody removed a rule between our look and our change
        }
        // One transaction, one step: anything else means that somebody changed rules at the same time, and we look
        // again at the next start.
        const auto after = generation();
        if (after && (!before || *after == *before + 1)) fs::write_file(state.dir(), "firewall", seen(*after), 0600);
        return;
    }
}

void remove_firewall(const State& state) {
    fs::remove_file(state.dir(), "firewall");
    if (!process::find("nft")) return;  // then it cannot have set rules either
    const auto ruleset = whole_ruleset();
    auto commands = removals(ruleset);
    for (const auto& item : ruleset)
        if (item.contains("table") && item["table"].value("name", "") == "hastur" &&
            item["table"].value("family", "") == "ip")
            commands += "delete table ip hastur\n";
    if (!commands.empty()) apply(commands);
}

}  // namespace hastur::net
