#include "target.hpp"

#include "hastur/net/host_view.hpp"

void fuzz(std::string_view input) {
    for (const auto server : hastur::net::nameservers(input)) must(input.find(server.str()) != std::string_view::npos);
}
