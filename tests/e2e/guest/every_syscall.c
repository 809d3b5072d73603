/* Makes every system call on each ABI of the machine, in a process of its own and with arguments that none can carry out,
 * and prints how each ended: "ABI NUMBER RESULT". Two containers with the same seccomp filters print the same. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
static long call_native(long number) {
    long result;
    register long r10 __asm__("r10") = -1;
    register long r8 __asm__("r8") = -1;
    register long r9 __asm__("r9") = -1;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(-1L), "S"(-1L), "d"(-1L), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
/* The 32 bit calls, which a 64 bit process can make too. */
static long call_i386(long number) {
    int result;
    __asm__ volatile("push %%rbp; mov $-1, %%ebp; int $0x80; pop %%rbp"
                     : "=a"(result)
                     : "a"((int)number), "b"(-1), "c"(-1), "d"(-1), "S"(-1), "D"(-1)
                     : "r8", "r9", "r10", "r11", "memory");
    return result;
}
static long call_x32(long number) { return call_native(number | 0x40000000); }

static const struct {
    const char *name;
    long (*call)(long number);
    long sync; /* left out: it takes as long as the host's disks take */
} abis[] = {{"x86_64", call_native, 162}, {"i386", call_i386, 36}, {"x32", call_x32, 162}};
#else
static long call_native(long number) {
    const long result = syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
    return result < 0 ? -errno : result;
}

static const struct {
    const char *name;
    long (*call)(long number);
    long sync;
} abis[] = {{"native", call_native, SYS_sync}};
#endif

enum { last_number = 600, started = 1, returned = 2 };

/* Shared with the child: how far it came, and the result. */
static volatile struct {
    int state;
    long result;
} *shared;

static void child(long (*call)(long), long number) {
    const pid_t self = getpid();
    shared->state = started;
    const long result = call(number);
    if (getpid() != self) _exit(0); /* it was a fork */
    shared->result = result;
    shared->state = returned;
    _exit(0);
}

/* Waits for its end, and brings it about after a while: some calls wait for ever, and one with all signals blocked. */
static int end_of(pid_t pid) {
    enum { patience = 200 /* milliseconds */ };
    struct pollfd end = {(int)syscall(SYS_pidfd_open, pid, 0), POLLIN, 0};
    poll(&end, 1, patience);
    close(end.fd);
    kill(pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    return status;
}

int main(void) {
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (unsigned abi = 0; abi < sizeof abis / sizeof *abis; ++abi)
        for (long number = 0; number <= last_number; ++number) {
            if (number == abis[abi].sync) continue;
            shared->state = 0;
            const pid_t pid = fork();
            if (pid == 0) child(abis[abi].call, number);
            const int status = end_of(pid);
            printf("%s %ld ", abis[abi].name, number);
            if (shared->state != returned)
                printf("ended: %d\n", status);
            else if (shared->result < 0 && shared->result > -4096)
                printf("errno %ld\n", -shared->result);
            else
                printf("works\n");
        }
    return 0;
}
