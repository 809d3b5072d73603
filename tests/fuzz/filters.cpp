#include "target.hpp"

#include "hastur/container/filter_cache.hpp"
#include "hastur/sys/digest.hpp"

using hastur::container::CachedFilters;

void fuzz(std::string_view input) {
    must(!CachedFilters::decode(input));
    // What is behind the checksum.
    const auto cached = CachedFilters::decode(hastur::digest(input) + std::string(input));
    if (!cached) return;
    must(!cached->filters.empty());
    must(CachedFilters::decode(cached->encode())->filters.size() == cached->filters.size());
}
