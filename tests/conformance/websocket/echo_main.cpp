// SPDX-License-Identifier: Apache-2.0

// The echo server by itself, for clients that judge from outside (scripts/autobahn):
// `websocket_echo 127.0.0.1:0` says where it listens, and serves until SIGTERM.

#include "echo.hpp"

#include "runtime/signals.hpp"

#include <csignal>
#include <cstdio>

int main(int argc, char** argv)
{
    using namespace gatehouse;
    runtime::Clock clock;
    runtime::Reactor reactor(clock);
    runtime::Signals const signals(reactor, {SIGTERM, SIGINT}, [&](int) { reactor.stop(); });
    conformance::Echo echo(reactor);
    reactor.at_end_of_turn([&] { echo.flush(); });
    auto const address = net::Address::parse(argc > 1 ? argv[1] : "127.0.0.1:0");
    auto const listener
        = address ? echo.listen(*address) : std::unexpected(address.error());
    if (!listener) {
        std::fprintf(stderr, "websocket_echo: %s\n", listener.error().message.c_str());
        return 1;
    }
    std::printf("ws://%s\n", listener->address.to_string().c_str());
    std::fflush(stdout);
    reactor.run();
}
