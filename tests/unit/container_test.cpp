#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hastur/base/error.hpp"
#include "hastur/cli/output.hpp"
#include "hastur/container/filter_cache.hpp"
#include "hastur/container/nspawn.hpp"
#include "hastur/container/record.hpp"

namespace hastur::container {
namespace {

using testing::Contains;
using testing::ElementsAre;

std::vector<std::string> behind_init(const std::vector<std::string>& words,
                                     const std::vector<std::string>& environment = {}) {
    const auto arguments =
        nspawn_arguments({"/usr/bin/systemd-nspawn", "/r", "web", "/proc/1/fd/2", false, {words, environment}});
    const auto init = std::ranges::find(arguments, "/usr/lib/hastur/init");
    return {init + 1, arguments.end()};
}

TEST(Nspawn, PassesTheCommandAsItIs) {
    EXPECT_THAT(behind_init({}), ElementsAre("-l"));
    EXPECT_THAT(behind_init({"ls", "-l", "a b"}), ElementsAre("--", "ls", "-l", "a b"));
    EXPECT_THAT(behind_init({"ls"}), ElementsAre("--", "ls"));
    EXPECT_THAT(behind_init({"echo $HOME; exit 3"}), ElementsAre("-c", "echo $HOME; exit 3"));
    EXPECT_THAT(behind_init({"-l"}, {"A=b c"}), ElementsAre("-E", "A=b c", "--", "-l"));
}

TEST(Nspawn, ChoosesTheConsole) {
    const Launch pipe{"/n", "/r", "web", "/ns", false, {}};
    auto terminal = pipe;
    terminal.terminal = true;
    EXPECT_THAT(nspawn_arguments(pipe), Contains("--console=pipe"));
    EXPECT_THAT(nspawn_arguments(terminal), Contains("--console=interactive"));
}

TEST(CachedFilters, SurviveWritingAndReadingAndNothingElse) {
    const CachedFilters cached{{{"/lib/a.so", "1 2 3"}}, {{{{6, 0, 0, 0x7fff0000}}, 2}}};
    const auto bytes = cached.encode();
    const auto again = CachedFilters::decode(bytes);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->libraries.at(0).path, "/lib/a.so");
    EXPECT_EQ(again->filters.at(0).flags, 2U);
    EXPECT_EQ(again->filters.at(0).program.at(0).k, 0x7fff0000U);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        EXPECT_FALSE(CachedFilters::decode(damaged)) << i;
        EXPECT_FALSE(CachedFilters::decode(bytes.substr(0, i))) << i;
    }
}

Record sample() {
    Record record;
    record.name = "web";
    record.image = "0123456789abcdef";
    record.packages = {"curl", "git"};
    record.bridge = "hastur0";
    record.address = Ipv4Address::parse("10.0.0.2");
    record.created = 1;
    record.started = 2;
    record.run = "aa";
    record.pid = 42;
    return record;
}

TEST(Record, SurvivesWritingAndReading) {
    const auto copy = Record::from_json(sample().to_json());
    EXPECT_EQ(copy.to_json(), sample().to_json());
    EXPECT_EQ(copy.address->str(), "10.0.0.2");
    EXPECT_EQ(copy.pid, 42);
}

TEST(Record, RefusesWhatIsDamaged) {
    const auto whole = sample().to_json();
    for (std::size_t length = 0; length + 2 < whole.size(); ++length)
        EXPECT_THROW((void)Record::from_json(whole.substr(0, length)), Error) << length;
    for (const char* text : {"", "null", "[]", "42", "{}", R"({"format":2})", R"({"format":"1"})"})
        EXPECT_THROW((void)Record::from_json(text), Error) << text;
    EXPECT_THROW((void)Record::from_json(std::string(10'000'000, '[')), Error);
    auto wrong_type = whole;
    wrong_type.replace(wrong_type.find("42"), 2, "\"\"");
    EXPECT_THROW((void)Record::from_json(wrong_type), Error);
}

TEST(Table, KeepsColumnsTwoBlanksApart) {
    cli::Table table({"NAME", "STATUS"});
    table.add({"a", "active"});
    table.add({"longer-name", "inactive"});
    EXPECT_EQ(table.render(false), "a            active\nlonger-name  inactive\n");
    EXPECT_EQ(table.render(true), "NAME         STATUS\na            active\nlonger-name  inactive\n");
}

}  // namespace
}  // namespace hastur::container
