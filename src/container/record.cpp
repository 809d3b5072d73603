#include "hastur/container/record.hpp"

#include <nlohmann/json.hpp>

#include "hastur/base/error.hpp"

namespace hastur::container {
namespace {

using Json = nlohmann::json;

constexpr int format = 1;
constexpr int deepest = 8;

template <class T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

/// Refuses nesting that no record has, before the parser recurses into it.
Json parse(std::string_view text) {
    bool too_deep = false;
    auto json = Json::parse(
        text,
        [&](int depth, Json::parse_event_t, Json&) {
            too_deep = too_deep || depth > deepest;
            return !too_deep;
        },
        false);
    if (too_deep || !json.is_object()) throw Error("the record is no JSON object");
    return json;
}

}  // namespace

std::string Record::to_json() const {
    const Json json{{"format", format},
                    {"name", name},
                    {"ephemeral", ephemeral},
                    {"image", image},
                    {"packages", packages},
                    {"bridge", bridge},
                    {"address", address ? Json(address->str()) : Json(nullptr)},
                    {"created", created},
                    {"started", or_null(started)},
                    {"run", run},
                    {"pid", pid}};
    return json.dump() + "\n";
}

Record Record::from_json(std::string_view text) {
    const auto json = parse(text);
    try {
        if (json.at("format") != format) throw Error("the record was written by another version of hastur");
        Record record;
        json.at("name").get_to(record.name);
        json.at("ephemeral").get_to(record.ephemeral);
        json.at("image").get_to(record.image);
        json.at("packages").get_to(record.packages);
        json.at("bridge").get_to(record.bridge);
        if (const auto& address = json.at("address"); !address.is_null()) {
            record.address = Ipv4Address::parse(address.get<std::string>());
            if (!record.address) throw Error("the record's address is none");
        }
        json.at("created").get_to(record.created);
        if (const auto& started = json.at("started"); !started.is_null()) record.started = started.get<std::int64_t>();
        json.at("run").get_to(record.run);
        json.at("pid").get_to(record.pid);
        return record;
    } catch (const Json::exception&) {
        throw Error("the record lacks a key, or one has the wrong type");
    }
}

}  // namespace hastur::container
