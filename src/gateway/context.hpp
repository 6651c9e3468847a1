// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "gateway/balancing.hpp"
#include "gateway/connections.hpp"
#include "gateway/exchange.hpp"
#include "gateway/identifiers.hpp"
#include "gateway/plan.hpp"
#include "gateway/ports.hpp"
#include "gateway/stage.hpp"
#include "gateway/upstream_pool.hpp"
#include "http/writer.hpp"
#include "limits/bans.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gatehouse::gateway {

// What the stages and connections of one shard share.
struct Context {
    explicit Context(Ports with);

    // A fresh one, or a used one with its buffers.
    [[nodiscard]] std::unique_ptr<Exchange> new_exchange();
    void recycle(std::unique_ptr<Exchange> exchange);

    Ports ports;
    std::span<Stage const> stages = pipeline(); // Of the same names; a test may put its own.
    Connections connections;
    UpstreamPool upstreams;
    Identifiers identifiers;
    QuickDice dice;
    http::DateStamp date;
    json::Parser body_parser;
    limits::Bans bans{limits::BanOptions{}};
    std::string scratch; // For output: filled and sent within one function.
    std::shared_ptr<Plan const> plan; // In force for new requests.
    bool is_draining = false;
    observe::Gauge& open; // Connections of clients.
    observe::Counter& judged_alone;

private:
    static constexpr std::size_t spare_max = 1024;
    std::vector<std::unique_ptr<Exchange>> spare_;
};

}  // namespace gatehouse::gateway
