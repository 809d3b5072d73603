#pragma once

#include <sys/uio.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hastur/base/error.hpp"

struct nl_sock;
struct nl_msg;
struct nlmsghdr;
struct rtnl_link;
struct rtnl_addr;
struct rtnl_route;
struct nl_addr;

namespace hastur {

/// The kernel refused a netlink request; the message is the kernel's own where it gave one (extended ACK).
class NetlinkError : public SysError {
public:
    using SysError::SysError;
};

namespace nl {

/// Owners for libnl's reference-counted objects.
template <auto release>
struct Releaser {
    template <class T>
    void operator()(T* object) const noexcept {
        release(object);
    }
};
void free_socket(nl_sock*) noexcept;
void free_message(nl_msg*) noexcept;
void put_link(rtnl_link*) noexcept;
void put_addr(rtnl_addr*) noexcept;
void put_route(rtnl_route*) noexcept;
void put_nl_addr(nl_addr*) noexcept;
using Message = std::unique_ptr<nl_msg, Releaser<free_message>>;
using Link = std::unique_ptr<rtnl_link, Releaser<put_link>>;
using Addr = std::unique_ptr<rtnl_addr, Releaser<put_addr>>;
using Route = std::unique_ptr<rtnl_route, Releaser<put_route>>;
using NlAddr = std::unique_ptr<nl_addr, Releaser<put_nl_addr>>;

/// A message of this type that begins with this fixed header (ifinfomsg, rtmsg, …).
[[nodiscard]] Message make_message(int type, const void* header, std::size_t size);
template <class Header>
[[nodiscard]] Message make_message(int type, const Header& header) {
    return make_message(type, &header, sizeof header);
}

/// A request, and what it is for (as it is told when it fails).
struct Request {
    Message message;
    std::string what;
    /// Errno values that count as success, such as EEXIST.
    std::vector<int> tolerated = {};
};

/// One netlink socket. It stays bound to the network namespace in which it was made (netlink(7)).
class Socket {
public:
    /// `protocol`: NETLINK_ROUTE or NETLINK_NETFILTER.
    explicit Socket(int protocol);

    /// Sends all in one system call and takes all the acknowledgements. Throws NetlinkError for the first
    /// request that failed; the ones behind it were carried out all the same.
    void execute(std::vector<Request> requests);
    void execute(Request request);
    /// Sends a request that is answered by data, and hands every message of the answer to `on_message`.
    /// `dump`: the answer has many parts. Throws NetlinkError.
    void query(Message message, bool dump, const std::string& what, const std::function<void(nlmsghdr*)>& on_message);

private:
    void send(std::vector<iovec> pieces);

    std::unique_ptr<nl_sock, Releaser<free_socket>> socket_;
};

}  // namespace nl
}  // namespace hastur
