// What tests/bench/run measures: hastur and its peers on the same image, side by side in one run.
//
//     hastur-bench HASTUR DIRECTORY ROUNDS DOCUMENT

#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include "crowd.hpp"
#include "hastur/base/error.hpp"
#include "hastur/types/text.hpp"
#include "measure.hpp"
#include "peers.hpp"
#include "report.hpp"
#include "scene.hpp"

namespace bench {
namespace {

std::string verdict(bool met) { return met ? "yes" : "NO"; }

Subject start(const Scene& scene, const std::string& name, const std::string& root,
              std::vector<std::string> options = {}) {
    std::vector<std::string> argv{scene.hastur, "-r", root, "-S", "-q"};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.insert(argv.end(), {"--", "/bin/true"});
    return {name, [argv] { execute(argv); }};
}

const Subject& named(const std::vector<Subject>& subjects, std::string_view beginning) {
    for (const auto& subject : subjects)
        if (subject.name.starts_with(beginning)) return subject;
    throw hastur::Error("nothing measured is called " + std::string(beginning));
}

/// The whole life of a container that runs /bin/true.
void measure_starts(const Scene& scene, int rounds, Report& report, Table& goals) {
    std::vector<std::string> missing;
    auto subjects = peers(scene, missing);
    subjects.insert(subjects.begin(), {start(scene, "hastur", scene.root),
                                       start(scene, "hastur --own-filters", scene.root, {"--own-filters"})});
    subjects.push_back(nspawns_share(scene));
    subjects.push_back(floor(scene));
    interleave(subjects, rounds);

    const auto hastur = subjects.front().in_a_row.median(), hastur_alone = subjects.front().alone.median();
    Table rows{
        {"start to exit of /bin/true", "median", "middle half", "hastur takes", "after a pause", "hastur takes"}};
    for (const auto& [name, run, in_a_row, alone] : subjects)
        rows.push_back({name, fmt::format("{:.1f} ms", in_a_row.median()),
                        fmt::format("{:.1f} - {:.1f}", in_a_row.quantile(0.25), in_a_row.quantile(0.75)),
                        fmt::format("{:.2f} x", hastur / in_a_row.median()), fmt::format("{:.1f} ms", alone.median()),
                        fmt::format("{:.2f} x", hastur_alone / alone.median())});
    report.table(rows);
    for (const auto& why : missing) report.text("Not measured: " + why + ".");

    const auto goal = [&](const char* peer, double bar) {
        if (std::ranges::none_of(subjects, [&](const Subject& subject) { return subject.name.starts_with(peer); }))
            return;
        const auto ratio = hastur / named(subjects, peer).in_a_row.median();
        goals.push_back({std::string("warm start, against ") + peer, fmt::format("{:.3f} x", ratio),
                         fmt::format("<= {} x", bar), verdict(ratio <= bar)});
    };
    goal("systemd-nspawn --network-bridge", 0.25);
    goal("lxc-execute", 0.5);
    goal("docker run", 0.06);
    const auto own = hastur - named(subjects, "systemd-nspawn, all").in_a_row.median();
    goals.push_back({"hastur's own share of it", fmt::format("{:.1f} ms", own), "<= 5 ms", verdict(own <= 5)});
}

void measure_crowd(const Scene& scene, Table& goals) {
    constexpr int size = 100, repetitions = 5;
    Times rates, memory;
    int failures = 0;
    for (int i = 0; i < repetitions; ++i) {
        std::unique_ptr<Crowd> crowd;
        const auto taken = milliseconds([&] {
            crowd = std::make_unique<Crowd>(scene, size);
            failures += crowd->wait_until_reachable();
        });
        rates.add(size / taken * 1000);
        memory.add(crowd->memory_of_hastur() / 1024);
        crowd.reset();
        execute(scene.hastur_with({"-Q"}));
        std::cerr << '.' << std::flush;
    }
    std::cerr << '\n';
    goals.push_back({fmt::format("{} starts at once, reachable by ping: rate", size),
                     fmt::format("{:.0f} a second", rates.median()), ">= 60 a second", verdict(rates.median() >= 60)});
    goals.push_back({fmt::format("{} starts at once: failures", repetitions * size), std::to_string(failures), "0",
                     verdict(failures == 0)});
    goals.push_back({"memory of hastur beside a container (Pss)", fmt::format("{:.1f} MiB", memory.median()),
                     "<= 3 MiB", verdict(memory.median() <= 3)});
}

/// Roots with so many containers that do not run.
std::vector<std::pair<int, std::string>> roots_with_containers(const Scene& scene) {
    std::vector<std::pair<int, std::string>> roots;
    for (const int size : {10, 100, 1000}) {
        const auto root = fmt::format("{}/root{}", scene.directory, size);
        shell(
            fmt::format("mkdir -m 700 {0} && cp -a {1}/hastur-root {0} && mkdir {0}/images && cp -al {1}/images/. "
                        "{0}/images && seq {2} | xargs -P 2 -I '{{}}' {3} -r {0} -S -q -n 'c{{}}' -- /bin/true",
                        root, scene.root, size, scene.hastur));
        roots.emplace_back(size, root);
        std::cerr << '.' << std::flush;
    }
    return roots;
}

void measure_growth(const Scene& scene, int rounds, Report& report, Table& goals) {
    const auto roots = roots_with_containers(scene);
    std::vector<Subject> subjects;
    for (const auto& [size, root] : roots)
        subjects.push_back(start(scene, fmt::format("a start beside {} containers that exist", size), root));
    interleave(subjects, rounds);
    Table rows{{"containers", "start, median", "of the start beside 10"}};
    const auto first = subjects.front().in_a_row.median();
    for (const auto& subject : subjects)
        rows.push_back({subject.name, fmt::format("{:.1f} ms", subject.in_a_row.median()),
                        fmt::format("{:.2f} x", subject.in_a_row.median() / first)});
    const auto growth = subjects.back().in_a_row.median() / first;
    goals.push_back({"growth of a start's time from 10 to 1,000 that exist", fmt::format("{:.2f} x", growth),
                     "<= 1.1 x", verdict(growth <= 1.1)});

    // The biggest root again, with 50 of its containers running.
    Scene big = scene;
    big.root = roots.back().second;
    Crowd crowd(big, 50);
    if (crowd.wait_until_reachable() != 0) throw hastur::Error("a container did not come up");
    std::vector<Subject> query{{"-Q -j", [&] { execute(big.hastur_with({"-Q", "-j"})); }}};
    interleave(query, rounds);
    const auto taken = query.front().in_a_row.median();
    goals.push_back({"-Q -j with 1,000 containers and 50 that run", fmt::format("{:.1f} ms", taken), "<= 30 ms",
                     verdict(taken <= 30)});
    report.table(rows);
}

/// How a start's time grows with the containers that run beside it.
void measure_neighbours(const Scene& scene, int rounds, Report& report) {
    Table rows{{"containers", "start, median", "of nspawn's, all prepared"}};
    std::vector<std::unique_ptr<Crowd>> crowds;
    int running = 0;
    for (const int size : {10, 100, 500}) {
        crowds.push_back(std::make_unique<Crowd>(scene, size - running));
        if (crowds.back()->wait_until_reachable() != 0) throw hastur::Error("a container did not come up");
        running = size;
        std::vector<Subject> subjects{start(scene, "", scene.root), nspawns_share(scene)};
        interleave(subjects, rounds);
        const auto own = subjects[0].in_a_row.median(), nspawn = subjects[1].in_a_row.median();
        rows.push_back({fmt::format("a start beside {} containers that run", size), fmt::format("{:.1f} ms", own),
                        fmt::format("{:.2f} x", own / nspawn)});
    }
    report.table(rows);
}

void measure_sizes(const Scene& scene, Report& report) {
    const auto binary = shell("stat -Lc %s " + scene.hastur);
    const auto idle = shell("du -s --apparent-size -B 1 " + scene.directory + "/root1000/containers/c1 | cut -f1");
    const auto blocks = shell("du -s -B 1024 " + scene.directory + "/root1000/containers/c1 | cut -f1");
    report.table(
        {{"size", ""},
         {"the binary", fmt::format("{} KiB", hastur::text::to_number(hastur::text::trim(binary)).value_or(0) >> 10U)},
         {"an idle container on disk",
          fmt::format("{} bytes in {} KiB of blocks", hastur::text::trim(idle), hastur::text::trim(blocks))}});
}

/// The start's own account of itself.
std::string timeline(const Scene& scene) {
    execute(scene.hastur_with({"-Q"}));  // it shall find nothing to clean up
    return shell(scene.hastur + " -r " + scene.root + " -S -v -- /bin/true 2>&1");
}

void run(const std::string& hastur, const std::string& directory, int rounds, const std::string& document) {
    const auto scene = set_the_scene(hastur, directory);
    Report report;
    Table goals{{"goal", "measured", "bar", "met"}};
    Report tables;
    measure_starts(scene, rounds, tables, goals);
    measure_crowd(scene, goals);
    measure_growth(scene, rounds, tables, goals);
    measure_neighbours(scene, rounds, tables);
    measure_sizes(scene, tables);
    for (const auto& line : about_the_machine(hastur)) report.text("- " + line);
    report.text(
        fmt::format("Medians of {} runs, {} in a row in each of {} rounds, in which everything had its turn in a "
                    "random order; and "
                    "of the {} runs before those, which came after a pause of 100 ms.",
                    rounds * runs_in_a_row, runs_in_a_row, rounds, rounds));
    report.table(goals);
    report.text(tables.markdown());
    report.text("One start, as `hastur -v` tells it:\n\n```\n" + timeline(scene) + "```");
    std::cout << report.markdown();
    write_below_mark(document, report.markdown());
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
    try {
        if (argc != 5) throw hastur::Error("usage: hastur-bench HASTUR DIRECTORY ROUNDS DOCUMENT");
        bench::run(argv[1], argv[2], std::stoi(argv[3]), argv[4]);
    } catch (const std::exception& error) {
        std::cerr << "hastur-bench: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
