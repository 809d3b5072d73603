#pragma once

#include <cstdlib>
#include <string_view>

namespace e2e {

/// HASTUR_SCALE=full does everything; otherwise a part, so that CI stays short.
inline bool full_scale() {
    const char* scale = std::getenv("HASTUR_SCALE");
    return scale != nullptr && std::string_view(scale) == "full";
}
template <class Value>
Value scaled(Value short_form, Value full_form) {
    return full_scale() ? full_form : short_form;
}

}  // namespace e2e
