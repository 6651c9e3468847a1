// SPDX-License-Identifier: Apache-2.0
#include "gateway/context.hpp"

#include <cstdint>
#include <cstring>

namespace gatehouse::gateway {
namespace {

std::uint64_t seed_from(Dice& dice)
{
    std::uint64_t seed = 0;
    std::memcpy(&seed, dice.bytes(sizeof seed).data(), sizeof seed);
    return seed;
}

}  // namespace

Context::Context(Ports with)
    : ports(with)
    , upstreams(ports, connections)
    , identifiers(ports.dice)
    , dice(seed_from(ports.dice))
    , open(ports.metrics.gauge("gatehouse_connections", "Open connections of clients."))
    , judged_alone(ports.metrics.counter("gatehouse_limits_judged_alone",
          "Requests that this node judged by its share of a limit, for its store did not answer."))
{
}

std::unique_ptr<Exchange> Context::new_exchange()
{
    if (spare_.empty())
        return std::make_unique<Exchange>(upstreams);
    auto exchange = std::move(spare_.back());
    spare_.pop_back();
    return exchange;
}

void Context::recycle(std::unique_ptr<Exchange> exchange)
{
    exchange->begin(nullptr); // Answers that are still under way find nothing.
    if (spare_.size() < spare_max && exchange->body.collected.capacity() <= body_max_local)
        spare_.push_back(std::move(exchange));
}

}  // namespace gatehouse::gateway
