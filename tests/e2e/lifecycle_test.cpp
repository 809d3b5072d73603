#include "harness.hpp"

namespace e2e {
namespace {

class Lifecycle : public Host {
protected:
    static std::string names() { return sh("$H -Q | awk '{print $1}'").out; }
};

TEST_F(Lifecycle, AnAutoNamedContainerIsGoneAfterwards) {
    EXPECT_EQ(hastur("-S -q -- touch /root/x").status, 0);
    EXPECT_EQ(names(), "");
}

TEST_F(Lifecycle, ANamedOneKeepsItsDataAndAddress) {
    EXPECT_EQ(hastur("-Sn test -q -- sh -c 'echo data > /root/file; echo more > /tmp/file'").status, 0);
    const auto first = query("test");
    EXPECT_EQ(first.at("status"), "inactive");
    EXPECT_EQ(first.at("pid"), nullptr);
    EXPECT_EQ(first.at("ephemeral"), false);
    EXPECT_EQ(hastur("-S -q -- true").status, 0);
    EXPECT_EQ(hastur("-Sn test -q -- cat /root/file /tmp/file").out, "data\nmore\n");
    EXPECT_EQ(query("test").at("address"), first.at("address"));
    EXPECT_EQ(sh("cat $($H -Q test | awk '{print $4}')/root/file").out, "data\n");
}

TEST_F(Lifecycle, DataSurvivesOtherPackages) {
    EXPECT_EQ(hastur("-Sn test -q -p git -- sh -c '/bin/git --version && echo kept > /root/file'").status, 0);
    const auto without = hastur("-Sn test -q -- /bin/git --version");
    EXPECT_EQ(without.status, 127);
    EXPECT_NE(without.err.find("No such file or directory"), std::string::npos);
    EXPECT_EQ(hastur("-Sn test -q -- cat /root/file").out, "kept\n");
    EXPECT_EQ(hastur("-Sn test -q -p git cat /root/file").out, "kept\n");
}

TEST_F(Lifecycle, KeepKeepsAnAutoNamedOne) {
    EXPECT_EQ(hastur("-kS -q -- true").status, 0);
    EXPECT_NE(names(), "");
}

TEST_F(Lifecycle, KeepFailedKeepsItOnlyIfTheCommandFailed) {
    EXPECT_EQ(hastur("-eS -q -- true").status, 0);
    EXPECT_EQ(names(), "");
    EXPECT_EQ(hastur("-eS -q -- sh -c 'echo evidence > /root/file; false'").status, 1);
    EXPECT_NE(names(), "");
    EXPECT_EQ(sh("$H -Sq -n $($H -Q | awk '{print $1}') cat /root/file").out, "evidence\n");
}

TEST_F(Lifecycle, RunningTwiceIsAnError) {
    Background container("-Sn one -q -- sh -c 'echo ready; exec sleep 1000'");
    container.expect("ready");
    const auto second = hastur("-Sn one -- true");
    EXPECT_EQ(second.status, 125);
    EXPECT_EQ(second.err, "hastur: container 'one' is running already\n");
    EXPECT_EQ(query("one").at("status"), "active");
}

TEST_F(Lifecycle, ARunningOneIsDestroyedOnlyByForce) {
    Background container("-Sn one -q -- sh -c 'echo ready; exec sleep 1000'");
    container.expect("ready");
    const auto gentle = hastur("-D one");
    EXPECT_EQ(gentle.status, 125);
    EXPECT_NE(gentle.err.find("container 'one' is running"), std::string::npos);
    EXPECT_EQ(hastur("-D -f one").status, 0);
    EXPECT_EQ(container.wait(), 137);
    EXPECT_EQ(names(), "");
}

TEST_F(Lifecycle, DestroyTriesEveryName) {
    hastur("-Sq -n a -- true");
    hastur("-Sq -n b -- true");
    const auto result = hastur("-D a nope b");
    EXPECT_EQ(result.status, 125);
    EXPECT_NE(result.err.find("there is no container 'nope'"), std::string::npos);
    EXPECT_EQ(names(), "");
}

TEST_F(Lifecycle, QueryShowsRowsForScripts) {
    hastur("-Sq -n stopped -- true");
    Background container("-Sn running -q -- sh -c 'echo ready > /root/file; echo ready; exec sleep 1000'");
    container.expect("ready");
    const auto rows = sh("$H -Q | awk '{print $1,$2,($3 ~ /^10\\./)}'").out;
    EXPECT_EQ(rows, "running active 1\nstopped inactive 1\n");
    EXPECT_EQ(sh("$H -Q | grep -c inactive").out, "1\n");
    EXPECT_EQ(sh("cat $($H -Q running | awk '{print $4}')/root/file").out, "ready\n");
    const auto json = query("running");
    for (const char* key :
         {"name", "status", "root", "address", "ephemeral", "packages", "image", "pid", "started", "bridge"})
        EXPECT_TRUE(json.contains(key)) << key;
    EXPECT_TRUE(json.at("pid").is_number());
    EXPECT_TRUE(json.at("started").is_number());
    EXPECT_EQ(hastur("-Q nope").status, 125);
}

TEST_F(Lifecycle, ImagesAreListed) {
    hastur("-Sq -n user -p git -- true");
    const auto images = nlohmann::json::parse(hastur("-Qij").out);
    ASSERT_GE(images.size(), 2U);
    bool found = false;
    for (const auto& image : images) {
        for (const char* key :
             {"id", "distribution", "release", "architecture", "packages", "size", "created", "last_used", "used_by"})
            EXPECT_TRUE(image.contains(key)) << key;
        if (image.at("packages") != nlohmann::json{"git"}) continue;
        found = true;
        EXPECT_EQ(image.at("used_by"), nlohmann::json{"user"});
        EXPECT_EQ(image.at("id"), query("user").at("image"));
        EXPECT_GT(image.at("size").get<long>(), 100'000'000);
    }
    EXPECT_TRUE(found);
    EXPECT_EQ(sh("$H -Qi | wc -l").out, std::to_string(images.size()) + "\n");
}

TEST_F(Lifecycle, CopyGoesIntoThisContainerOnly) {
    sh("rm -rf /run/copy; mkdir -p /run/copy/bin /run/copy/opt/deep; echo '#!/bin/sh\necho tool' > /run/copy/bin/tool; "
       "chmod 4755 /run/copy/bin/tool; "
       "ln -s tool /run/copy/bin/alias; echo x > /run/copy/opt/deep/file; chown 123:456 /run/copy/opt/deep/file; chmod "
       "640 /run/copy/opt/deep/file");
    EXPECT_EQ(hastur("-Sq -x /run/copy alias").out, "tool\n");
    EXPECT_EQ(hastur("-Sq -x /run/copy -- stat -c '%u:%g %a' /opt/deep/file /bin/tool").out, "123:456 640\n0:0 4755\n");
    EXPECT_EQ(hastur("-Sq tool").status, 127);
    EXPECT_EQ(hastur("-S -x /run/nonexistent -- true").status, 125);
}

TEST_F(Lifecycle, AContainerCannotBreakItsOwnInit) {
    EXPECT_EQ(hastur("-Sq -n vandal -- sh -c 'rm -rf /usr/lib/hastur; echo kept > /root/file'").status, 0);
    EXPECT_EQ(hastur("-Sq -n vandal cat /root/file").out, "kept\n");
    EXPECT_EQ(hastur("-Sq -n vandal -- sh -c 'mkdir -p /usr/lib/hastur; rm -f /usr/lib/hastur/init; cp /bin/false "
                     "/usr/lib/hastur/init'")
                  .status,
              0);
    EXPECT_EQ(hastur("-Sq -n vandal cat /root/file").out, "kept\n");
}

TEST_F(Lifecycle, WhatResistsRemovalIsToldAndStopsNobodyElse) {
    hastur("-Sq -n stubborn -- touch /root/file");
    sh("chattr +i $ROOT/containers/stubborn/data/root/file");
    EXPECT_EQ(hastur("-D stubborn").status, 125);
    EXPECT_EQ(hastur("-S -q -- sh -c 'exit 3'").status, 3);
    EXPECT_NE(hastur("-Q").err.find("Operation not permitted"), std::string::npos);
    sh("chattr -R -i $ROOT/tmp");
}

TEST_F(Lifecycle, FiftyFreshStartsOnAFreshRootAtOnce) {
    // Each opens the root, and ends before it would need an image.
    const auto result = sh("for i in $(seq 50); do $H -r /run/fresh -S -x /nonexistent -- true 2>&1 & done; wait");
    EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 50) << result.out;
    EXPECT_EQ(result.out.find("root"), std::string::npos) << result.out;
    EXPECT_EQ(sh("$H -r /run/fresh --free").status, 0);
}

TEST_F(Lifecycle, StorageInMemoryLeavesTheDiskAlone) {
    EXPECT_EQ(hastur("-Sq -s tmpfs:64M -- sh -c 'echo x > /root/file; df -m / | tail -1 | grep -c \" 64 \"'").out,
              "1\n");
    EXPECT_NE(hastur("-Sq -s tmpfs:16M -- dd if=/dev/zero of=/root/file bs=1M count=20").status, 0);
    EXPECT_EQ(hastur("-Sq -s overlayfs -- true").status, 0);
    hastur("-Sq -n old -- touch /root/file");
    const auto hidden = hastur("-Sq -n old -s tmpfs -- true");
    EXPECT_EQ(hidden.status, 125);
    EXPECT_EQ(hastur("-Sq -n old -- ls /root").out, "file\n");
}

TEST_F(Lifecycle, TwoRootsKnowNothingOfEachOther) {
    make_root("$ROOT/../other");
    Background here("-Sn same -q -- sh -c 'echo ready; exec sleep 1000'");
    here.expect("ready");
    const auto there = sh("$H -r $ROOT/../other -Sn same -q -- sh -c 'hostname -I'");
    EXPECT_EQ(there.status, 0) << there.err;
    EXPECT_EQ(there.out.find(query("same").at("address").get<std::string>() + " "), std::string::npos);
    EXPECT_EQ(sh("$H -r $ROOT/../other -Q | awk '{print $2}'").out, "inactive\n");
    // What one root's --free leaves: the other root's container still reaches the outside.
    EXPECT_EQ(sh("$H -r $ROOT/../other --free").status, 0);
    EXPECT_EQ(sh("ls -A $ROOT/../other").out, "");
    EXPECT_EQ(sh("nsenter -t " + std::to_string(query("same").at("pid").get<int>()) +
                 " -n bash -c 'cat < /dev/tcp/192.0.2.1/7'")
                  .out,
              "you are 192.0.2.2\n");
    sh("rmdir $ROOT/../other");
}

}  // namespace
}  // namespace e2e
