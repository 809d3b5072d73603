#pragma once

#include <string>
#include <string_view>

namespace hastur {

/// The first 16 hexadecimal digits of the SHA-256 of `bytes`: a name for contents.
[[nodiscard]] std::string digest(std::string_view bytes);

}  // namespace hastur
