#include "hastur/sys/mount.hpp"

#include <fcntl.h>
#include <libmount/libmount.h>
#include <sys/mount.h>
#include <unistd.h>

#include <memory>

#include <fmt/format.h>

#include "hastur/base/error.hpp"
#include "hastur/base/fault.hpp"
#include "hastur/base/unique_fd.hpp"

namespace hastur::mount {
namespace {

void mount_now(const char* type, const std::string& source, const std::string& target, const std::string& options) {
    const std::unique_ptr<libmnt_context, decltype(&mnt_free_context)> context(mnt_new_context(), &mnt_free_context);
    if (!context) throw Error("out of memory");
    // Nothing of the host's is consulted or changed: no fstab, no helpers, no utab, no canonicalizing.
    mnt_context_set_optsmode(context.get(), MNT_OMODE_NOTAB);
    mnt_context_disable_mtab(context.get(), 1);
    mnt_context_disable_helpers(context.get(), 1);
    mnt_context_disable_canonicalize(context.get(), 1);
    mnt_context_set_fstype(context.get(), type);
    mnt_context_set_source(context.get(), source.c_str());
    mnt_context_set_target(context.get(), target.c_str());
    mnt_context_set_options(context.get(), options.c_str());
    fault::point("before mounting");
    const int result = mnt_context_mount(context.get());
    fault::point("mounted");
    if (result == 0) return;
    const int code = mnt_context_syscall_called(context.get()) ? mnt_context_get_syscall_errno(context.get()) : -result;
    throw SysError(code, fmt::format("mounting {}", type));
}

/// Changes the working directory for as long as it lives.
class WorkingDirectory {
public:
    explicit WorkingDirectory(const std::string& path)
        : before_(
              check(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), [] { return "opening the working directory"; })) {
        check(::chdir(path.c_str()), [] { return "changing the working directory"; });
    }
    ~WorkingDirectory() { [[maybe_unused]] const int ignored = ::fchdir(before_.get()); }
    WorkingDirectory(const WorkingDirectory&) = delete;
    WorkingDirectory& operator=(const WorkingDirectory&) = delete;

private:
    UniqueFd before_;
};

}  // namespace

void overlay(const Overlay& what, const std::string& target) {
    const WorkingDirectory in_base(what.base);
    // A container meets another lower layer whenever it asks for other packages, so every feature that stores a
    // reference to the lower layer in the upper one is off, whatever this kernel's defaults are.
    const auto options =
        fmt::format("lowerdir={},upperdir={},workdir={},index=off,metacopy=off,redirect_dir=off,xino=off{}", what.lower,
                    what.upper, what.work, what.is_volatile ? ",volatile" : "");
    mount_now("overlay", what.source, target, options);
}

void tmpfs(const std::string& target, const std::string& source, std::optional<std::uint64_t> size, mode_t mode) {
    auto options = fmt::format("mode={:o}", mode);
    if (size) options += fmt::format(",size={}", *size);
    mount_now("tmpfs", source, target, options);
}

void detach(const std::string& target) {
    check(::umount2(target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW), [&] { return "unmounting " + target; });
    fault::point("unmounted");
}

}  // namespace hastur::mount
