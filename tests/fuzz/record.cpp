#include "target.hpp"

#include "hastur/container/record.hpp"

using hastur::container::Record;

void fuzz(std::string_view input) {
    const auto record = Record::from_json(input);
    must(Record::from_json(record.to_json()).to_json() == record.to_json());
}
