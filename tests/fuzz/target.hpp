#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "hastur/base/error.hpp"

/// What each target defines: one input to one parser.
void fuzz(std::string_view input);

/// A promise of the parser's that must hold for every input.
inline void must(bool holds) {
    if (!holds) std::abort();
}

/// Refusing is fine, with an Error; anything else is a bug.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        fuzz({reinterpret_cast<const char*>(data), size});
    } catch (const hastur::Error& error) {
        must(*error.what() != '\0');
    }
    return 0;
}
