#include "hastur/image/manifest.hpp"

#include <fmt/format.h>

#include "hastur/base/error.hpp"
#include "hastur/image/distribution.hpp"
#include "hastur/sys/digest.hpp"
#include "hastur/types/text.hpp"

namespace hastur::image {
namespace {

/// Raise it when images are built in another way, so that old ones are not taken for new ones.
constexpr int format_version = 1;

}  // namespace

std::string Manifest::id() const {
    // Every field ends with a byte that none can contain, so that no two manifests read the same.
    std::string text = fmt::format("hastur image {}\n{}\n{}\n{}\n", format_version, os.id, os.release, architecture);
    for (const auto* list : {&sources, &packages}) text += text::join(*list, "\n") + "\n\n";
    return digest(text);
}

bool Manifest::valid_id(std::string_view text) noexcept {
    constexpr std::size_t digits = 16;
    return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string Manifest::describe() const {
    const auto system = os.id + " " + os.release;
    return packages.empty() ? system : system + " with " + text::join(packages, ", ");
}

Manifest resolve(const Choice& choice) {
    const auto host = host_os();
    auto os = choice.os.empty() ? host : parse_os(choice.os);
    const auto& distribution = Distribution::find(os.id);
    if (os.release.empty()) os.release = os.id == host.id ? host.release : distribution.default_release();
    Manifest manifest{os, distribution.architecture(), distribution.sources(os, host, choice.mirror),
                      choice.packages.names()};
    return manifest;
}

}  // namespace hastur::image
