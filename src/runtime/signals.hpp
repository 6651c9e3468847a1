// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/reactor.hpp"

#include <functional>
#include <initializer_list>

namespace gatehouse::runtime {

// Signals as events of a reactor (signalfd). The constructor blocks them in the calling thread, and
// threads inherit that: so build it in main, before any other thread starts. SIGPIPE is ignored
// from then on: a broken connection is an error code of the write.
class Signals : Watcher {
public:
    Signals(Reactor& reactor, std::initializer_list<int> signals,
        std::move_only_function<void(int signal)> on_signal);
    ~Signals();

private:
    void ready(std::uint32_t tag, std::uint32_t events) override;

    Reactor& reactor_;
    std::move_only_function<void(int)> on_signal_;
    Descriptor signals_;
};

}  // namespace gatehouse::runtime
