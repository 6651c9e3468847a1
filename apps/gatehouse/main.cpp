// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/game.hpp"
#include "liap_tui/liap_tui.hpp"
#include "tower_defence/tower_defence.hpp"

int main(int argc, char** argv)
{
    using namespace gatehouse;
    return serve<liap_tui::LiapTui, tower_defence::TowerDefence>(argc, argv);
}
