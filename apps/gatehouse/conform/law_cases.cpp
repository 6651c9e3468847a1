// SPDX-License-Identifier: Apache-2.0
// What holds of everything that a server says. These cases run last, and tell of what was broken in
// the others as well.
#include "conform/laws.hpp"
#include "conform/stage.hpp"

#include <array>
#include <fmt/format.h>

namespace gatehouse::conform {
namespace {

// A player who does all kinds of things, and somebody who watches.
Seen<void> some_traffic(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    auto const& room = table.room.id;
    for (std::uint64_t id = 1; id <= 12; id++) {
        auto const answer
            = GH_TRY(table.client->name(room, id, id % 4 ? fmt::format("n{}", id) : ""));
        bool const is_ack = text_in(answer, "t") == "ack";
        if (is_ack != (id % 4 != 0))
            return failed("ack for a name, and err for none", shown(answer));
    }
    return table.client->is_alive();
}

Seen<void> holds(Stage& stage, std::string_view law, std::string_view what)
{
    auto const seen = some_traffic(stage);
    for (auto const& each : stage.ledger())
        if (each.law == law)
            return failed(std::string(what), each.what);
    return seen;
}

Seen<void> chain(Stage& stage)
{
    return holds(stage, law::chain, "p of each update to be the s of the one before");
}

Seen<void> ack_last(Stage& stage)
{
    return holds(stage, law::ack_last, "each ack behind the update that shows it");
}

Seen<void> no_null(Stage& stage)
{
    return holds(stage, law::no_null, "views without a null in them");
}

Seen<void> shape(Stage& stage)
{
    return holds(stage, law::shape, "messages with the members that docs/asyncapi.yaml names");
}

constexpr std::array cases{
    Case{law::chain,
        "`p` is the `s` of the update before, so `p` always equals what the client has.", chain},
    Case{law::ack_last, "never comes before an update or view that shows it", ack_last},
    Case{law::no_null, "Views hold no nulls, for in a patch null means gone.", no_null},
    Case{law::shape, "The messages are described for machines in", shape},
};

} // namespace

std::span<Case const> law_cases()
{
    return cases;
}

} // namespace gatehouse::conform
