// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agenda.hpp"
#include "http/parser.hpp"
#include "luck.hpp"
#include "network.hpp"
#include "trace.hpp"

#include <deque>
#include <functional>
#include <string>

namespace gatehouse::simulation {

// Somebody at the admin listener who gives one order after the other over HTTP, and gives each one
// again until the server says that it is done: connections, servers and stores may fail meanwhile.
class Operator final : ClientEnd {
public:
    struct Surroundings {
        Agenda& agenda;
        Network& network;
        Trace& trace;
    };

    Operator(Surroundings around, Luck luck)
        : around_(around)
        , luck_(luck)
    { }

    using OnDone = std::function<void()>;
    void order(std::string path, std::string body, OnDone done);
    [[nodiscard]] bool is_done() const { return orders_.empty(); }

private:
    struct Order {
        std::string path;
        std::string body;
        OnDone done;
    };

    // ClientEnd
    void connected() override;
    void received(std::span<char> bytes) override;
    void closed() override { hang_up(); }

    void step();
    void hang_up();

    Surroundings around_;
    Luck luck_;
    std::deque<Order> orders_{};
    LinkPointer link_{};
    TimePoint dialled_at_{};
    http::ResponseParser http_{};
};

}  // namespace gatehouse::simulation
