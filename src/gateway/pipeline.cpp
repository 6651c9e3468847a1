// SPDX-License-Identifier: Apache-2.0
#include "gateway/pipeline.hpp"

#include "base/assert.hpp"
#include "gateway/stages.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::gateway {
namespace {

constexpr std::array stages_in_order{
    Stage{"identify", stages::identify},
    Stage{"admit", stages::admit},
    Stage{"route", stages::route},
    Stage{"preflight", stages::preflight},
    Stage{"authenticate", stages::authenticate},
    Stage{"authorise", stages::authorise},
    Stage{"limit", stages::limit},
    Stage{"validate", stages::validate},
    Stage{"deduplicate", stages::deduplicate},
    Stage{"recall", stages::recall},
    Stage{"split", stages::split},
    Stage{"queue", stages::queue},
    Stage{"balance", stages::balance},
    Stage{"call", stages::call},
    Stage{"shape", stages::shape},
    Stage{"record", stages::record},
};

constexpr std::size_t place_of(std::string_view name)
{
    auto const found = std::ranges::find(stages_in_order, name, &Stage::name);
    return static_cast<std::size_t>(found - stages_in_order.begin());
}

constexpr auto balance = place_of("balance");
constexpr auto shape = place_of("shape");
constexpr auto record = place_of("record");
static_assert(balance < shape && shape < record && record == stages_in_order.size() - 1);

// The body is collected while the stage waits for it.
void await_body(Exchange& exchange)
{
    GH_ASSERT(!exchange.has_body());
    exchange.next_stage--;
    exchange.body.delivery = Delivery::collect;
}

void try_again(Exchange& exchange)
{
    auto& attempt = exchange.attempt;
    if (attempt.number < attempts_max) {
        attempt.number++;
        exchange.next_stage = balance;
        return;
    }
    exchange.refuse(ErrorCode::unavailable, "The service is not available.");
    exchange.next_stage = shape;
}

}  // namespace

std::span<Stage const> pipeline() { return stages_in_order; }

bool proceed(Exchange& exchange, Context& context)
{
    auto const stages = context.stages;
    while (exchange.next_stage < stages.size()) {
        auto const& stage = stages[exchange.next_stage++];
        switch (stage.run(exchange, context)) {
        case Progress::go_on: break;
        case Progress::answered: exchange.next_stage = shape; break;
        case Progress::suspended: return false;
        case Progress::needs_body: await_body(exchange); return false;
        case Progress::again: try_again(exchange); break;
        }
    }
    return true;
}

void skip_to_shape(Exchange& exchange) { exchange.next_stage = shape; }

void skip_to_record(Exchange& exchange) { exchange.next_stage = record; }

}  // namespace gatehouse::gateway
