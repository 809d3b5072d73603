// PID 1 of a container: starts the command, reaps what is orphaned, tells hastur exactly how the command ended (which
// systemd-nspawn does not: it folds signals into "failed"), and exits as soon as hastur is gone.
//
//     init [-E NAME=VALUE]... (-l | -c STRING | -- COMMAND ARG...)
//
// Static and small, because it is mapped at every start: no C++ library, no allocation, system calls only.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hastur/init/protocol.hpp"

using hastur::init::control_fd;
using hastur::init::Message;
using hastur::init::Word;

namespace {

constexpr int not_executable = 126;
constexpr int not_found = 127;
constexpr int lost_hastur = 125;
constexpr int max_environment = 4096;

const char* environment[max_environment];
int environment_size = 0;

void complain(const char* what, const char* why) {
    char line[512];
    size_t used = 0;
    const char* const pieces[] = {"hastur: ", what, ": ", why, "\n"};
    for (const char* piece : pieces)
        for (; *piece != '\0' && used < sizeof line; ++piece) line[used++] = *piece;
    ssize_t ignored = write(STDERR_FILENO, line, used);
    (void)ignored;
}

size_t name_length(const char* variable) { return static_cast<size_t>(strchrnul(variable, '=') - variable) + 1; }

/// Replaces the variable if it is set already.
void set_variable(const char* variable) {
    for (int i = 0; i < environment_size; ++i)
        if (strncmp(environment[i], variable, name_length(variable)) == 0) {
            environment[i] = variable;
            return;
        }
    if (environment_size < max_environment - 1) environment[environment_size++] = variable;
}

void copy_variable(const char* name) {
    static char storage[8][1024];
    static int used = 0;
    const char* value = getenv(name);
    if (value == nullptr || used == 8 || strlen(name) + strlen(value) + 2 > sizeof storage[0]) return;
    char* variable = storage[used++];
    strcpy(variable, name);
    strcat(variable, "=");
    strcat(variable, value);
    set_variable(variable);
}

const char* variable_value(const char* name) {
    for (int i = 0; i < environment_size; ++i)
        if (strncmp(environment[i], name, strlen(name)) == 0 && environment[i][strlen(name)] == '=')
            return environment[i] + strlen(name) + 1;
    return "";
}

/// Tries one path. On failure it remembers the errno that says most: a command that is there but cannot be executed
/// counts more than one that is missing.
void try_execute(const char* path, char* const* argv, int& best_error) {
    execve(path, argv, const_cast<char* const*>(environment));
    if (errno == ENOEXEC) {  // a script without a #! line, which every shell would run
        const char* shell_argv[256] = {"/bin/sh", path};
        for (int i = 1; i < 253 && argv[i] != nullptr; ++i) shell_argv[i + 1] = argv[i];
        execve("/bin/sh", const_cast<char* const*>(shell_argv), const_cast<char* const*>(environment));
    }
    if (errno != ENOENT && errno != ENOTDIR) best_error = errno;
}

/// PATH look-up with the environment that the command gets (POSIX, "Command Search and Execution").
int execute(const char* command, char* const* argv) {
    int error = ENOENT;
    if (strchr(command, '/') != nullptr) {
        try_execute(command, argv, error);
        return error;
    }
    const char* directory = variable_value("PATH");
    while (*directory != '\0' && *command != '\0') {
        const char* end = strchrnul(directory, ':');
        char path[4096];
        const auto length = static_cast<size_t>(end - directory);
        if (length + strlen(command) + 2 < sizeof path) {
            memcpy(path, directory, length);
            path[length] = '/';
            strcpy(path + length + 1, command);
            try_execute(path, argv, error);
        }
        directory = *end == ':' ? end + 1 : end;
    }
    return error;
}

[[noreturn]] void run_command(char** argv, const sigset_t& original_mask) {
    setsid();
    // On a terminal the command leads the session, so that job control and Ctrl-C are its own.
    if (isatty(STDIN_FILENO)) ioctl(STDIN_FILENO, TIOCSCTTY, 1);
    close(control_fd);
    sigprocmask(SIG_SETMASK, &original_mask, nullptr);

    const char* const login[] = {"-bash", nullptr};
    const char* const plain_login[] = {"-sh", nullptr};
    if (strcmp(argv[0], "-l") == 0) {
        const int ignored = chdir(variable_value("HOME"));
        (void)ignored;
        int error = ENOENT;
        try_execute("/bin/bash", const_cast<char* const*>(login), error);
        try_execute("/bin/sh", const_cast<char* const*>(plain_login), error);
        complain("no shell", strerror(error));
        _exit(not_found);
    }
    if (strcmp(argv[0], "-c") == 0) {
        char* const shell[] = {const_cast<char*>("bash"), argv[0], argv[1], nullptr};
        int error = ENOENT;
        try_execute("/bin/bash", shell, error);
        try_execute("/bin/sh", shell, error);
        complain("/bin/sh", strerror(error));
        _exit(not_found);
    }
    const int error = execute(argv[1], argv + 1);
    complain(argv[1], strerror(error));
    _exit(error == ENOENT ? not_found : not_executable);
}

void send(Word word, int value) {
    const Message message{word, value};
    while (::send(control_fd, &message, sizeof message, MSG_NOSIGNAL) < 0 && errno == EINTR) {}
}

/// False at the end of file: hastur is dead.
bool receive(Message& message) {
    ssize_t got;
    do got = recv(control_fd, &message, sizeof message, 0);
    while (got < 0 && errno == EINTR);
    return got == sizeof message;
}

/// Reaps; returns the exit status of the command if it was among them, otherwise -1.
int reap(pid_t command) {
    int status;
    int result = -1;
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;)
        if (ended == command) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

int supervise(pid_t command, int signals) {
    for (;;) {
        pollfd polled[] = {{signals, POLLIN, 0}, {control_fd, POLLIN, 0}};
        poll(polled, 2, -1);
        if (polled[0].revents != 0) {
            signalfd_siginfo info;
            while (read(signals, &info, sizeof info) == sizeof info)
                if (info.ssi_signo != SIGCHLD) kill(command, static_cast<int>(info.ssi_signo));
            const int status = reap(command);
            if (status >= 0) return status;
        }
        if (polled[1].revents != 0) {
            Message message;
            if (!receive(message)) _exit(lost_hastur);
            if (message.word == Word::signal) kill(command, message.value);
        }
    }
}

}  // namespace

int main(int, char** argv) {
    fcntl(control_fd, F_SETFD, FD_CLOEXEC);
    set_variable("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    set_variable("HOME=/root");
    set_variable("LANG=C.UTF-8");
    copy_variable("TERM");
    copy_variable("container");
    for (++argv; *argv != nullptr && strcmp(*argv, "-E") == 0; argv += 2) set_variable(argv[1]);
    if (*argv == nullptr) return lost_hastur;

    // PID 1 has no default actions: what somebody sends it, it passes on.
    constexpr int passed_on[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
    sigset_t handled;
    sigset_t original_mask;
    sigemptyset(&handled);
    for (const int signal : passed_on) sigaddset(&handled, signal);
    sigprocmask(SIG_BLOCK, &handled, &original_mask);
    const int signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);

    send(Word::hello, 0);
    Message message;
    do
        if (!receive(message)) _exit(lost_hastur);
    while (message.word != Word::go);

    const pid_t command = fork();
    if (command == 0) run_command(argv, original_mask);
    if (command < 0) {
        complain("fork", strerror(errno));
        send(Word::ended, lost_hastur);
        return lost_hastur;
    }
    const int status = supervise(command, signals);
    send(Word::ended, status);
    return status;
}
