// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/game.hpp"
#include "rooms/testing_snails.hpp"

int main(int argc, char** argv)
{
    return gatehouse::serve<gatehouse::rooms::testing::snails::Snails>(argc, argv);
}
