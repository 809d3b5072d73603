#include "target.hpp"

#include "hastur/image/info.hpp"

using hastur::image::Info;

void fuzz(std::string_view input) {
    const auto info = Info::from_json(input);
    must(Info::from_json(info.to_json()).manifest.id() == info.manifest.id());
}
