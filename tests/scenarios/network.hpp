// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/ports.hpp"
#include "node/node.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::scenarios {

// How bytes get from players to a node and back. Players' ends are numbered from 1.
class Network {
public:
    virtual ~Network() = default;

    [[nodiscard]] virtual gateway::Wire& wire() = 0;
    virtual void serve(node::Node& node) = 0;

    [[nodiscard]] virtual int connect() = 0;
    virtual void send(int end, std::string_view bytes) = 0;
    [[nodiscard]] virtual std::string receive(int end) = 0;
    virtual void hang_up(int end) = 0;

    // Brings the node what has arrived; true where there was something.
    virtual bool bring() = 0;
    // What the node sent leaves.
    virtual void flush() = 0;
};

// Hands bytes over.
[[nodiscard]] std::unique_ptr<Network> in_memory();
// TCP connections over the loopback interface, on a port that the kernel chose.
[[nodiscard]] std::unique_ptr<Network> over_sockets();

}  // namespace gatehouse::scenarios
