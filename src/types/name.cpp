#include "hastur/types/name.hpp"

#include <algorithm>
#include <random>

#include "hastur/base/error.hpp"
#include "hastur/types/text.hpp"

namespace hastur {

bool Name::valid(std::string_view text) noexcept {
    constexpr std::size_t longest_label = 63;
    const auto allowed = [](char c) { return text::is_alnum(c) || c == '-'; };
    return !text.empty() && text.size() <= longest_label && std::ranges::all_of(text, allowed) && text.front() != '-' &&
           text.back() != '-';
}

Name::Name(std::string_view text) : text_(text) {
    if (!valid(text))
        throw UsageError("invalid name " + text::quoted(text) +
                         ": a name is 1 to 63 letters, digits and inner hyphens");
}

Name Name::random() {
    static constexpr std::string_view consonants = "bdfgklmnprstvz";
    static constexpr std::string_view vowels = "aeiou";
    std::random_device device;
    const auto pick = [&](std::string_view letters) { return letters[device() % letters.size()]; };
    std::string made;
    for (const int syllables : {3, 2}) {
        if (!made.empty()) made += '-';
        for (int i = 0; i < syllables; ++i) {
            made += pick(consonants);
            made += pick(vowels);
        }
    }
    return Name(made);
}

}  // namespace hastur
