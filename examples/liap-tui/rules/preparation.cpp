// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/phases.hpp"

namespace gatehouse::liap_tui {

Decision keep(State const& state, By by)
{
    Course course(state);
    course.happens(Kept{.seat = *state.turn, .forced = by == By::clock});
    return course.end();
}

Decision redeal(State const& state, rooms::Chance const& chance)
{
    Course course(state);
    course.happens(RedealAsked{.seat = *state.turn});
    deal_next(course, chance, state.round, *state.turn);
    return course.end();
}

}  // namespace gatehouse::liap_tui
