#include "hastur/sys/lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "hastur/base/error.hpp"
#include "hastur/base/fault.hpp"
#include "hastur/base/log.hpp"
#include "hastur/sys/fs.hpp"
#include "hastur/sys/signals.hpp"
#include "hastur/types/text.hpp"

namespace hastur {
namespace range_lock {
namespace {

struct flock one_byte(short type, off_t byte) {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = byte;
    lock.l_len = 1;
    return lock;
}

bool attempt(int fd, off_t byte, short type) {
    auto lock = one_byte(type, byte);
    if (TEMP_FAILURE_RETRY(::fcntl(fd, F_OFD_SETLK, &lock)) == 0) {
        fault::point("locked");
        return true;
    }
    if (errno == EAGAIN || errno == EACCES) return false;
    throw_sys_error(errno, "locking");
}

}  // namespace

bool try_exclusive(int fd, off_t byte) { return attempt(fd, byte, F_WRLCK); }
bool try_shared(int fd, off_t byte) { return attempt(fd, byte, F_RDLCK); }

void wait_exclusive(int fd, off_t byte, const std::string& what, const std::function<void()>& each_second) {
    if (try_exclusive(fd, byte)) return;
    bool told = false;
    // The timer breaks the wait once a second, so that a signal that came just before it is not missed.
    signals::InterruptibleWait waiting;
    auto lock = one_byte(F_WRLCK, byte);
    while (::fcntl(fd, F_OFD_SETLKW, &lock) < 0) {
        if (errno != EINTR) throw_sys_error(errno, "locking");
        waiting.check();
        if (!told) log::status("waiting for {}", what);
        told = true;
        if (each_second) each_second();
    }
}

void release(int fd, off_t byte) {
    auto lock = one_byte(F_UNLCK, byte);
    check(TEMP_FAILURE_RETRY(::fcntl(fd, F_OFD_SETLK, &lock)), [] { return "unlocking"; });
}

bool held(int fd, off_t byte) {
    auto lock = one_byte(F_WRLCK, byte);
    check(TEMP_FAILURE_RETRY(::fcntl(fd, F_OFD_GETLK, &lock)), [] { return "looking at a lock"; });
    return lock.l_type != F_UNLCK;
}

}  // namespace range_lock

LockFile::LockFile(int dir, std::string name) : dir_(dir), name_(std::move(name)) { reopen(); }

void LockFile::reopen() {
    fd_ = fs::open_beneath(dir_, name_, O_RDWR | O_CREAT, 0600);
    fault::point("opened a lock file");
}

bool LockFile::current() const {
    struct stat mine {};
    struct stat named {};
    check(::fstat(fd_.get(), &mine), [] { return "stat"; });
    return ::fstatat(dir_, name_.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_ino == mine.st_ino &&
           named.st_dev == mine.st_dev;
}

bool LockFile::try_exclusive(off_t byte) {
    for (;; reopen()) {
        if (!range_lock::try_exclusive(fd_.get(), byte)) return false;
        if (current()) return true;
    }
}

void LockFile::wait_exclusive(off_t byte, const std::string& what) {
    for (;; reopen()) {
        range_lock::wait_exclusive(fd_.get(), byte, what);
        if (current()) return;
    }
}

void LockFile::remove() { fs::remove_file(dir_, name_); }

}  // namespace hastur
