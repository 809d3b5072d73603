#include "hastur/sys/digest.hpp"

#include <nettle/sha2.h>

#include "hastur/types/text.hpp"

namespace hastur {

std::string digest(std::string_view bytes) {
    constexpr std::size_t length = 8;
    std::string raw(length, '\0');
    sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
    sha256_digest(&context, length, reinterpret_cast<std::uint8_t*>(raw.data()));
    return text::to_hex(raw);
}

}  // namespace hastur
