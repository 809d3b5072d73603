#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hastur/base/error.hpp"
#include "hastur/cli/options.hpp"

namespace hastur::cli {
namespace {

using testing::ElementsAre;

Options parse(std::vector<const char*> words) {
    words.insert(words.begin(), "hastur");
    return cli::parse(static_cast<int>(words.size()), words.data());
}

TEST(Options, ShortFlagsCombine) {
    EXPECT_TRUE(parse({"-kS"}).run.keep);
    EXPECT_EQ(parse({"-Sn", "web"}).run.name->str(), "web");
    EXPECT_TRUE(parse({"-Qj"}).json);
    const auto images = parse({"-Qij"});
    EXPECT_EQ(images.operation, Operation::query_images);
    EXPECT_TRUE(images.json);
    EXPECT_EQ(parse({"-Qi"}).operation, Operation::query_images);
}

TEST(Options, TheFirstWordThatIsNoOptionStartsTheCommand) {
    EXPECT_THAT(parse({"-p", "git", "-S", "/usr/bin/git", "--version"}).run.command.words,
                ElementsAre("/usr/bin/git", "--version"));
    EXPECT_THAT(parse({"-S", "ls", "-k", "--", "-j"}).run.command.words, ElementsAre("ls", "-k", "--", "-j"));
    EXPECT_FALSE(parse({"-S", "ls", "-k"}).run.keep);
    EXPECT_THAT(parse({"-S", "--", "-odd", "--", "x"}).run.command.words, ElementsAre("-odd", "--", "x"));
    EXPECT_TRUE(parse({"-S"}).run.command.words.empty());
    EXPECT_TRUE(parse({"-S", "--"}).run.command.words.empty());
}

TEST(Options, OptionsStandBeforeAndBehindTheOperation) {
    EXPECT_EQ(parse({"-r", "x", "-S"}).root, "x");
    EXPECT_EQ(parse({"-S", "-r", "x"}).root, "x");
    const auto query = parse({"-Q", "web", "-j", "db"});
    EXPECT_TRUE(query.json);
    EXPECT_EQ(query.names.size(), 2U);
    EXPECT_TRUE(parse({"-D", "web", "-f"}).force);
}

TEST(Options, ListsAddUpAndValuesReplace) {
    EXPECT_THAT(parse({"-S", "-p", "git,curl", "-p", "git"}).run.image.packages.names(), ElementsAre("curl", "git"));
    EXPECT_EQ(parse({"-S", "-n", "a", "-n", "b"}).run.name->str(), "b");
    EXPECT_THAT(parse({"-S", "-E", "A=1", "-E", "B=x y"}).run.command.environment, ElementsAre("A=1", "B=x y"));
}

TEST(Options, RefusesNonsense) {
    const std::vector<std::vector<const char*>> wrong{{},
                                                      {"-S", "-Q"},
                                                      {"-D"},
                                                      {"-D", "a/b"},
                                                      {"-S", "--foo"},
                                                      {"-S", "-n"},
                                                      {"-S", "-n", ""},
                                                      {"-S", "-n", "-x"},
                                                      {"-S", "-E", "A"},
                                                      {"-S", "-E", "=x"},
                                                      {"-S", "-E", "1A=x"},
                                                      {"-i"},
                                                      {"-Si"},
                                                      {"--free", "x"},
                                                      {"-Qi", "x"},
                                                      {"-S", "-s", "zfs"},
                                                      {"-S", "-p", ""},
                                                      {"-S", "-q", "-v"},
                                                      {"-Q", "--bogus"},
                                                      {"-S", "-a", ""},
                                                      {"-r", "", "-S"},
                                                      {"web"}};
    for (const auto& words : wrong) EXPECT_THROW(parse(words), UsageError) << testing::PrintToString(words);
}

TEST(Options, HelpAndVersionNeedNothingElse) {
    EXPECT_EQ(parse({"-h"}).operation, Operation::help);
    EXPECT_EQ(parse({"--help"}).operation, Operation::help);
    EXPECT_EQ(parse({"--version"}).operation, Operation::version);
    EXPECT_NE(help().find("--free"), std::string::npos);
}

}  // namespace
}  // namespace hastur::cli
