// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/game.hpp"
#include "liap_tui/liap_tui.hpp"

int main(int argc, char** argv)
{
    return gatehouse::serve<gatehouse::liap_tui::LiapTui>(argc, argv);
}
