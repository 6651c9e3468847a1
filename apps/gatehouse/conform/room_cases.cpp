// SPDX-License-Identifier: Apache-2.0
// Rooms: how they are joined, who sits there, what is asked and how they are left.
#include "conform/stage.hpp"

#include <array>
#include <fmt/format.h>

namespace gatehouse::conform {
namespace {

std::string in_room(std::string_view room)
{
    return R"("room":)" + quoted(room);
}

Seen<void> join_room(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto const room = GH_TRY(stage.room(login));
    auto client = GH_TRY(stage.welcomed(login));
    auto const joined = GH_TRY(client->join(in_room(room.id)));
    auto const* const view = joined.find("view");
    auto const* const half = view ? view->find("room") : nullptr;
    if (text_in(joined, "room") != room.id || number_in(joined, "seat") < 0 || !half
        || text_in(*half, "code") != room.code)
        return failed(
            "joined, with a seat and a whole view, for the room " + room.id, shown(joined));
    return {};
}

Seen<void> join_code(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto const room = GH_TRY(stage.room(login));
    auto client = GH_TRY(stage.welcomed(login));
    auto const joined = GH_TRY(client->join(R"("code":)" + quoted(room.code)));
    return text_in(joined, "room") == room.id ? Seen<void>{}
                                              : failed("the room " + room.id, shown(joined));
}

Seen<void> join_find(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto const game = GH_TRY(stage.game());
    auto client = GH_TRY(stage.welcomed(login));
    auto const joined = GH_TRY(client->join(fmt::format(R"("find":{{"game":{}}})", quoted(game))));
    return text_in(joined, "game") == game ? Seen<void>{}
                                           : failed("a room of " + game, shown(joined));
}

Seen<void> join_nowhere(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto client = GH_TRY(stage.welcomed(login));
    client->say(R"({"t":"join","id":1,"code":"NOSUCH"})");
    GH_CHECK(client->refusal("not_found", 1));
    client->say(R"({"t":"join","id":2})");
    GH_CHECK(client->refusal("bad_request", 2));
    return client->is_alive();
}

Seen<void> presence(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    auto const seat = std::to_string(table.client->mirror(table.room.id).seat);
    auto const pres = GH_TRY(table.client->expect("pres"));
    auto const* const seats = pres.find("seats");
    return seats && text_in(*seats, seat) == "here"
        ? Seen<void>{}
        : failed("pres that has seat " + seat + " here", shown(pres));
}

Seen<void> seats(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    auto const other = GH_TRY(stage.guest());
    auto client = GH_TRY(stage.welcomed(other));
    client->say(R"({"t":"join","id":1,"ticks":true,)" + in_room(table.room.id) + "}");
    auto const answer = GH_TRY(client->answer(1));
    auto const first = table.client->mirror(table.room.id).seat;
    bool const is_full = text_in(answer, "code") == "room_full"; // A game for one.
    if (!is_full && (text_in(answer, "t") != "joined" || number_in(answer, "seat") == first))
        return failed(fmt::format("a seat that is not {}, or room_full", first), shown(answer));
    return {};
}

Seen<void> spectator(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    auto const other = GH_TRY(stage.guest());
    auto client = GH_TRY(stage.welcomed(other));
    auto const joined = GH_TRY(client->join(in_room(table.room.id) + R"(,"as":"spectator")"));
    if (auto const* const seat = joined.find("seat"); !seat || seat->kind() != json::Kind::null)
        return failed("joined with seat null", shown(joined));
    auto const version = GH_TRY(table.client->must_name(table.room.id, 1, "Ann"));
    return client->see(table.room.id, version);
}

Seen<void> one_live_seat(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    GH_CHECK(table.client->must_name(table.room.id, 7, "older"));
    auto newer = GH_TRY(stage.welcomed(table.login));
    auto const joined = GH_TRY(newer->join(in_room(table.room.id)));
    auto const left = GH_TRY(table.client->expect("left"));
    if (text_in(left, "why") != "replaced")
        return failed("left, why replaced", shown(left));
    auto const seat = table.client->mirror(table.room.id).seat;
    if (number_in(joined, "seat") != seat)
        return failed(fmt::format("the same seat {}", seat), shown(joined));
    GH_CHECK(newer->must_name(table.room.id, 8, "newer"));
    return {};
}

Seen<void> last(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    GH_CHECK(table.client->must_name(table.room.id, 41, "Ann"));
    auto const joined = GH_TRY(table.client->join(in_room(table.room.id)));
    return number_in(joined, "last") == 41 ? Seen<void>{}
                                           : failed("joined with last 41", shown(joined));
}

Seen<void> leave(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    table.client->say(R"({"t":"leave","id":5,)" + in_room(table.room.id) + "}");
    auto const left = GH_TRY(table.client->expect("left"));
    if (text_in(left, "why") != "left" || text_in(left, "room") != table.room.id)
        return failed("left, why left", shown(left));
    auto const answer = GH_TRY(table.client->name(table.room.id, 1, "Ann"));
    return text_in(answer, "t") == "err" ? Seen<void>{}
                                         : failed("err to who has left", shown(answer));
}

// No game has such a question: so it is err, and once.
Seen<void> question(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    auto const room = in_room(table.room.id);
    table.client->say(R"({"t":"rpc","id":900,"q":"no.such.question",)" + room + "}");
    auto const answer = GH_TRY(table.client->answer(900));
    if (text_in(answer, "t") != "err")
        return failed("err for a question that no game knows", shown(answer));
    GH_CHECK(table.client->must_name(table.room.id, 1, "Ann"));
    for (auto const& each : table.client->inbox())
        if (number_in(each, "id") == 900)
            return failed("one answer", "another: " + shown(each));
    return {};
}

constexpr std::array cases{
    Case{"join-room", R"({t:"join", id, room | code | find:{game}, seat?)", join_room},
    Case{"join-code", R"({t:"join", id, room | code | find:{game}, seat?)", join_code},
    Case{"join-find", "`find` joins an open room of the game, or makes one.", join_find},
    Case{"join-nowhere", "`id` of a join is any unsigned number; its answer carries it.",
        join_nowhere},
    Case{"presence", "The room's armed timers and `pres` follow.", presence},
    Case{"seats", "Without `seat`, the first free one", seats},
    Case{"spectator", "`seat` is null for spectators.", spectator},
    Case{"one-live-seat",
        "One live seat per principal and room: a newer join replaces the older (`left`, "
        "`replaced`;",
        one_live_seat},
    Case{"last", "`last` is the highest action id applied: go on above it.", last},
    Case{"question", "`rpc` is answered by `res` (or `err`), once", question},
    Case{"leave", "`left` answers it.", leave},
};

} // namespace

std::span<Case const> room_cases()
{
    return cases;
}

} // namespace gatehouse::conform
