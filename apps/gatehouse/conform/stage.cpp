// SPDX-License-Identifier: Apache-2.0
#include "conform/stage.hpp"

#include <fmt/format.h>

namespace gatehouse::conform {

Seen<Login> Stage::somebody()
{
    if (token_.empty())
        return guest();
    return Login{{}, token_};
}

Seen<Login> Stage::guest()
{
    auto const answer = call(target_, {.method = "POST", .target = "/v1/sessions"});
    if (answer.status == 0)
        return failed("an answer to POST /v1/sessions", "none from " + target_.host);
    if (answer.status != 201)
        return skipped(fmt::format("it needs {}guest, and POST /v1/sessions was answered {}{}",
            token_.empty() ? "a " : "another ", answer.status,
            token_.empty() ? " (--token gives a login)" : ""));
    auto const body = json::Tree::parse(answer.body).value_or(json::Tree());
    Login login{std::string(text_in(body, "principal")), std::string(text_in(body, "token"))};
    if (login.token.empty() || login.principal.empty())
        return failed("token and principal from POST /v1/sessions", answer.body.substr(0, 200));
    return login;
}

Seen<std::string> Stage::game()
{
    if (!game_.empty())
        return game_;
    auto const answer = call(target_, {.target = "/v1/games"});
    auto const body = json::Tree::parse(answer.body).value_or(json::Tree());
    auto const* const games = body.find("games");
    if (answer.status != 200 || !games)
        return failed("games from GET /v1/games", fmt::format("status {}", answer.status));
    if (games->elements().empty())
        return skipped("it needs a room, and the server has no game");
    return game_ = text_in(games->elements().front(), "game");
}

Seen<Room> Stage::room(Login const& login)
{
    auto const named = GH_TRY(game());
    auto const answer = call(target_,
        {.method = "POST",
            .target = "/v1/rooms",
            .token = login.token,
            .body = fmt::format(R"({{"game":{}}})", quoted(named))});
    auto const body = json::Tree::parse(answer.body).value_or(json::Tree());
    Room made{std::string(text_in(body, "room")), std::string(text_in(body, "code"))};
    if (answer.status != 201 || made.id.empty() || made.code.empty())
        return failed("201 with room and code from POST /v1/rooms",
            fmt::format("{} {}", answer.status, answer.body.substr(0, 200)));
    return made;
}

Seen<std::unique_ptr<Client>> Stage::connect(Way way)
{
    if (way != Way::events) {
        auto line = GH_TRY(open_socket(target_, way));
        return std::make_unique<Client>(std::move(line), ledger_);
    }
    auto stream = GH_TRY(open_events(target_));
    return std::make_unique<Client>(std::move(stream.line), ledger_);
}

Seen<std::unique_ptr<Client>> Stage::welcomed(Login const& login, Way way)
{
    auto client = GH_TRY(connect(way));
    GH_CHECK(client->hello(login));
    return client;
}

Seen<Table> Stage::table(Way way)
{
    auto login = GH_TRY(somebody());
    auto room = GH_TRY(this->room(login));
    auto client = GH_TRY(welcomed(login, way));
    GH_CHECK(client->join(R"("room":)" + quoted(room.id)));
    return Table{std::move(login), std::move(room), std::move(client)};
}

} // namespace gatehouse::conform
