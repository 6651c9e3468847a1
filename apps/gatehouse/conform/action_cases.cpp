// SPDX-License-Identifier: Apache-2.0
// Actions, by the one that every player of every game may take: room.name.
#include "conform/stage.hpp"

#include <array>
#include <fmt/format.h>

namespace gatehouse::conform {
namespace {

// The name at the client's own seat, as its view has it.
std::string_view name_seen(Mirror const& mirror)
{
    auto const* const half = mirror.view.find("room");
    auto const* const seats = half ? half->find("seats") : nullptr;
    auto const at = static_cast<std::size_t>(mirror.seat);
    return seats && at < seats->elements().size() ? text_in(seats->elements()[at], "name")
                                                  : std::string_view{};
}

// Where the room is now, whatever was heard of it: by a join anew.
Seen<std::int64_t> version_now(Table& table)
{
    auto const joined = GH_TRY(table.client->join(R"("room":)" + quoted(table.room.id)));
    return number_in(joined, "s");
}

Seen<void> act(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    GH_CHECK(table.client->must_name(table.room.id, 1, "Ann"));
    GH_CHECK(version_now(table));
    auto const seen = name_seen(table.client->mirror(table.room.id));
    return seen == "Ann"
        ? Seen<void>{}
        : failed("a view in which the own seat is named Ann", "\"" + std::string(seen) + "\"");
}

Seen<void> me(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    table.client->say_name(table.room.id, 17, "Ann");
    GH_CHECK(table.client->expect("an update with me 17", [](json::Tree const& each) {
        return text_in(each, "t") == "upd" && number_in(each, "me") == 17;
    }));
    return {};
}

Seen<void> duplicate(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    auto const first = GH_TRY(table.client->must_name(table.room.id, 1, "Ann"));
    GH_CHECK(table.client->must_name(table.room.id, 2, "Bea"));
    auto const before = GH_TRY(version_now(table));
    auto const again = GH_TRY(table.client->name(table.room.id, 1, "Ann"));
    if (text_in(again, "t") != "ack" || number_in(again, "s") != first)
        return failed(fmt::format("the original ack of id 1, with s {}", first), shown(again));
    auto const after = GH_TRY(version_now(table));
    if (after != before || name_seen(table.client->mirror(table.room.id)) != "Bea")
        return failed(fmt::format("a room that stays at version {}", before),
            fmt::format("version {}: it was applied again", after));
    return {};
}

Seen<void> gaps(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    for (std::uint64_t const id : {3, 4, 1000})
        GH_CHECK(table.client->must_name(table.room.id, id, fmt::format("n{}", id)));
    return {};
}

Seen<void> refusal(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    auto const before = GH_TRY(version_now(table));
    table.client->say_name(table.room.id, 5, "");
    GH_CHECK(table.client->refusal("bad_request", 5));
    if (auto const after = GH_TRY(version_now(table)); after != before)
        return failed(fmt::format("a room that stays at version {}", before),
            fmt::format("version {}", after));
    GH_CHECK(table.client->must_name(table.room.id, 5, "Ann")); // The id is free still.
    return {};
}

Seen<void> out_of_order(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    GH_CHECK(table.client->must_name(table.room.id, 10, "Ann"));
    table.client->say_name(table.room.id, 9, "Bea");
    GH_CHECK(table.client->refusal("out_of_order", 9));
    return {};
}

Seen<void> base(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    auto const version = GH_TRY(version_now(table));
    auto const on = [](std::int64_t s) { return fmt::format(R"(,"base":{})", s); };
    auto const fits = GH_TRY(table.client->name(table.room.id, 1, "Ann", on(version)));
    if (text_in(fits, "t") != "ack")
        return failed(fmt::format("ack for base {}, which is the room's s", version), shown(fits));
    table.client->say_name(table.room.id, 2, "Bea", on(version));
    GH_CHECK(table.client->refusal("stale_base", 2));
    return {};
}

// A server that is quick may answer all of them; none may be left out.
Seen<void> in_flight(Stage& stage)
{
    constexpr std::uint64_t sent = 24;
    auto table = GH_TRY(stage.table());
    std::string batch = "[";
    for (std::uint64_t id = 1; id <= sent; id++)
        batch += fmt::format(R"({}{{"t":"act","id":{},"room":{},"a":"room.name",)"
                             R"("d":{{"name":"n{}"}}}})",
            id > 1 ? "," : "", id, quoted(table.room.id), id);
    table.client->say(batch + "]");
    for (std::uint64_t id = 1; id <= sent; id++) {
        auto const answer = GH_TRY(table.client->answer(id));
        bool const is_ack = text_in(answer, "t") == "ack";
        bool const is_busy
            = text_in(answer, "code") == "busy" && answer.find("retry")->boolean().value_or(false);
        if (!is_ack && !is_busy)
            return failed("ack, or err busy with retry", shown(answer));
        if (!is_ack && id <= 16)
            return failed("ack for each of the first 16", shown(answer));
    }
    return {};
}

constexpr std::array cases{
    Case{"act", "An acked action is never lost.", act},
    Case{"me", "`upd.me` is the highest of your own actions that it shows", me},
    Case{"duplicate", "An id applied already gets its original `ack`.", duplicate},
    Case{"gaps", "Refusals change nothing and are not kept: gaps are fine.", gaps},
    Case{"refusal", "Refusals change nothing and are not kept", refusal},
    Case{"out-of-order",
        "An id below the last applied one that was never applied is `out_of_order`.", out_of_order},
    Case{"base", "Where `base` is sent, it must equal the room's `s`, else `stale_base`.", base},
    Case{"in-flight", "| actions and questions without an answer, per room | 16 | `err busy` |",
        in_flight},
};

} // namespace

std::span<Case const> action_cases()
{
    return cases;
}

} // namespace gatehouse::conform
