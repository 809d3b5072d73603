#include "hastur/container/init_layer.hpp"

#include <fcntl.h>

#include <string_view>

#include "hastur/base/error.hpp"
#include "hastur/sys/digest.hpp"
#include "hastur/sys/fs.hpp"

// The init program, as the build made it.
__asm__(
    ".section .rodata\n"
    "hastur_init_begin:\n"
    ".incbin \"" HASTUR_INIT_PROGRAM
    "\"\n"
    "hastur_init_end:\n"
    ".previous\n");
extern "C" const char hastur_init_begin[];
extern "C" const char hastur_init_end[];

namespace hastur::container {
namespace {

std::string_view program() {
    return {hastur_init_begin, static_cast<std::size_t>(hastur_init_end - hastur_init_begin)};
}

}  // namespace

std::string ensure_init_layer(const Root& root) {
    const auto name = "init-" + digest(program());
    const auto path = "layers/" + name;
    if (fs::exists(root.layers(), name)) return path;
    const Workspace site(root);
    // The directories merge with the image's own and lend them their mode.
    std::string directory = "layer";
    fs::make_directory(site.dir(), directory, 0755);
    for (const char* part : {"/usr", "/lib", "/hastur"}) fs::make_directory(site.dir(), directory += part, 0755);
    const auto target = fs::open_beneath(site.dir(), directory, O_RDONLY | O_DIRECTORY);
    fs::write_file(target.get(), "init", program(), 0755, fs::Durability::durable);
    try {
        fs::rename(site.dir(), "layer", root.layers(), name);
    } catch (const SysError& error) {
        if (error.code() != EEXIST && error.code() != ENOTEMPTY) throw;  // somebody else was faster
    }
    return path;
}

}  // namespace hastur::container
