#include "hastur/container/reap.hpp"

#include "hastur/base/error.hpp"
#include "hastur/base/log.hpp"
#include "hastur/container/registry.hpp"
#include "hastur/image/store.hpp"
#include "hastur/net/connection.hpp"

namespace hastur::container {
namespace {

template <class Work>
void attempt(Work&& work) {
    try {
        work();
    } catch (const Interrupted&) {
        throw;
    } catch (const Error& error) {
        log::status("cleaning up behind a dead container: {}", error.what());
    }
}

}  // namespace

void reap(const Root& root) {
    attempt([&] { Registry(root).reap(); });
    attempt([&] { empty_tmp(root); });
    attempt([&] { image::Store(root).reap(); });
    attempt([] { net::reap(); });
}

}  // namespace hastur::container
