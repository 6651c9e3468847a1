// SPDX-License-Identifier: Apache-2.0
#include "runtime/signals.hpp"

#include "base/assert.hpp"

#include <csignal>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <utility>

namespace gatehouse::runtime {

Signals::Signals(Reactor& reactor, std::initializer_list<int> signals,
    std::move_only_function<void(int signal)> on_signal)
    : reactor_(reactor), on_signal_(std::move(on_signal))
{
    sigset_t set;
    sigemptyset(&set);
    for (auto const signal : signals)
        sigaddset(&set, signal);
    GH_ASSERT(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
    std::signal(SIGPIPE, SIG_IGN);
    signals_ = Descriptor(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    GH_ASSERT(signals_);
    reactor_.watch(signals_.get(), EPOLLIN, *this);
}

Signals::~Signals()
{
    reactor_.unwatch(signals_.get());
}

void Signals::ready(std::uint32_t, std::uint32_t)
{
    signalfd_siginfo info{};
    if (read(signals_.get(), &info, sizeof info) == sizeof info)
        on_signal_(static_cast<int>(info.ssi_signo));
}

}  // namespace gatehouse::runtime
