#include "hastur/container/record.hpp"

#include "hastur/base/error.hpp"
#include "hastur/types/json.hpp"

namespace hastur::container {
namespace {

using Json = nlohmann::json;

constexpr int format = 1;

template <class T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
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
    const auto parsed = json::parse_object(text);
    if (!parsed) throw Error("the record is no JSON object");
    const auto& json = *parsed;
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
        record.created = json::integer(json.at("created"));
        if (const auto& started = json.at("started"); !started.is_null()) record.started = json::integer(started);
        json.at("run").get_to(record.run);
        record.pid = json::integer(json.at("pid"));
        return record;
    } catch (const Json::exception&) {
        throw Error("the record lacks a key, or one has the wrong type");
    }
}

}  // namespace hastur::container
