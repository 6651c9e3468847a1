// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/news.hpp"

#include "base/fields.hpp"

namespace gatehouse::liap_tui {

News news_of(State const& after, Event const& event)
{
    return std::visit(
        Overload{
            [&](Dealt const& dealt) -> News {
                return news::Dealt{
                    .round = dealt.round,
                    .deal = dealt.deal,
                    .starter = dealt.starter,
                    .multiplier = after.multiplier,
                    .hand_sizes = {hand_size, hand_size, hand_size, hand_size},
                };
            },
            [&](Played const&) -> News { return news::Played{after.plays.back()}; },
            [&](Scored const& scored) -> News {
                return news::Scored{.deltas = scored.deltas, .scores = after.scores};
            },
            [](auto const& as_it_is) -> News { return as_it_is; },
        },
        event);
}

}  // namespace gatehouse::liap_tui
