#include "hastur/cli/options.hpp"

namespace hastur::cli {

std::string help() {
    return R"(hastur - systemd-nspawn containers with no configuration

  hastur -S [options] [--] [command...]   create (or reuse) a container and run a command in it
                                          (default: a login shell)
  hastur -Q [name...]                     list containers: name, status, address, root
  hastur -Qi                              list cached images
  hastur -D name...                       destroy containers
  hastur -Di id...                        remove cached images; what runs from them goes on
  hastur --free                           remove everything in the root, and hastur's traces in the host's network
  hastur -h | --version

Which container
  -n, --name NAME        its name; without it one is made up, and the container is gone when the command ends
  -k, --keep             keep a container whose name was made up
  -e, --keep-failed      keep it if the command failed
  -r, --root DIR         where everything is kept (default: /var/lib/hastur)

What is in it
  -p, --packages A,B     packages on top of the base set; repeatable
      --os ID[:RELEASE]  debian or ubuntu (default: the host's distribution)
      --mirror URL       where packages come from (default: the host's apt sources)
  -x, --copy DIR         copy the entries of DIR into the container's /
  -E, --setenv K=V       environment of the command; repeatable
  -s, --storage SPEC     autodetect, overlayfs[:SIZE] or tmpfs[:SIZE], such as tmpfs:512M
      --own-filters      let systemd-nspawn compile its seccomp filters itself (slow) instead of reusing them
  -f, --force            -S: bootstrap the image anew; -D, --free: also what is running

Its network
  -b, --bridge NAME[:ADDR/LEN]  the bridge, created if missing (default: hastur0)
  -a, --address ADDR[/LEN]      its address (default: a free one)
  -t, --uplink IFACE            put this host interface into the bridge while the container runs

Output
  -j, --json             -Q, -Qi: JSON (docs/json.md)
  -q, --quiet            no status messages; errors still show
  -v, --verbose          what happens, with milliseconds, on stderr

Exit status: the command's own; 128+N if signal N ended it; 126 not executable, 127 not found in the
container; 125 hastur failed; 2 wrong usage.

Examples
  hastur -S                                     a shell in a container that is gone afterwards
  hastur -S -p nginx,curl -- nginx -v           with packages
  hastur -Sn web -- apt-get update              a container that stays
  hastur -Q -j web                              where is it, as JSON
  hastur -D web                                 gone
)";
}

}  // namespace hastur::cli
