#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hastur/base/error.hpp"
#include "hastur/net/host_view.hpp"
#include "hastur/net/requests.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/namespaces.hpp"
#include "hastur/sys/process.hpp"
#include "hastur/sys/tree.hpp"
#include "peers.hpp"

namespace bench {
namespace {

using namespace hastur;

const Ipv4Interface address = *Ipv4Interface::parse("198.51.100.2/24");

/// A namespace with an interface on the bridge, an address and a default route.
void connect(NetNamespace& space, int bridge) {
    nl::Socket host(NETLINK_ROUTE);
    const auto mac = net::hardware_address(address.address);
    // A name of its own: the kernel takes its time to remove the one before.
    static int number = 0;
    const IfName name("h-floor" + std::to_string(++number));
    host.execute(net::create_veth(name, bridge, space.fd(), mac));
    std::vector<nl::Request> requests;
    requests.push_back(net::raise(net::loopback_index));
    requests.push_back(net::raise(net::container_index));
    requests.push_back(net::add_address(net::container_index, address, true));
    requests.push_back(net::add_gateway_route(net::container_index, {{0}, 0}, {address.address.value - 1}));
    space.socket().execute(std::move(requests));
}

/// In a process of its own: the namespaces go with it.
[[noreturn]] void contain(const std::string& place, const std::string& image, const NetNamespace& space) {
    const auto options = "lowerdir=" + image + ",upperdir=" + place + "/data,workdir=" + place + "/work";
    const auto merged = place + "/merged";
    const bool ready = ::unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC) == 0 &&
                       ::setns(space.fd(), CLONE_NEWNET) == 0 &&
                       ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                       ::mount("floor", merged.c_str(), "overlay", 0, options.c_str()) == 0;
    if (!ready) ::_exit(1);
    const pid_t init = ::fork();
    if (init == 0) {
        const bool inside = ::mount("proc", (merged + "/proc").c_str(), "proc", 0, nullptr) == 0 &&
                            ::chroot(merged.c_str()) == 0 && ::chdir("/") == 0;
        if (inside) ::execl("/bin/true", "true", nullptr);
        ::_exit(1);
    }
    int status = -1;
    ::waitpid(init, &status, 0);
    ::_exit(status == 0 ? 0 : 1);
}

void run_floor(const std::string& directory, const std::string& image, int bridge) {
    const auto parent = fs::open_directory(directory);
    fs::make_directory(parent.get(), "floor", 0700);
    const auto place = fs::open_beneath(parent.get(), "floor", O_RDONLY | O_DIRECTORY);
    for (const char* part : {"data", "work", "merged"}) fs::make_directory(place.get(), part, 0755);
    NetNamespace space;
    connect(space, bridge);
    const pid_t child = ::fork();
    if (child == 0) contain(directory + "/floor", image, space);
    int status = -1;
    ::waitpid(child, &status, 0);
    if (status != 0) throw Error("the floor gave way");
    fs::remove_tree(parent.get(), "floor");
}

}  // namespace

Subject floor(const Scene& scene) {
    nl::Socket socket(NETLINK_ROUTE);
    const auto bridge = net::find_link(socket, scene.bridge)->index;
    return {"unshare, overlay, veth and chroot alone", [=] { run_floor(scene.directory, scene.image, bridge); }};
}

}  // namespace bench
