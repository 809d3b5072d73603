#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "hastur/base/error.hpp"
#include "hastur/base/rollback.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/lock.hpp"
#include "hastur/sys/tree.hpp"

namespace hastur {
namespace {

namespace stdfs = std::filesystem;

class FsTest : public testing::Test {
protected:
    FsTest() {
        std::string name = (stdfs::temp_directory_path() / "hastur-unit-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
        dir_ = fs::open_directory(path_.string());
    }
    ~FsTest() override { stdfs::remove_all(path_); }
    void put(const std::string& name, const std::string& contents) const {
        stdfs::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name) << contents;
    }
    [[nodiscard]] std::string get(const std::string& name) const {
        return fs::read_file((path_ / name).string(), 1000).value_or("(missing)");
    }

    stdfs::path path_;
    UniqueFd dir_;
};

TEST_F(FsTest, LinksDoNotLeadOutOfTheRoot) {
    put("outside", "secret");
    stdfs::create_directories(path_ / "root/etc");
    put("root/inside", "fine");
    stdfs::create_symlink(path_ / "outside", path_ / "root/etc/absolute");
    stdfs::create_symlink("../../outside", path_ / "root/etc/dotdot");
    stdfs::create_symlink("/inside", path_ / "root/etc/good");
    const auto root = fs::open_directory((path_ / "root").string());
    EXPECT_THROW((void)fs::open_in_root(root.get(), "/etc/absolute", O_RDONLY), SysError);
    EXPECT_THROW((void)fs::open_in_root(root.get(), "/etc/dotdot", O_RDONLY), SysError);
    EXPECT_THROW((void)fs::open_in_root(root.get(), "/../outside", O_RDONLY), SysError);
    EXPECT_TRUE(fs::open_in_root(root.get(), "/etc/good", O_RDONLY));
    EXPECT_THROW((void)fs::open_beneath(root.get(), "etc/good", O_RDONLY), SysError);
}

TEST_F(FsTest, WritingReplacesALinkInsteadOfFollowingIt) {
    put("victim", "untouched");
    stdfs::create_symlink(path_ / "victim", path_ / "file");
    fs::write_file(dir_.get(), "file", "new", 0640);
    EXPECT_EQ(get("victim"), "untouched");
    EXPECT_EQ(get("file"), "new");
    EXPECT_FALSE(stdfs::is_symlink(path_ / "file"));
    EXPECT_EQ(fs::list(dir_.get()).size(), 2U);
}

TEST_F(FsTest, ReadingHasALimitAndWantsARegularFile) {
    put("file", "12345");
    EXPECT_EQ(fs::read_file(dir_.get(), "file", 5), "12345");
    EXPECT_THROW((void)fs::read_file(dir_.get(), "file", 4), Error);
    EXPECT_FALSE(fs::read_file(dir_.get(), "missing", 4));
    ASSERT_EQ(::mkfifoat(dir_.get(), "fifo", 0600), 0);
    EXPECT_THROW((void)fs::read_file(dir_.get(), "fifo", 4), Error);
}

TEST_F(FsTest, RemovesDeepTreesAndLeavesLinkTargets) {
    put("keep/file", "kept");
    UniqueFd deepest = fs::open_directory(path_.string());
    for (int depth = 0; depth < 10'000; ++depth) {
        ASSERT_TRUE(fs::make_directory(deepest.get(), "d", 0700));
        deepest = fs::open_beneath(deepest.get(), "d", O_RDONLY | O_DIRECTORY);
    }
    ASSERT_EQ(::symlinkat((path_ / "keep").c_str(), deepest.get(), "link"), 0);
    fs::write_file(deepest.get(), "not-utf8-\xff\xfe", "", 0600);
    fs::remove_tree(dir_.get(), "d");
    EXPECT_EQ(fs::list(dir_.get()), std::vector<std::string>{"keep"});
    EXPECT_EQ(get("keep/file"), "kept");
    fs::remove_tree(dir_.get(), "missing");
}

TEST_F(FsTest, CopiesIntoARootThroughItsLinksOnly) {
    stdfs::create_directories(path_ / "root/usr/bin");
    stdfs::create_directory_symlink("usr/bin", path_ / "root/bin");
    put("host/secret", "untouched");
    put("root/etc/x", "old");
    stdfs::create_directory_symlink(path_ / "host", path_ / "root/evil");
    put("from/bin/tool", "tool");
    put("from/etc/x", "new");
    stdfs::create_symlink("tool", path_ / "from/bin/alias");
    stdfs::create_hard_link(path_ / "from/bin/tool", path_ / "from/bin/twin");
    ASSERT_EQ(::chmod((path_ / "from/bin/tool").c_str(), 04751), 0);
    const auto root = fs::open_directory((path_ / "root").string());
    fs::copy_tree(fs::open_directory((path_ / "from").string()).get(), root.get());
    EXPECT_EQ(get("root/usr/bin/tool"), "tool");
    EXPECT_EQ(get("root/etc/x"), "new");
    EXPECT_EQ(stdfs::read_symlink(path_ / "root/usr/bin/alias"), "tool");
    struct stat tool {
    }, twin{};
    ASSERT_EQ(::stat((path_ / "root/usr/bin/tool").c_str(), &tool), 0);
    ASSERT_EQ(::stat((path_ / "root/usr/bin/twin").c_str(), &twin), 0);
    EXPECT_EQ(tool.st_mode & 07777, 04751U);
    EXPECT_EQ(tool.st_ino, twin.st_ino);

    put("from/evil/secret", "overwritten");
    EXPECT_THROW(fs::copy_tree(fs::open_directory((path_ / "from").string()).get(), root.get()), Error);
    EXPECT_EQ(get("host/secret"), "untouched");
}

TEST_F(FsTest, LocksExcludeAndFilesAreReplaced) {
    LockFile first(dir_.get(), "lock");
    ASSERT_TRUE(first.try_exclusive(0));
    LockFile second(dir_.get(), "lock");
    EXPECT_FALSE(second.try_exclusive(0));
    EXPECT_TRUE(second.held(0));
    EXPECT_FALSE(second.held(1));
    first.remove();
    first.release(0);
    // The second one has the removed file open: it must notice and lock the new one.
    EXPECT_TRUE(second.try_exclusive(0));
    EXPECT_TRUE(stdfs::exists(path_ / "lock"));
}

TEST(Rollback, UndoesInReverseAndSurvivesFailures) {
    std::string order;
    {
        Rollback rollback;
        rollback.add([&] { order += "a"; });
        rollback.add([&] { throw Error("broken"); });
        rollback.add([&] { order += "c"; });
    }
    EXPECT_EQ(order, "ca");
    {
        Rollback rollback;
        rollback.add([&] { order += "x"; });
        rollback.dismiss();
    }
    EXPECT_EQ(order, "ca");
}

}  // namespace
}  // namespace hastur
