#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hastur/base/error.hpp"
#include "hastur/image/apt_sources.hpp"
#include "hastur/image/manifest.hpp"
#include "hastur/image/os_release.hpp"

namespace hastur::image {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines(const std::vector<AptSource>& sources) {
    std::vector<std::string> out;
    for (const auto& source : sources) out.push_back(source.line());
    return out;
}

TEST(Manifest, IdDependsOnEveryField) {
    const Manifest base{{"debian", "bookworm"}, "amd64", {"deb http://mirror.test/debian bookworm main"}, {"git"}};
    EXPECT_EQ(base.id().size(), 16U);
    EXPECT_EQ(base.id(), Manifest(base).id());
    auto other = base;
    other.os.id = "ubuntu";
    EXPECT_NE(base.id(), other.id());
    other = base;
    other.os.release = "trixie";
    EXPECT_NE(base.id(), other.id());
    other = base;
    other.architecture = "arm64";
    EXPECT_NE(base.id(), other.id());
    other = base;
    other.sources.clear();
    EXPECT_NE(base.id(), other.id());
    other = base;
    other.packages = {"curl", "git"};
    EXPECT_NE(base.id(), other.id());
    // What stands on the border between two lists belongs to one of them.
    other = base;
    other.packages.insert(other.packages.begin(), other.sources[0]);
    other.sources.clear();
    EXPECT_NE(base.id(), other.id());
}

TEST(OsRelease, UndoesQuoting) {
    const auto variables = parse_os_release(
        "# comment\nID=debian\nNAME=\"Debian \\\"GNU\\\"\"\nX='a b'\nbroken\n =\nVERSION_CODENAME=bookworm");
    EXPECT_EQ(variables.at("ID"), "debian");
    EXPECT_EQ(variables.at("NAME"), "Debian \"GNU\"");
    EXPECT_EQ(variables.at("X"), "a b");
    EXPECT_EQ(variables.at("VERSION_CODENAME"), "bookworm");
}

TEST(OsRelease, ReadsTheChoice) {
    EXPECT_EQ(parse_os("debian:trixie").release, "trixie");
    EXPECT_EQ(parse_os("ubuntu").release, "");
    for (const char* text : {"", ":", "debian:", ":x", "Debian", "a/b", "debian:../x", "-x"})
        EXPECT_THROW((void)parse_os(text), UsageError) << text;
}

TEST(AptSources, ReadsOneLineEntries) {
    const auto sources = parse_list(
        "# comment\n"
        "deb http://mirror.test/debian bookworm main contrib # why\n"
        "deb-src http://mirror.test/debian bookworm main\n"
        "deb [ arch=amd64 signed-by=/k.gpg ] http://other.test/x stable main\n"
        "deb [broken http://other.test\n"
        "deb onlyuri\n");
    EXPECT_THAT(lines(sources), ElementsAre("deb http://mirror.test/debian bookworm main contrib",
                                            "deb [arch=amd64 signed-by=/k.gpg] http://other.test/x stable main"));
}

TEST(AptSources, ReadsDeb822) {
    const auto sources = parse_deb822(
        "Types: deb deb-src\n# URIs: http://commented.test\nURIs: http://mirror.test/debian\nSuites: bookworm "
        "bookworm-updates\n"
        "Components: main\n contrib\nSigned-By: /usr/share/keyrings/k.gpg\n\n"
        "Types: deb\nEnabled: no\nURIs: http://off.test\nSuites: x\nComponents: main\n\n"
        "Types: deb\nURIs: http://inline.test\nSuites: y\nComponents: z\nSigned-By:\n -----BEGIN PGP PUBLIC KEY "
        "BLOCK-----\n .\n abc\n");
    EXPECT_THAT(
        lines(sources),
        ElementsAre(
            "deb [signed-by=/usr/share/keyrings/k.gpg] http://mirror.test/debian bookworm main contrib",
            "deb [signed-by=/usr/share/keyrings/k.gpg] http://mirror.test/debian bookworm-updates main contrib"));
}

TEST(AptSources, ChoosesByRelease) {
    const auto sources = parse_list(
        "deb http://m.test bookworm main\ndeb http://s.test bookworm-security main\ndeb http://n.test nodistro main\n");
    EXPECT_THAT(lines(sources_for(sources, "bookworm", "bookworm")),
                ElementsAre("deb http://m.test bookworm main", "deb http://s.test bookworm-security main"));
    EXPECT_THAT(lines(sources_for(sources, "bookworm", "trixie")),
                ElementsAre("deb http://m.test trixie main", "deb http://s.test trixie-security main"));
    EXPECT_THAT(lines(sources_for(sources, "bookworm", "sid")), ElementsAre("deb http://m.test sid main"));
    EXPECT_THAT(lines(sources_for(parse_list("deb http://m.test stable main"), "bookworm", "bookworm")),
                ElementsAre("deb http://m.test stable main"));
}

}  // namespace
}  // namespace hastur::image
