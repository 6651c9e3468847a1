// SPDX-License-Identifier: Apache-2.0
#include "gateway/pipeline.hpp"

#include "gateway/stages.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::gateway {
namespace {

constexpr std::array pipeline{
    Stage{"identify", stages::identify},
    Stage{"route", stages::route},
    Stage{"admit", stages::admit},
    Stage{"authenticate", stages::authenticate},
    Stage{"authorise", stages::authorise},
    Stage{"limit", stages::limit},
    Stage{"balance", stages::balance},
    Stage{"call", stages::call},
    Stage{"shape", stages::shape},
    Stage{"record", stages::record},
};

constexpr std::size_t place_of(std::string_view name)
{
    auto const found = std::ranges::find(pipeline, name, &Stage::name);
    return static_cast<std::size_t>(found - pipeline.begin());
}

constexpr auto shape = place_of("shape");
constexpr auto record = place_of("record");
static_assert(shape < record && record == pipeline.size() - 1);

}  // namespace

bool proceed(Exchange& exchange, Context& context)
{
    while (exchange.next_stage < pipeline.size()) {
        auto const& stage = pipeline[exchange.next_stage++];
        switch (stage.run(exchange, context)) {
        case Progress::go_on: break;
        case Progress::answered: exchange.next_stage = shape; break;
        case Progress::suspended: return false;
        }
    }
    return true;
}

void skip_to_shape(Exchange& exchange) { exchange.next_stage = shape; }

void skip_to_record(Exchange& exchange) { exchange.next_stage = record; }

}  // namespace gatehouse::gateway
