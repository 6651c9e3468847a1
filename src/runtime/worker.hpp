// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/reactor.hpp"

#include <optional>
#include <string>
#include <thread>

namespace gatehouse::runtime {

// A thread that turns a reactor: a shard, or a helper for calls that block (the resolver).
// What lives on it is built before `start` and destroyed after `stop`, on the owner's thread.
class Worker {
public:
    struct Options {
        std::string name;               // As `top -H` shows it: 15 characters.
        std::optional<unsigned> core{}; // Pinned to it, where the system allows that.
        Reactor::Options reactor{};
    };

    Worker(Clock& clock, Options options);
    ~Worker();

    [[nodiscard]] Reactor& reactor() { return reactor_; }
    void start();
    // Lets the turn end and waits for it. Letters that are left are destroyed with the reactor.
    void stop();

private:
    void settle_in() const;

    Options options_;
    Reactor reactor_;
    std::thread thread_;
};

}  // namespace gatehouse::runtime
