#include "target.hpp"

#include "hastur/image/os_release.hpp"

void fuzz(std::string_view input) {
    for (const auto& [key, value] : hastur::image::parse_os_release(input)) {
        must(!key.empty() && key.find('=') == std::string::npos);
        must(value.find('\n') == std::string::npos);
    }
}
