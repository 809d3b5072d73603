#include "hastur/image/info.hpp"

#include "hastur/base/error.hpp"
#include "hastur/types/json.hpp"

namespace hastur::image {
namespace {

constexpr int format = 1;

}  // namespace

std::string Info::to_json() const {
    const nlohmann::json json{{"format", format},
                              {"distribution", manifest.os.id},
                              {"release", manifest.os.release},
                              {"architecture", manifest.architecture},
                              {"sources", manifest.sources},
                              {"packages", manifest.packages},
                              {"size", size},
                              {"created", created}};
    return json.dump(2) + "\n";
}

Info Info::from_json(std::string_view text) {
    const auto json = json::parse_object(text);
    if (!json) throw Error("the image's note is no JSON object");
    try {
        if (json->at("format") != format) throw Error("the image was made by another version of hastur");
        Info info;
        info.manifest.os = {json->at("distribution"), json->at("release")};
        json->at("architecture").get_to(info.manifest.architecture);
        json->at("sources").get_to(info.manifest.sources);
        json->at("packages").get_to(info.manifest.packages);
        info.size = static_cast<std::uint64_t>(json::integer(json->at("size")));
        info.created = json::integer(json->at("created"));
        return info;
    } catch (const nlohmann::json::exception&) {
        throw Error("the image's note lacks a key, or one has the wrong type");
    }
}

}  // namespace hastur::image
