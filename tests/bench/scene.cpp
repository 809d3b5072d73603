#include "scene.hpp"

#include <sched.h>
#include <sys/mount.h>

#include "hastur/base/error.hpp"
#include "hastur/sys/process.hpp"
#include "measure.hpp"

namespace bench {

std::vector<std::string> Scene::hastur_with(std::vector<std::string> words) const {
    std::vector<std::string> argv{hastur, "-r", root};
    argv.insert(argv.end(), words.begin(), words.end());
    return argv;
}

std::string Scene::writable_image(const std::string& name) const {
    const auto place = directory + "/" + name;
    shell("P=" + place + "; mkdir -p $P/upper $P/work $P/merged && mount -n -t overlay -o lowerdir=" + image +
          ",upperdir=$P/upper,workdir=$P/work overlay $P/merged");
    return place + "/merged";
}

Scene set_the_scene(const std::string& hastur, const std::string& directory) {
    hastur::check(::unshare(CLONE_NEWNS | CLONE_NEWNET), [] { return "making namespaces"; });
    hastur::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), [] { return "mount"; });
    Scene scene{hastur, directory, directory + "/root",
                "",     "hastur0", hastur::process::require("systemd-nspawn", "systemd-container")};
    // hastur's notes of the host's network belong to that host, which is another one here; /sys shows its interfaces.
    shell("ip link set lo up && mkdir -p /run/hastur " + directory +
          "/cgroup && mount -n -t tmpfs -o mode=700 tmpfs /run/hastur && cd " + directory +
          " && mount -n --rbind /sys/fs/cgroup cgroup && mount -n -t sysfs sysfs /sys && "
          "mount -n --rbind cgroup /sys/fs/cgroup && umount -nl cgroup && rmdir cgroup && "
          // systemd-nspawn expects a file system in memory there.
          "mkdir -p /run/systemd/nspawn && mount -n -t tmpfs tmpfs /run/systemd/nspawn");
    scene.image = shell("printf %s " + scene.root + "/images/*/rootfs");
    // The bridge, the seccomp filters: what only the first start has to do.
    for (int i = 0; i < 2; ++i) execute(scene.hastur_with({"-S", "-q", "--", "/bin/true"}));
    return scene;
}

}  // namespace bench
