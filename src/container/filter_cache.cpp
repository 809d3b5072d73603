#include "hastur/container/filter_cache.hpp"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "hastur/base/error.hpp"
#include "hastur/base/log.hpp"
#include "hastur/sys/digest.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/lock.hpp"
#include "hastur/sys/process.hpp"
#include "hastur/types/json.hpp"
#include "hastur/types/text.hpp"

namespace hastur::container {
namespace {

constexpr std::size_t file_limit = 4U << 20U;
constexpr std::size_t most_filters = 64;

UniqueFd open_directory() {
    const auto run = fs::open_directory("/run");
    const auto hastur = fs::open_or_make_directory(run.get(), "hastur");
    return fs::open_or_make_directory(hastur.get(), "filters");
}

/// Changes whenever the file does, or another one takes its name. Empty if it is missing.
std::string identity_of(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) < 0) return "";
    return fmt::format("{} {} {} {}.{} {}.{}", info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec,
                       info.st_mtim.tv_nsec, info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
}

std::string program_of(pid_t process) { return identity_of(fmt::format("/proc/{}/exe", process)); }

/// How many filters hastur itself has; one, for want of a better answer, where the kernel does not tell.
unsigned own_filters() { return seccomp::count_of(::getpid()).value_or(1); }

/// Of the arguments, those that differ from container to container and have no part in its filters.
bool is_individual(std::string_view argument) {
    return std::ranges::any_of(
        std::array{"--directory=", "--machine=", "--hostname=", "--network-namespace-path=", "--console="},
        [&](const char* prefix) { return argument.starts_with(prefix); });
}

/// The files that the process has mapped: its program and its libraries.
std::vector<CachedFilters::Library> libraries_of(pid_t process) {
    const auto maps = fs::read_file(fmt::format("/proc/{}/maps", process), file_limit).value_or("");
    std::set<std::string> paths;
    for (const auto line : text::split(maps, '\n'))
        if (const auto slash = line.find('/'); slash != std::string_view::npos) paths.emplace(line.substr(slash));
    std::vector<CachedFilters::Library> libraries;
    for (const auto& path : paths) libraries.push_back({path, identity_of(path)});
    return libraries;
}

bool is_current(const CachedFilters::Library& library) {
    return !library.identity.empty() && identity_of(library.path) == library.identity;
}

/// Runs `work`; what it throws is of interest to nobody but a developer.
template <class Work>
auto quietly(const char* what, Work&& work) noexcept -> decltype(work()) {
    try {
        return work();
    } catch (const std::exception& error) {
        log::debug("{}: {}", what, error.what());
    }
    return decltype(work())();
}

}  // namespace

FilterCache::FilterCache(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
    if (own_filters() != 0U) return;
    utsname kernel{};
    ::uname(&kernel);
    program_ = identity_of(arguments.front());
    auto text = fmt::format("2\n{} {} {}\n{}\n", kernel.release, kernel.version, kernel.machine, program_);
    for (const char* file : {"/etc/ld.so.cache", "/etc/ld.so.preload"}) text += identity_of(file) + "\n";
    for (const auto& argument : arguments) {
        if (argument == "--") break;
        if (!is_individual(argument)) text += argument + "\n";
    }
    for (const auto& variable : environment)
        if (variable.starts_with("SYSTEMD_")) text += variable + "\n";
    key_ = digest(text);
}

std::optional<seccomp::Filters> FilterCache::load() const noexcept {
    return quietly("reading cached seccomp filters", [&]() -> std::optional<seccomp::Filters> {
        if (key_.empty()) return std::nullopt;
        const auto bytes = fs::read_file(open_directory().get(), key_, file_limit);
        if (!bytes) return std::nullopt;
        auto cached = CachedFilters::decode(*bytes);
        if (!cached || !std::ranges::all_of(cached->libraries, is_current)) {
            log::debug("the cached seccomp filters are damaged or outdated");
            return std::nullopt;
        }
        return std::move(cached->filters);
    });
}

void FilterCache::learn(pid_t leader, pid_t nspawn) const noexcept {
    quietly("learning seccomp filters", [&] {
        if (key_.empty() || program_of(nspawn) != program_) return;
        const auto dir = open_directory();
        // The files have no more than one writer at a time; whoever else starts just now does not wait for that.
        const auto lock = fs::open_beneath(dir.get(), "lock", O_RDWR | O_CREAT, 0600);
        if (!range_lock::try_exclusive(lock.get(), 0)) return;
        const CachedFilters cached{libraries_of(nspawn), seccomp::filters_of(leader)};
        if (cached.filters.empty() || !std::ranges::all_of(cached.libraries, is_current)) return;
        fs::remove_unfinished(dir.get());
        fs::write_file(dir.get(), key_, cached.encode(), 0600);
        log::debug("learned {} seccomp filters", cached.filters.size());
    });
}

void FilterCache::forget() const noexcept {
    quietly("forgetting seccomp filters", [&] {
        if (!key_.empty()) fs::remove_file(open_directory().get(), key_);
    });
}

void FilterCache::require(const seccomp::Filters& filters, pid_t leader, pid_t nspawn) const {
    if (program_of(nspawn) != program_)
        throw process::FiltersRefused(ESTALE,
                                      "checking that systemd-nspawn is the one that the seccomp filters are for");
    if (const auto count = seccomp::count_of(leader); count && *count < filters.size())
        throw process::FiltersRefused(EACCES, "the container lacks seccomp filters that it must have");
}

std::string CachedFilters::encode() const {
    auto json = nlohmann::json::object();
    for (const auto& library : libraries) json["libraries"].push_back({library.path, library.identity});
    for (const auto& filter : filters) {
        std::vector<std::uint8_t> bytes(filter.program.size() * sizeof(sock_filter));
        std::memcpy(bytes.data(), filter.program.data(), bytes.size());
        json["filters"].push_back({filter.flags, nlohmann::json::binary(std::move(bytes))});
    }
    const auto cbor = nlohmann::json::to_cbor(json);
    const std::string body(cbor.begin(), cbor.end());
    return digest(body) + body;
}

std::optional<CachedFilters> CachedFilters::decode(std::string_view bytes) {
    constexpr std::size_t digest_length = 16;
    if (bytes.size() <= digest_length || digest(bytes.substr(digest_length)) != bytes.substr(0, digest_length))
        return std::nullopt;
    bytes.remove_prefix(digest_length);
    try {
        const auto json = nlohmann::json::from_cbor(bytes.begin(), bytes.end());
        CachedFilters cached;
        for (const auto& library : json.at("libraries")) cached.libraries.push_back({library.at(0), library.at(1)});
        for (const auto& item : json.at("filters")) {
            const auto& program = item.at(1).get_binary();
            seccomp::Filter filter{std::vector<sock_filter>(program.size() / sizeof(sock_filter)), item.at(0)};
            const bool valid = !program.empty() && program.size() % sizeof(sock_filter) == 0 &&
                               filter.program.size() <= BPF_MAXINSNS &&
                               (filter.flags & ~std::uint32_t{SECCOMP_FILTER_FLAG_LOG}) == 0;
            if (!valid) return std::nullopt;
            std::memcpy(filter.program.data(), program.data(), program.size());
            cached.filters.push_back(std::move(filter));
        }
        if (cached.filters.empty() || cached.filters.size() > most_filters) return std::nullopt;
        return cached;
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
}

}  // namespace hastur::container
