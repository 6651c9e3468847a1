// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/descriptor.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <list>
#include <string>
#include <thread>

namespace gatehouse::storage::postgres::testing {

// Between two Unix sockets: hands bytes on, and breaks connections where a test says so.
class Proxy {
public:
    enum class Fault {
        none,
        lose_next_request, // What a client says next is not handed on; its connection breaks.
        lose_next_answer,  // It is handed on, but the answer is not; the connection breaks then.
        refuse,            // Connections break at once, old and new ones, until told otherwise.
    };

    Proxy(std::string const& from, std::string const& to)
        : to_(address(to))
        , listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        auto const own = address(from);
        ::unlink(from.c_str());
        ::bind(listener_.get(), reinterpret_cast<sockaddr const*>(&own), sizeof own);
        ::listen(listener_.get(), 16);
        thread_ = std::thread([this] {
            while (!stopping_)
                turn();
        });
    }
    ~Proxy()
    {
        stopping_ = true;
        thread_.join();
    }

    void set(Fault fault) { fault_ = fault; }
    // Has the fault been had?
    [[nodiscard]] bool is_over() const { return fault_ == Fault::none; }
    [[nodiscard]] int connections() const { return connections_; }

private:
    struct Pair {
        runtime::Descriptor client, server;
    };

    static sockaddr_un address(std::string const& path)
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        return address;
    }

    static bool is_ready(int socket, int timeout_ms)
    {
        pollfd one{.fd = socket, .events = POLLIN, .revents = 0};
        return ::poll(&one, 1, timeout_ms) > 0;
    }

    void turn()
    {
        if (is_ready(listener_.get(), pairs_.empty() ? 10 : 0)) {
            Pair pair{runtime::Descriptor(::accept(listener_.get(), nullptr, nullptr)),
                runtime::Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))};
            connections_++;
            if (fault_ != Fault::refuse
                && ::connect(pair.server.get(), reinterpret_cast<sockaddr const*>(&to_), sizeof to_)
                    == 0)
                pairs_.push_back(std::move(pair));
        }
        if (fault_ == Fault::refuse)
            pairs_.clear();
        pairs_.remove_if([this](Pair& pair) {
            return !hand_on(pair.client, pair.server, Fault::lose_next_request)
                || !hand_on(pair.server, pair.client, Fault::lose_next_answer);
        });
    }

    // False where the connection is to break.
    bool hand_on(runtime::Descriptor& from, runtime::Descriptor& to, Fault fatal)
    {
        if (!is_ready(from.get(), 1))
            return true;
        std::array<char, 65'536> buffer;
        auto const size = ::recv(from.get(), buffer.data(), buffer.size(), 0);
        if (size <= 0 || fault_ == Fault::refuse)
            return false;
        auto expected = fatal;
        if (fault_.compare_exchange_strong(expected, Fault::none))
            return false;
        return ::send(to.get(), buffer.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL)
            == size;
    }

    sockaddr_un to_;
    runtime::Descriptor listener_;
    std::list<Pair> pairs_;
    std::atomic<Fault> fault_ = Fault::none;
    std::atomic<int> connections_ = 0; // So far.
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

} // namespace gatehouse::storage::postgres::testing
