#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hastur/types/ipv4.hpp"

namespace hastur::container {

/// What hastur remembers about a container (containers/NAME/record.json; docs/json.md describes the keys).
struct Record {
    std::string name;
    bool ephemeral = false;
    std::string image;                  ///< id of the image of the last start
    std::vector<std::string> packages;  ///< as asked for at the last start
    std::string bridge;
    std::optional<Ipv4Address> address;   ///< of the last start
    std::int64_t created = 0;             ///< seconds since the epoch
    std::optional<std::int64_t> started;  ///< of the last start
    std::string run;                      ///< id of the run in progress; empty: none
    std::int64_t pid = 0;                 ///< the container's first process as the host sees it; 0: none (yet)

    [[nodiscard]] std::string to_json() const;
    /// Throws Error with the reason if the text is not a whole record of a known version.
    [[nodiscard]] static Record from_json(std::string_view text);
};

}  // namespace hastur::container
