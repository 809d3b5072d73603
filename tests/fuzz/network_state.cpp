#include "target.hpp"

#include "hastur/net/records.hpp"

using namespace hastur::net;

/// Whatever can be read is written back as it was.
template <class Record>
void round_trip(std::string_view input) {
    const auto record = Record::from_json(input);
    if (!record) return;
    const auto again = Record::from_json(record->to_json());
    must(again && again->to_json() == record->to_json());
}

void fuzz(std::string_view input) {
    round_trip<BridgeRecord>(input);
    round_trip<Tenant>(input);
    round_trip<UplinkNote>(input);
}
