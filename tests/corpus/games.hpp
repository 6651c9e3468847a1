// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bells.hpp"
#include "high-card/high_card.hpp"
#include "liap_tui/liap_tui.hpp"
#include "rooms/testing_coins.hpp"
#include "rooms/testing_snails.hpp"
#include "tower_defence/tower_defence.hpp"

#include <tuple>

namespace gatehouse::corpus {

// The games that this version of gatehouse replays the corpus with.
using Games = std::tuple<liap_tui::LiapTui, high_card::HighCard, tower_defence::TowerDefence,
    rooms::testing::coins::Fourth, rooms::testing::snails::Snails, bells::Bells>;

} // namespace gatehouse::corpus
