// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/game.hpp"
#include "rooms/testing_snails.hpp"

#include <cstdlib>

using namespace gatehouse::rooms::testing;

namespace {

// What somebody may deploy: it cannot read what the rules before it wrote.
struct BrokenSnails : snails::Snails {
    static void evolve(State& state, Event const& event)
    {
        if (std::holds_alternative<snails::Rested>(event))
            std::abort();
        Snails::evolve(state, event);
    }
};

} // namespace

int main(int argc, char** argv)
{
    return gatehouse::serve<BrokenSnails>(argc, argv);
}
