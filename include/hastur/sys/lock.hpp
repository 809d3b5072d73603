#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "hastur/base/unique_fd.hpp"

namespace hastur {

/// One byte of a lock file, held as an open file description lock (fcntl(2), F_OFD_SETLK): the kernel
/// drops it when the holder dies, however it dies. Bytes are independent locks in one file.
namespace range_lock {
/// False if somebody else holds it.
[[nodiscard]] bool try_exclusive(int fd, off_t byte);
/// Many may share a byte; nobody holds it exclusively meanwhile. False if somebody does.
[[nodiscard]] bool try_shared(int fd, off_t byte);
/// Waits. After a second it tells the user that it waits for `what`, and calls `each_second`; throws Interrupted when a
/// signal asks hastur to end.
void wait_exclusive(int fd, off_t byte, const std::string& what, const std::function<void()>& each_second = {});
void release(int fd, off_t byte);
/// Whether somebody else holds it in any way, without disturbing anybody.
[[nodiscard]] bool held(int fd, off_t byte);
}  // namespace range_lock

/// A file that exists for as long as somebody needs its locks. Its last user removes it under the
/// lock; whoever opened it just before notices and opens the new one.
class LockFile {
public:
    /// Opens or creates `name` in `dir` (which must outlive this). Nothing is locked yet.
    LockFile(int dir, std::string name);

    /// These return (or wait) with the byte locked in the file that bears the name now.
    [[nodiscard]] bool try_exclusive(off_t byte);
    void wait_exclusive(off_t byte, const std::string& what);
    void release(off_t byte) { range_lock::release(fd_.get(), byte); }
    [[nodiscard]] bool held(off_t byte) const { return range_lock::held(fd_.get(), byte); }
    /// Removes the file. Call with byte 0 locked exclusively.
    void remove();
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

private:
    [[nodiscard]] bool current() const;
    void reopen();

    int dir_;
    std::string name_;
    UniqueFd fd_;
};

}  // namespace hastur
