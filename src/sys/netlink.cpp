#include "hastur/sys/netlink.hpp"

#include <linux/netlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>

#include "hastur/base/fault.hpp"

namespace hastur::nl {
namespace {

struct Ack {
    int code = 0;  ///< positive errno, 0 for success
    std::string text;
};

/// The kernel's own words, if it added any (NLMSGERR_ATTR_MSG).
std::string extended_text(nlmsghdr* header) {
    if ((header->nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
    const auto* error = static_cast<nlmsgerr*>(nlmsg_data(header));
    const std::size_t echoed = (header->nlmsg_flags & NLM_F_CAPPED) != 0 ? 0 : error->msg.nlmsg_len - sizeof(nlmsghdr);
    const auto skipped = static_cast<int>(NLMSG_ALIGN(sizeof(nlmsgerr) + echoed));
    const auto length = nlmsg_datalen(header) - skipped;
    auto* first = reinterpret_cast<nlattr*>(static_cast<char*>(nlmsg_data(header)) + skipped);
    if (length <= 0) return {};
    const auto* text = nla_find(first, length, NLMSGERR_ATTR_MSG);
    return text != nullptr ? std::string(nla_get_string(text)) : std::string{};
}

Ack ack_of(nlmsghdr* header) {
    const auto* error = static_cast<nlmsgerr*>(nlmsg_data(header));
    return {-error->error, error->error != 0 ? extended_text(header) : std::string{}};
}

[[noreturn]] void fail(const Ack& ack, const std::string& what) {
    throw NetlinkError(ack.code, ack.text.empty() ? what : what + ": " + ack.text);
}

/// Receives one datagram and calls `each` for every message in it.
template <class Each>
void receive(nl_sock* socket, Each&& each) {
    sockaddr_nl from{};
    unsigned char* buffer = nullptr;
    int size = nl_recv(socket, &from, &buffer, nullptr);
    const std::unique_ptr<unsigned char, decltype(&std::free)> owned(buffer, &std::free);
    if (size < 0) throw Error(std::string("receiving from netlink: ") + nl_geterror(size));
    for (auto* header = reinterpret_cast<nlmsghdr*>(buffer); nlmsg_ok(header, size); header = nlmsg_next(header, &size))
        each(header);
}

/// All messages of one answer, or nullopt if a dump was not consistent (NLM_F_DUMP_INTR).
std::optional<std::vector<std::string>> collect(nl_sock* socket, unsigned sequence, const std::string& what) {
    std::vector<std::string> parts;
    bool consistent = true;
    Ack end;
    for (bool done = false; !done;) {
        receive(socket, [&](nlmsghdr* header) {
            if (header->nlmsg_seq != sequence) return;
            consistent = consistent && (header->nlmsg_flags & NLM_F_DUMP_INTR) == 0;
            if (header->nlmsg_type == NLMSG_DONE) {
                done = true;
                if (nlmsg_datalen(header) >= static_cast<int>(sizeof(int)))
                    end.code = -*static_cast<int*>(nlmsg_data(header));
            } else if (header->nlmsg_type == NLMSG_ERROR) {
                done = true;
                end = ack_of(header);
            } else {
                parts.emplace_back(reinterpret_cast<const char*>(header), header->nlmsg_len);
            }
        });
    }
    if (end.code != 0) fail(end, what);
    if (!consistent) return std::nullopt;
    return parts;
}

}  // namespace

void free_socket(nl_sock* socket) noexcept { nl_socket_free(socket); }
void free_message(nl_msg* message) noexcept { nlmsg_free(message); }
void put_link(rtnl_link* link) noexcept { rtnl_link_put(link); }
void put_addr(rtnl_addr* addr) noexcept { rtnl_addr_put(addr); }
void put_route(rtnl_route* route) noexcept { rtnl_route_put(route); }
void put_nl_addr(nl_addr* addr) noexcept { nl_addr_put(addr); }

Message make_message(int type, const void* header, std::size_t size) {
    Message message(nlmsg_alloc_simple(type, 0));
    if (!message || nlmsg_append(message.get(), const_cast<void*>(header), size, NLMSG_ALIGNTO) < 0)
        throw Error("out of memory");
    return message;
}

Socket::Socket(int protocol) : socket_(nl_socket_alloc()) {
    if (!socket_) throw Error("out of memory");
    if (const int error = nl_connect(socket_.get(), protocol); error < 0)
        throw Error(std::string("opening a netlink socket: ") + nl_geterror(error));
    const int fd = nl_socket_get_fd(socket_.get());
    const int on = 1;
    // Best effort: without them messages are shorter and dumps are filtered here instead of in the kernel.
    ::setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    ::setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
    // The answers to a whole batch must fit (root may exceed the host's limit).
    const int batch = 8 << 20;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &batch, sizeof batch);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &batch, sizeof batch);
    nl_socket_set_msg_buf_size(socket_.get(), 1U << 17U);
    nl_socket_disable_seq_check(socket_.get());
}

void Socket::send(std::vector<iovec> pieces) {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    msghdr message{};
    message.msg_name = &kernel;
    message.msg_namelen = sizeof kernel;
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    check(TEMP_FAILURE_RETRY(::sendmsg(nl_socket_get_fd(socket_.get()), &message, 0)),
          [] { return "sending to netlink"; });
}

void Socket::execute(std::vector<Request> requests) {
    std::vector<iovec> pieces;
    std::map<unsigned, const Request*> waiting;
    for (auto& request : requests) {
        nlmsg_hdr(request.message.get())->nlmsg_flags |= NLM_F_ACK;
        nl_complete_msg(socket_.get(), request.message.get());
        auto* header = nlmsg_hdr(request.message.get());
        pieces.push_back({header, NLMSG_ALIGN(header->nlmsg_len)});
        waiting.emplace(header->nlmsg_seq, &request);
    }
    if (pieces.empty()) return;
    fault::point("before changing the network");
    send(pieces);
    fault::point("changed the network");

    const Request* failed = nullptr;
    Ack failure;
    while (!waiting.empty()) {
        receive(socket_.get(), [&](nlmsghdr* header) {
            const auto found = waiting.find(header->nlmsg_seq);
            if (header->nlmsg_type != NLMSG_ERROR || found == waiting.end()) return;
            auto ack = ack_of(header);
            const auto& request = *found->second;
            if (ack.code != 0 && failed == nullptr &&
                std::ranges::find(request.tolerated, ack.code) == request.tolerated.end()) {
                failed = &request;
                failure = std::move(ack);
            }
            waiting.erase(found);
        });
    }
    if (failed != nullptr) fail(failure, failed->what);
}

void Socket::execute(Request request) {
    std::vector<Request> one;
    one.push_back(std::move(request));
    execute(std::move(one));
}

void Socket::query(Message message, bool dump, const std::string& what,
                   const std::function<void(nlmsghdr*)>& on_message) {
    auto* request = nlmsg_hdr(message.get());
    request->nlmsg_flags |= static_cast<std::uint16_t>(NLM_F_REQUEST | (dump ? NLM_F_DUMP : NLM_F_ACK));
    constexpr int attempts = 10;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        request->nlmsg_seq = NL_AUTO_SEQ;
        nl_complete_msg(socket_.get(), message.get());
        with_context(what, [&] { send({{request, request->nlmsg_len}}); });
        const auto answer = collect(socket_.get(), request->nlmsg_seq, what);
        // What changed during a dump may be missing from it: once more.
        if (!answer) continue;
        for (const auto& part : *answer) on_message(reinterpret_cast<nlmsghdr*>(const_cast<char*>(part.data())));
        return;
    }
    throw Error(what + ": the kernel's answer keeps changing");
}

}  // namespace hastur::nl
