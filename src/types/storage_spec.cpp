#include "hastur/types/storage_spec.hpp"

#include "hastur/base/error.hpp"
#include "hastur/types/text.hpp"

namespace hastur {

StorageSpec StorageSpec::parse(std::string_view text) {
    constexpr std::uint64_t smallest = 1U << 20U;
    const auto colon = text.find(':');
    const auto kind = text.substr(0, colon);
    StorageSpec spec;
    if (kind == "overlayfs")
        spec.kind = Kind::overlayfs;
    else if (kind == "tmpfs")
        spec.kind = Kind::tmpfs;
    else if (text != "autodetect")
        throw UsageError("unknown storage " + text::quoted(text) +
                         ": expected autodetect, overlayfs[:SIZE] or tmpfs[:SIZE]");
    if (colon == std::string_view::npos) return spec;
    spec.size = text::to_bytes(text.substr(colon + 1));
    if (!spec.size || *spec.size < smallest)
        throw UsageError("invalid storage size in " + text::quoted(text) +
                         ": expected at least 1M, such as 512M or 2G");
    return spec;
}

}  // namespace hastur
