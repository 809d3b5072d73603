#include "hastur/container/run.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <utility>

#include <fmt/format.h>

#include "hastur/base/error.hpp"
#include "hastur/base/fault.hpp"
#include "hastur/base/log.hpp"
#include "hastur/container/filter_cache.hpp"
#include "hastur/container/guest_files.hpp"
#include "hastur/container/init_layer.hpp"
#include "hastur/container/reap.hpp"
#include "hastur/container/registry.hpp"
#include "hastur/container/supervisor.hpp"
#include "hastur/image/store.hpp"
#include "hastur/net/connection.hpp"
#include "hastur/storage/merged.hpp"
#include "hastur/sys/cgroups.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/mount.hpp"
#include "hastur/sys/namespaces.hpp"
#include "hastur/sys/orphans.hpp"
#include "hastur/sys/process.hpp"
#include "hastur/sys/signals.hpp"
#include "hastur/sys/tree.hpp"

namespace hastur::container {
namespace {

std::string variable(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

/// Where nspawn keeps its traces of running containers. A private tmpfs over it: they go with our mount namespace.
void hide_nspawn_state() {
    const UniqueFd run = fs::open_directory("/run");
    fs::make_directory(run.get(), "systemd", 0755);
    fs::make_directory(run.get(), "systemd/nspawn", 0755);
    mount::tmpfs("/run/systemd/nspawn", "hastur", std::nullopt, 0755);
}

Record begin_record(const Registry& registry, const RunSpec& spec, const Name& name) {
    Record record;
    if (registry.exists(name)) {
        record = registry.load(name);
    } else {
        record.name = name.str();
        record.created = ::time(nullptr);
        record.ephemeral = !spec.name && !spec.keep;
    }
    record.run = fs::random_hex(8);
    record.pid = 0;
    record.started = ::time(nullptr);
    return record;
}

/// One run of one container. What dies with the process is a local of `start`; what would outlive it, the record and
/// the data, is put in order by `finish` or, after a failure, by `undo`.
class Run {
public:
    Run(const Root& root, const RunSpec& spec, const Name& name, std::string nspawn)
        : root_(root),
          registry_(root),
          spec_(spec),
          is_new_(!registry_.exists(name)),
          record_(begin_record(registry_, spec, name)),
          nspawn_(std::move(nspawn)) {}

    int start(const image::Held& image) {
        registry_.prepare(Name(record_.name), record_.ephemeral);
        net::Connection network(
            {spec_.bridge, spec_.address, record_.address, spec_.uplink, {record_.run, root_.path(), record_.name}});
        record_.address = network.address().address;
        record_.bridge = network.bridge().str();
        record_.image = image.id;
        record_.packages = spec_.image.packages.names();
        registry_.save(record_);

        enter_private_mount_namespace();
        hide_nspawn_state();
        if (!is_new_) drop_own_init();
        const auto layers = ensure_init_layer(root_) + ":images/" + image.id + "/rootfs";
        Merged merged(
            root_,
            {layers, "containers/" + record_.name, run_mark(record_.run), record_.ephemeral && !spec_.keep_failed},
            spec_.storage);
        if (!image::Store(root_).is_current(image))
            throw Error("the image was replaced at this very moment", "start it again");
        log::debug("mounted");
        fault::point("before filling the container");
        fill(merged.dir(), network);
        fault::point("before starting nspawn");
        signals::check();
        const int status = supervise(merged.path(), network);
        log::debug("systemd-nspawn ended");
        merged.unmount();
        network.close();
        log::debug("unmounted, address given back");
        return status;
    }

    /// False if that did not go well: then the next command has to do it, and the user is told why.
    [[nodiscard]] bool finish(int status) {
        try {
            put_in_order(status);
            return true;
        } catch (const Interrupted&) {
            throw;
        } catch (const Error& error) {
            // The exit status is the command's all the same.
            log::failure("container '{}' has ended, but {}", record_.name, error.what());
            return false;
        }
    }

    void put_in_order(int status) {
        const bool keep = !record_.ephemeral || (spec_.keep_failed && status != exit_success);
        if (!keep) return registry_.destroy(Name(record_.name));
        if (record_.ephemeral) log::status("keeping {}, because the command failed", record_.name);
        const bool was_ephemeral = std::exchange(record_.ephemeral, false);
        save_as_ended();
        if (was_ephemeral) registry_.forget_that_it_was_ephemeral(Name(record_.name));
    }

    void undo() {
        if (!registry_.exists(Name(record_.name))) return;
        const bool worthless = record_.ephemeral || (is_new_ && !command_started_);
        if (worthless)
            registry_.destroy(Name(record_.name));
        else
            save_as_ended();
    }

private:
    /// What an earlier run may have put over our init: the container's data is above the layer that init is in.
    void drop_own_init() const {
        const auto place = "containers/" + record_.name + "/data/usr/lib";
        try {
            const auto lib = fs::open_beneath_if_exists(root_.dir(), place, O_RDONLY | O_DIRECTORY);
            if (lib) fs::remove_tree(lib.get(), "hastur");
        } catch (const SysError& error) {
            log::debug("{}", error.what());  // a link, say: then the container lacks its /usr/lib altogether
        }
    }

    void fill(int merged, const net::Connection& network) const {
        write_guest_files(merged, Name(record_.name), *record_.address, network.resolv_conf());
        if (spec_.copy_from)
            with_context("copying " + *spec_.copy_from,
                         [&] { fs::copy_tree(fs::open_directory(*spec_.copy_from).get(), merged); });
        fault::point("filled the container");
        refuse_links_out(merged);
        log::debug("files written");
    }

    int supervise(const std::string& merged, net::Connection& network) {
        const bool terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
        const Launch launch{nspawn_, merged, record_.name, network.namespace_path(), terminal, spec_.command};
        log::status("container {} has address {}", record_.name, record_.address->str());
        const auto environment = nspawn_environment(variable("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
                                                    variable("TERM", "linux"), has_unified_cgroups());
        return run_filtered({nspawn_arguments(launch), environment, {}, terminal}, network);
    }

    /// With the seccomp filters that an earlier start has learned, if there are any and they do.
    int run_filtered(const Supervisor::Job& job, net::Connection& network) {
        const auto on_started = [&] { network.connect(); };
        const auto on_running = [&] { look_after_others(network); };
        if (spec_.own_filters)
            return Supervisor::run(job, {on_started, [&](pid_t leader, pid_t) { on_ready(leader); }, on_running});

        const FilterCache cache(job.arguments, job.environment);
        const auto learn = [&](pid_t leader, pid_t nspawn) {
            cache.learn(leader, nspawn);
            on_ready(leader);
        };
        const auto known = cache.load();
        if (!known) return Supervisor::run(job, {on_started, learn, on_running});

        const auto verify = [&](pid_t leader, pid_t nspawn) {
            cache.require(*known, leader, nspawn);
            on_ready(leader);
        };
        auto quick = job;
        quick.filters = *known;
        quick.environment.emplace_back("SYSTEMD_SECCOMP=0");
        try {
            return Supervisor::run(quick, {on_started, verify, on_running});
        } catch (const process::FiltersRefused& error) {
            log::debug("{}", error.what());
        } catch (const NotStarted& error) {
            log::debug("{}", error.what());  // it may be the filters, which nspawn itself does not run under otherwise
        }
        cache.forget();
        return Supervisor::run(job, {on_started, learn, on_running});
    }

    void on_ready(pid_t leader) {
        command_started_ = true;
        record_.pid = leader;
        registry_.save(record_);
    }

    /// Done while the command runs already, so that no start waits for it.
    void look_after_others(net::Connection& network) const {
        try {
            network.look_after_host();
        } catch (const Interrupted&) {
            throw;
        } catch (const Error& error) {
            log::status("looking after the host's network: {}", error.what());
        }
        reap(root_);
    }

    void save_as_ended() {
        record_.run.clear();
        record_.pid = 0;
        registry_.save(record_);
    }

    const Root& root_;
    Registry registry_;
    const RunSpec& spec_;
    bool is_new_;
    Record record_;
    std::string nspawn_;
    bool command_started_ = false;
};

}  // namespace

int run(const Root& root, const RunSpec& spec) {
    const MigrationAhead ahead;
    const Registry registry(root);
    const auto manifest = image::resolve(spec.image);
    // What can be found missing now should not be found missing after a bootstrap.
    const auto nspawn = process::require("systemd-nspawn", "systemd-container");
    if (spec.copy_from) [[maybe_unused]]
        const auto readable = fs::open_directory(*spec.copy_from);

    auto claim = spec.name ? registry.claim_for_run(*spec.name) : registry.claim_new_name();
    const auto frame =
        fmt::format("{} container '{}'", registry.exists(claim.name()) ? "starting" : "creating", claim.name().str());
    return with_context(frame, [&] {
        std::optional<Run> run;
        try {
            run.emplace(root, spec, claim.name(), nspawn);
            const auto image = image::Store(root).ensure(manifest, spec.bootstrap_anew);
            fault::point("has an image");
            log::debug("image {}", image.id);
            const int status = run->start(image);
            fault::point("before finishing");
            const bool in_order = run->finish(status);
            log::debug("{}", spec.name ? "record written" : "data removed");
            fault::point("finished");
            if (in_order) claim.close();
            return status;
        } catch (Error& error) {
            try {
                if (run) run->undo();
                // Not after a failed undo: the file that stays tells the next command to clean up.
                claim.close();
            } catch (const Error& again) {
                error.add_cleanup_failure(again.what());
            }
            throw;
        }
    });
}

}  // namespace hastur::container
