#pragma once

/// What hastur and its init inside the container say to each other over one SOCK_SEQPACKET socket pair, which init
/// inherits as descriptor 3. Each message is one packet. End of file means that the other side is dead: init then
/// exits, and the kernel ends the container with it.
namespace hastur::init {

enum class Word : int {
    hello = 1,   ///< init -> hastur: I run (the credentials of the packet say as which PID)
    go = 2,      ///< hastur -> init: start the command
    signal = 3,  ///< hastur -> init: send the command signal `value`
    ended = 4,   ///< init -> hastur: the command ended with exit status `value`
};

struct Message {
    Word word;
    int value;
};

constexpr int control_fd = 3;
/// Where init is in the container (in a read-only layer of hastur's).
constexpr const char* path = "/usr/lib/hastur/init";

}  // namespace hastur::init
