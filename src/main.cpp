#include <sys/stat.h>
#include <unistd.h>

#include <exception>

#include "hastur/base/error.hpp"
#include "hastur/base/log.hpp"
#include "hastur/cli/commands.hpp"
#include "hastur/cli/output.hpp"
#include "hastur/sys/signals.hpp"

namespace {

using namespace hastur;

int run(const cli::Options& options) {
    switch (options.operation) {
        case cli::Operation::help: cli::print(cli::help()); return exit_success;
        case cli::Operation::version: cli::print("hastur " HASTUR_VERSION "\n"); return exit_success;
        default: break;
    }
    if (::geteuid() != 0) throw Error("hastur must be run as root", "try: sudo hastur ...");
    ::umask(022);
    signals::set_up();
    switch (options.operation) {
        case cli::Operation::start: return cli::start(options);
        case cli::Operation::query_containers: return cli::query_containers(options);
        case cli::Operation::query_images: return cli::query_images(options);
        case cli::Operation::destroy: return cli::destroy(options);
        case cli::Operation::destroy_images: return cli::destroy_images(options);
        default: return cli::free(options);
    }
}

}  // namespace

int main(int argc, char** argv) {
    log::set_up(log::Verbosity::normal);
    try {
        const auto options = cli::parse(argc, argv);
        if (options.quiet) log::set_up(log::Verbosity::quiet);
        if (options.verbose) log::set_up(log::Verbosity::verbose);
        return run(options);
    } catch (const Error& error) {
        log::failure("{}", error.what());
        if (!error.hint().empty()) log::failure("hint: {}", error.hint());
        return error.exit_status();
    } catch (const std::exception& error) {
        log::failure("internal error: {}", error.what());
        return exit_failure;
    }
}
