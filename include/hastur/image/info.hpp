#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hastur/image/manifest.hpp"

namespace hastur::image {

/// What is known about an image (images/ID/image.json).
struct Info {
    std::string id;
    Manifest manifest;
    std::uint64_t size = 0;      ///< bytes on disk
    std::int64_t created = 0;    ///< seconds since the epoch
    std::int64_t last_used = 0;  ///< the same; the file's modification time, not in it
    std::string damage;          ///< why it cannot be read; empty if it can

    [[nodiscard]] std::string to_json() const;
    /// Throws Error with the reason if the text is not a whole note of a known version.
    [[nodiscard]] static Info from_json(std::string_view text);
};

}  // namespace hastur::image
