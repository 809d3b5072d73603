#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "hastur/base/error.hpp"
#include "hastur/container/filter_cache.hpp"
#include "hastur/container/nspawn.hpp"
#include "hastur/sys/cgroups.hpp"
#include "hastur/sys/namespaces.hpp"
#include "hastur/sys/process.hpp"
#include "peers.hpp"

namespace bench {

using namespace hastur;

Subject nspawns_share(const Scene& scene) {
    static int number = 0;
    auto space = std::make_shared<NetNamespace>();
    const container::Launch launch{scene.nspawn, scene.writable_image(fmt::format("share{}", ++number)),
                                   "share",      space->path(),
                                   false,        {{"/bin/true"}, {}}};
    process::Program program{.argv = container::nspawn_arguments(launch)};
    program.environment =
        container::nspawn_environment("/usr/sbin:/usr/bin:/sbin:/bin", "linux", has_unified_cgroups());
    auto filters = container::FilterCache(program.argv, *program.environment).load();
    if (!filters) throw Error("hastur has learned no filters");
    program.filters = std::move(*filters);
    program.environment->emplace_back("SYSTEMD_SECCOMP=0");
    // Without hastur's init, which would wait for hastur.
    program.argv.erase(std::ranges::find(program.argv, "--") + 1, program.argv.end());
    program.argv.emplace_back("/bin/true");
    return {"systemd-nspawn, all prepared by hastur", [program, space] {
                process::Child child(program);
                child.confirm();
                if (child.wait() != 0) throw Error("nspawn failed");
            }};
}

}  // namespace bench
