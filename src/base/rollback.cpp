#include "hastur/base/rollback.hpp"

#include "hastur/base/error.hpp"
#include "hastur/base/log.hpp"

namespace hastur {

Rollback::~Rollback() {
    while (!steps_.empty()) {
        auto undo = std::move(steps_.back());
        steps_.pop_back();
        try {
            undo();
        } catch (const std::exception& failure) {
            log::failure("cleaning up failed too: {}", failure.what());
        }
    }
}

}  // namespace hastur
