#pragma once

#include <string>
#include <vector>

#include "hastur/image/distribution.hpp"
#include "hastur/sys/process.hpp"

/// Mechanisms that turn a list of packages into a directory tree.
namespace hastur::image::installer {

struct AptJob {
    std::string release, architecture;
    std::vector<std::string> sources;   ///< one-line entries of sources.list(5); empty: the program's default
    std::vector<std::string> packages;  ///< all of them, the base set included
};

/// The first of apt's, dpkg's or the installer's own complaints in what it printed; the ones behind it are
/// consequences.
[[nodiscard]] std::string first_complaint(const ProcessError& error);

/// mmdebstrap(1): takes several sources, needs no second stage.
void mmdebstrap(const AptJob& job, const BuildSite& site);
/// debootstrap(8): only the first source that serves the release itself is used.
void debootstrap(const AptJob& job, const BuildSite& site);

}  // namespace hastur::image::installer
