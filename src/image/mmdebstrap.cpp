#include <algorithm>

#include "hastur/base/error.hpp"
#include "hastur/image/installer.hpp"
#include "hastur/sys/process.hpp"
#include "hastur/types/text.hpp"

namespace hastur::image::installer {
namespace {

/// What the host's apt needs to reach the outside: proxies, and how strictly archives' dates are checked.
std::vector<std::string> host_apt_options() {
    std::vector<std::string> options;
    const auto apt_config = process::find("apt-config");
    if (!apt_config) return options;
    const auto dump = process::run({.argv = {*apt_config, "dump"}}).out;
    for (const auto line : text::split(dump, '\n')) {
        const bool proxy = line.starts_with("Acquire::") && line.find("::Proxy") != std::string_view::npos;
        const bool dates = line.starts_with("Acquire::Check-");
        if ((proxy || dates) && !line.ends_with("\"\";"))
            options.push_back("--aptopt=" + std::string(line.substr(0, line.size() - 1)));
    }
    return options;
}

bool is_about_mmdebstrap_itself(std::string_view line) {
    return line.starts_with("I: finding") || line.starts_with("I: reading");
}

// Packages are kept in the cache as hard links: no copying, and any number of builds can share it.
constexpr const char* fill_from_cache =
    "--setup-hook=mkdir -p \"$1/var/cache/apt/archives\" && find \"$HASTUR_CACHE\" -maxdepth 1 -name '*.deb' "
    "-exec cp -lfu -t \"$1/var/cache/apt/archives\" {} +";
constexpr const char* save_to_cache =
    "--customize-hook=find \"$1/var/cache/apt/archives\" -maxdepth 1 -name '*.deb' -exec cp -lfu -t \"$HASTUR_CACHE\" "
    "{} +";

}  // namespace

std::string first_complaint(const ProcessError& error) {
    for (const auto line : text::split(error.tail(), '\n'))
        for (const std::string_view mark : {"E: ", "dpkg: error: ", "dpkg: error "})
            if (line.starts_with(mark)) return std::string(text::trim(line.substr(mark.size())));
    for (const auto& lines = text::split(error.tail(), '\n'); const auto line : lines)
        if (!text::trim(line).empty() && !line.starts_with("I: ")) return std::string(text::trim(line));
    return error.what();
}

void mmdebstrap(const AptJob& job, const BuildSite& site) {
    std::vector<std::string> argv{process::require("mmdebstrap", "mmdebstrap"),
                                  "--mode=root",
                                  "--format=directory",
                                  "--variant=minbase",
                                  "--architectures=" + job.architecture,
                                  "--include=" + text::join(job.packages, ","),
                                  "--dpkgopt=force-unsafe-io",
                                  "--skip=download/empty",
                                  "--skip=check/empty",
                                  fill_from_cache,
                                  save_to_cache};
    std::ranges::move(host_apt_options(), std::back_inserter(argv));
    argv.insert(argv.end(), {job.release, site.target});
    // On standard input: no limit on their number, and no file to clean up.
    if (!job.sources.empty()) argv.emplace_back("-");
    process::Program program{.argv = std::move(argv), .contained = true};
    program.environment = {"HASTUR_CACHE=" + site.cache, "TMPDIR=" + site.scratch, "LC_ALL=C",
                           "DEBIAN_FRONTEND=noninteractive", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
    for (const char* name : {"http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"})
        if (const char* value = std::getenv(name)) program.environment->push_back(std::string(name) + "=" + value);
    // Whoever meets a full disk says so; many lines later mmdebstrap only says who that was.
    constexpr std::string_view full = "No space left on device";
    bool disk_is_full = false;
    try {
        process::run(std::move(program), text::join(job.sources, "\n") + "\n", [&](std::string_view line) {
            disk_is_full = disk_is_full || line.find(full) != std::string_view::npos;
            if (line.starts_with("I: ") && line.ends_with("...") && !is_about_mmdebstrap_itself(line))
                site.on_progress(line.substr(3, line.size() - 6));
        });
    } catch (const ProcessError& error) {
        throw Error(disk_is_full ? std::string(full) : first_complaint(error));
    }
}

}  // namespace hastur::image::installer
