#include "peers.hpp"

#include <sys/stat.h>

#include <fstream>

#include "hastur/base/error.hpp"
#include "hastur/sys/process.hpp"

namespace bench {
namespace {

Subject nspawn(const Scene& scene) {
    const auto root = scene.writable_image("nspawn");
    return {"systemd-nspawn --network-bridge", [=] {
                execute({scene.nspawn, "--quiet", "--register=no", "--keep-unit", "--directory=" + root,
                         "--network-bridge=" + scene.bridge, "/bin/true"});
            }};
}

Subject nspawn_ephemeral(const Scene& scene) {
    return {"systemd-nspawn --network-bridge --volatile=overlay", [=] {
                execute({scene.nspawn, "--quiet", "--register=no", "--keep-unit", "--directory=" + scene.image,
                         "--volatile=overlay", "--network-bridge=" + scene.bridge, "/bin/true"});
            }};
}

Subject lxc(const Scene& scene, const std::string& program) {
    const auto root = scene.writable_image("lxc");
    const auto config = scene.directory + "/lxc.conf";
    std::ofstream(config) << "lxc.include = /usr/share/lxc/config/common.conf\n"
                             "lxc.apparmor.profile = unconfined\n"
                             "lxc.rootfs.path = dir:"
                          << root
                          << "\n"
                             "lxc.uts.name = bench\n"
                             "lxc.net.0.type = veth\n"
                             "lxc.net.0.link = "
                          << scene.bridge
                          << "\n"
                             "lxc.net.0.flags = up\n";
    shell("mkdir -p " + scene.directory + "/lxc");
    return {"lxc-execute, veth", [=] {
                execute({program, "-P", scene.directory + "/lxc", "-n", "bench", "-f", config, "--", "/bin/true"});
            }};
}

Subject docker(const Scene& scene, const std::string& program) {
    shell("tar -C " + scene.image + " -c . | " + program + " import - hastur-bench");
    return {"docker run --rm", [=] { execute({program, "run", "--rm", "hastur-bench", "/bin/true"}); }};
}

Subject podman(const Scene& scene, const std::string& program) {
    return {"podman run --rm", [=] {
                execute({program, "run", "--rm", "--ulimit", "host", "--rootfs", scene.image + ":O", "/bin/true"});
            }};
}

}  // namespace

std::vector<Subject> peers(const Scene& scene, std::vector<std::string>& missing) {
    std::vector<Subject> all{nspawn(scene), nspawn_ephemeral(scene)};
    const auto add = [&](const char* program, Subject (*make)(const Scene&, const std::string&)) {
        const auto path = hastur::process::find(program);
        if (!path) return missing.push_back(std::string(program) + ": not installed");
        try {
            auto subject = make(scene, *path);
            subject.run();
            all.push_back(std::move(subject));
        } catch (const hastur::Error& error) {
            const std::string why = error.what();
            missing.push_back(std::string(program) + ": does not run here: " + why.substr(0, why.find('\n')));
        }
    };
    add("lxc-execute", lxc);
    add("docker", docker);
    add("podman", podman);
    return all;
}

}  // namespace bench
