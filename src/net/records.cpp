#include "hastur/net/records.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <algorithm>

#include "hastur/types/json.hpp"
#include "hastur/types/text.hpp"

namespace hastur::net {
namespace {

using Json = nlohmann::json;

/// Calls `read` with the object that `text` is; nullopt if it is none or lacks what `read` asks for.
template <class Read>
auto read_object(std::string_view text, Read&& read) -> decltype(read(Json())) {
    const auto json = json::parse_object(text);
    if (!json) return std::nullopt;
    try {
        return read(*json);
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

Json all_to_hex(const std::vector<std::string>& list) {
    auto json = Json::array();
    for (const auto& bytes : list) json.push_back(text::to_hex(bytes));
    return json;
}

/// False if one of them is not hexadecimal or has less than `shortest` bytes.
bool all_from_hex(const Json& json, std::size_t shortest, std::vector<std::string>& list) {
    for (const auto& hex : json) {
        auto bytes = text::from_hex(hex.get<std::string>());
        if (!bytes || bytes->size() < shortest) return false;
        list.push_back(std::move(*bytes));
    }
    return true;
}

}  // namespace

std::string BridgeRecord::to_json() const {
    const Json json{
        {"address", address.str()}, {"made_link", made_link}, {"made_address", made_address}, {"chosen", chosen}};
    return json.dump() + "\n";
}

std::optional<BridgeRecord> BridgeRecord::from_json(std::string_view text) {
    return read_object(text, [](const Json& json) -> std::optional<BridgeRecord> {
        const auto address = Ipv4Interface::parse(json.at("address").get<std::string>());
        if (!address) return std::nullopt;
        return BridgeRecord{*address, json.at("made_link").get<bool>(), json.at("made_address").get<bool>(),
                            json.at("chosen").get<bool>()};
    });
}

std::string Tenant::to_json() const {
    const Json json{{"run", run}, {"root", root}, {"name", name}};
    return json.dump(-1, ' ', true, Json::error_handler_t::replace);  // a path may be any bytes
}

std::optional<Tenant> Tenant::from_json(std::string_view text) {
    return read_object(text, [](const Json& json) -> std::optional<Tenant> {
        return Tenant{json.at("run").get<std::string>(), json.at("root").get<std::string>(),
                      json.at("name").get<std::string>()};
    });
}

std::string UplinkNote::to_json() const {
    const Json json{{"mac", text::to_hex(mac)},
                    {"bridge_mac", text::to_hex(bridge_mac)},
                    {"was_up", was_up},
                    {"addresses", all_to_hex(addresses)},
                    {"routes", all_to_hex(routes)}};
    return json.dump() + "\n";
}

std::optional<UplinkNote> UplinkNote::from_json(std::string_view text) {
    return read_object(text, [](const Json& json) -> std::optional<UplinkNote> {
        UplinkNote note;
        std::vector<std::string> macs;
        if (!all_from_hex(Json::array({json.at("mac"), json.at("bridge_mac")}), 0, macs)) return std::nullopt;
        note.mac = macs[0];
        note.bridge_mac = macs[1];
        json.at("was_up").get_to(note.was_up);
        const bool whole = all_from_hex(json.value("addresses", Json::array()), sizeof(ifaddrmsg), note.addresses) &&
                           all_from_hex(json.value("routes", Json::array()), sizeof(rtmsg), note.routes);
        return whole ? std::optional(note) : std::nullopt;
    });
}

}  // namespace hastur::net
