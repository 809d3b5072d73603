#include "hastur/base/error.hpp"
#include "hastur/image/installer.hpp"
#include "hastur/sys/process.hpp"
#include "hastur/types/text.hpp"

namespace hastur::image::installer {

void debootstrap(const AptJob& job, const BuildSite& site) {
    std::vector<std::string> argv{process::require("debootstrap", "debootstrap"),
                                  "--variant=minbase",
                                  "--arch=" + job.architecture,
                                  "--cache-dir=" + site.cache,
                                  "--include=" + text::join(job.packages, ","),
                                  job.release,
                                  site.target};
    for (const auto& source : job.sources) {
        auto words = text::words(source);
        std::erase_if(words, [](std::string_view word) { return word.starts_with('[') || word.ends_with(']'); });
        if (words.size() < 3 || words[2] != job.release) continue;
        argv.emplace_back(words[1]);
        break;
    }
    process::Program program{.argv = std::move(argv), .contained = true};
    site.on_progress("running debootstrap");
    try {
        process::run(std::move(program));
    } catch (const ProcessError& error) {
        throw Error(first_complaint(error));
    }
}

}  // namespace hastur::image::installer
