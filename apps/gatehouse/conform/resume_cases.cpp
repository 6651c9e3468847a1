// SPDX-License-Identifier: Apache-2.0
// Coming back, on a new connection and to a room; and the login that runs along.
#include "conform/stage.hpp"

#include <array>
#include <fmt/format.h>

namespace gatehouse::conform {
namespace {

std::string in_room(std::string_view room)
{
    return R"("room":)" + quoted(room);
}

std::string resume_of(json::Tree const& welcome)
{
    return fmt::format(R"(,"resume":{{"sid":{},"tok":{}}})", quoted(text_in(welcome, "sid")),
        quoted(text_in(welcome, "tok")));
}

bool is_resumed(json::Tree const& welcome)
{
    auto const* const resumed = welcome.find("resumed");
    return resumed && resumed->boolean().value_or(false);
}

// Somebody who was there, and is gone.
struct Gone {
    Login login;
    json::Tree welcome;
};

Seen<Gone> gone(Stage& stage)
{
    auto login = GH_TRY(stage.somebody());
    auto client = GH_TRY(stage.connect());
    auto welcome = GH_TRY(client->hello(login));
    return Gone{std::move(login), std::move(welcome)};
}

Seen<json::Tree> comes_back(Stage& stage, Login const& login, json::Tree const& with)
{
    auto client = GH_TRY(stage.connect());
    return client->hello(login, resume_of(with));
}

Seen<void> resume(Stage& stage)
{
    auto const before = GH_TRY(gone(stage));
    auto const after = GH_TRY(comes_back(stage, before.login, before.welcome));
    if (!is_resumed(after))
        return failed("welcome with resumed true", shown(after));
    if (text_in(after, "tok") == text_in(before.welcome, "tok"))
        return failed("a tok of its own for each welcome", "the same again");
    return {};
}

Seen<void> resume_once(Stage& stage)
{
    auto const before = GH_TRY(gone(stage));
    GH_CHECK(comes_back(stage, before.login, before.welcome));
    auto const again = GH_TRY(comes_back(stage, before.login, before.welcome));
    return is_resumed(again) ? failed("resumed false for a tok that was used", shown(again))
                             : Seen<void>{};
}

Seen<void> resume_bound(Stage& stage)
{
    auto const before = GH_TRY(gone(stage));
    auto const thief = GH_TRY(stage.guest());
    auto const stolen = GH_TRY(comes_back(stage, thief, before.welcome));
    return is_resumed(stolen) ? failed("resumed false for another principal", shown(stolen))
                              : Seen<void>{};
}

Seen<void> resume_live(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto older = GH_TRY(stage.connect());
    auto const welcome = GH_TRY(older->hello(login));
    auto newer = GH_TRY(stage.connect());
    auto const resumed = GH_TRY(newer->hello(login, resume_of(welcome)));
    if (!is_resumed(resumed))
        return failed("resumed true while the older connection is open", shown(resumed));
    GH_CHECK(older->expect_end(4005));
    return {};
}

// ---- Rooms

struct Watched {
    Table table;
    Login login;
    Mirror seen; // By the watcher, who is gone.
};

Seen<Watched> watched(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    auto login = GH_TRY(stage.guest());
    auto watcher = GH_TRY(stage.welcomed(login));
    GH_CHECK(watcher->join(in_room(table.room.id) + R"(,"as":"spectator")"));
    auto seen = watcher->mirror(table.room.id);
    return Watched{std::move(table), std::move(login), std::move(seen)};
}

struct Back {
    std::unique_ptr<Client> client;
    json::Tree joined;
};

Seen<Back> watches_again(Stage& stage, Watched const& watched, std::int64_t epoch)
{
    auto client = GH_TRY(stage.welcomed(watched.login));
    client->mirror(watched.table.room.id) = watched.seen;
    auto joined = GH_TRY(client->join(
        fmt::format(R"({},"as":"spectator","at":{{"e":{},"s":{},"k":{}}})",
            in_room(watched.table.room.id), epoch, watched.seen.version, watched.seen.step)));
    return Back{std::move(client), std::move(joined)};
}

Seen<void> room_live(Stage& stage)
{
    auto const there = GH_TRY(watched(stage));
    auto const back = GH_TRY(watches_again(stage, there, there.seen.epoch));
    return text_in(back.joined, "how") == "live" ? Seen<void>{}
                                                 : failed("how live", shown(back.joined));
}

// Whatever was missed: what is seen afterwards is what somebody sees who comes fresh.
Seen<void> room_tail(Stage& stage)
{
    auto there = GH_TRY(watched(stage));
    auto const& room = there.table.room.id;
    std::int64_t version = 0;
    for (std::uint64_t id = 1; id <= 3; id++)
        version = GH_TRY(there.table.client->must_name(room, id, fmt::format("n{}", id)));
    auto back = GH_TRY(watches_again(stage, there, there.seen.epoch));
    auto const how = text_in(back.joined, "how");
    if (how == "tail" && number_in(back.joined, "s") != there.seen.version)
        return failed(fmt::format("a tail from {} on", there.seen.version), shown(back.joined));
    if (how != "tail" && how != "snap")
        return failed("how tail, or snap", shown(back.joined));
    GH_CHECK(back.client->see(room, version));
    auto const fresh = GH_TRY(stage.guest());
    auto other = GH_TRY(stage.welcomed(fresh));
    GH_CHECK(other->join(in_room(room) + R"(,"as":"spectator")"));
    auto const& whole = other->mirror(room).view;
    auto const& caught_up = back.client->mirror(room).view;
    return whole == caught_up ? Seen<void>{} : failed("the view " + shown(whole), shown(caught_up));
}

Seen<void> room_snap(Stage& stage)
{
    auto const there = GH_TRY(watched(stage));
    auto const back = GH_TRY(watches_again(stage, there, there.seen.epoch + 7));
    return text_in(back.joined, "how") == "snap" && back.joined.find("view")
        ? Seen<void>{}
        : failed("how snap, with a view, for an epoch that never was", shown(back.joined));
}

// The answer was lost with the connection: the action is sent again, with its id.
Seen<void> sent_again(Stage& stage)
{
    auto table = GH_TRY(stage.table());
    auto const& room = table.room.id;
    auto const first = GH_TRY(table.client->must_name(room, 1, "Ann"));
    table.client = GH_TRY(stage.welcomed(table.login));
    auto const joined = GH_TRY(table.client->join(in_room(room)));
    auto const again = GH_TRY(table.client->name(room, 1, "Ann"));
    if (text_in(again, "t") != "ack" || number_in(again, "s") != first)
        return failed(fmt::format("the original ack of id 1, with s {}", first), shown(again));
    auto const& now = table.client->mirror(room);
    return now.version == number_in(joined, "s")
        ? Seen<void>{}
        : failed("a room that stays where it was", "it was applied again");
}

// ---- The login

Seen<void> auth_renewed(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto client = GH_TRY(stage.welcomed(login));
    client->say(R"({"t":"auth","auth":)" + quoted(login.token) + "}");
    GH_CHECK(client->expect("pong"));
    client->say(R"({"t":"auth","auth":"none of yours"})");
    GH_CHECK(client->expect("err"));
    return client->is_alive();
}

Seen<void> auth_other(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto const other = GH_TRY(stage.guest());
    auto client = GH_TRY(stage.welcomed(login));
    client->say(R"({"t":"auth","auth":)" + quoted(other.token) + "}");
    GH_CHECK(client->expect_end(4003));
    return {};
}

Seen<void> ticket(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto const answer
        = call(stage.target(), {.method = "POST", .target = "/v1/tickets", .token = login.token});
    auto const body = json::Tree::parse(answer.body).value_or(json::Tree());
    Login const once{std::string(text_in(body, "principal")), std::string(text_in(body, "ticket"))};
    if (answer.status != 201 || once.token.empty())
        return failed("201 with a ticket from POST /v1/tickets",
            fmt::format("{} {}", answer.status, answer.body.substr(0, 200)));
    auto client = GH_TRY(stage.connect());
    auto const welcome = GH_TRY(client->hello(once));
    if (text_in(welcome, "principal") != once.principal)
        return failed("the principal " + once.principal, shown(welcome));
    auto again = GH_TRY(stage.connect());
    again->say(R"({"t":"hello","v":1,"auth":)" + quoted(once.token) + "}");
    GH_CHECK(again->expect_end(4001));
    return {};
}

constexpr std::string_view connections
    = "The connection's: `sid` and `tok` in `hello` within 120 s, each used once, bound to the "
      "principal; `resumed` says whether it was.";
constexpr std::string_view logins
    = "`auth` renews the login with a token of the same principal, and is answered by `pong` (a "
      "bad one by `err`, and the old one holds on); another principal's closes with 4003.";

constexpr std::array cases{
    Case{"resume", connections, resume},
    Case{"resume-once", connections, resume_once},
    Case{"resume-bound", connections, resume_bound},
    Case{"resume-live", "4005 replaced (resumed on another connection)", resume_live},
    Case{"room-live", "`live`: nothing was missed.", room_live},
    Case{"room-tail",
        "`tail`: `joined.s` is the client's own `s`, and the updates that it missed follow",
        room_tail},
    Case{"room-snap", "`snap`: `view` is whole.", room_snap},
    Case{"sent-again",
        "What was not answered is sent again after coming back, in order, with the same ids.",
        sent_again},
    Case{"auth", logins, auth_renewed},
    Case{"auth-other", logins, auth_other},
    Case{"ticket", "good once, for 30 s, as `auth` in a `hello`", ticket},
};

} // namespace

std::span<Case const> resume_cases()
{
    return cases;
}

} // namespace gatehouse::conform
