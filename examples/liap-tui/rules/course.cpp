// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/phases.hpp"

namespace gatehouse::liap_tui {

namespace {

int seconds_of(Phase phase, Options const& options)
{
    switch (phase) {
    case Phase::preparation: return options.preparation_seconds;
    case Phase::declaration: return options.declaration_seconds;
    case Phase::turn: return options.turn_seconds;
    case Phase::scoring: return options.scoring_seconds;
    case Phase::waiting:
    case Phase::game_over: break;
    }
    return 0;
}

}  // namespace

Decision Course::end()
{
    if (state_.phase == Phase::game_over) {
        decision_.cancel("turn").finish();
    } else {
        auto const seconds = seconds_of(state_.phase, state_.options);
        decision_.arm("turn", std::chrono::seconds(seconds));
    }
    return std::move(decision_);
}

}  // namespace gatehouse::liap_tui
