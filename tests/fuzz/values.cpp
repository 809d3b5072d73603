#include "target.hpp"

#include "hastur/image/os_release.hpp"
#include "hastur/types/bridge_spec.hpp"
#include "hastur/types/if_name.hpp"
#include "hastur/types/ipv4.hpp"
#include "hastur/types/name.hpp"
#include "hastur/types/package_set.hpp"
#include "hastur/types/storage_spec.hpp"
#include "hastur/types/text.hpp"

using namespace hastur;

namespace {

template <class Parse>
void attempt(Parse&& parse) {
    try {
        parse();
    } catch (const Error&) {}
}

}  // namespace

/// Each value that the command line can have.
void fuzz(std::string_view input) {
    const std::string text(input);
    must(text::from_hex(text::to_hex(text)) == text);
    if (const auto address = Ipv4Address::parse(text)) must(address->str() == text);
    if (const auto interface = Ipv4Interface::parse(text)) must(Ipv4Interface::parse(interface->str()) == interface);
    if (Name::valid(text)) {
        must(Name(text).str() == text && text.find('/') == std::string::npos && text.size() <= 63);
        must(IfName::valid(IfName::for_container(text, "0123456789abcdef").str()));
    }
    if (IfName::valid(text)) must(text.size() < 16 && text.find('/') == std::string::npos);
    for (const char byte : text::quoted(text)) must(byte >= 0x20 && byte < 0x7f);
    attempt([&] { must(IfName::valid(BridgeSpec::parse(text).name.str())); });
    attempt([&] { must(AddressSpec::parse(text).address.str().size() >= 7); });
    attempt([&] { must(StorageSpec::parse(text).size.value_or(1) > 0); });
    attempt([&] { must(!image::parse_os(text).id.empty()); });
    PackageSet packages;
    packages.add_list(text);
    for (const auto& name : packages.names()) must(!name.empty() && name.front() != '-');
}
