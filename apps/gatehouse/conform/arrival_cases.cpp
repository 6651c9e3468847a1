// SPDX-License-Identifier: Apache-2.0
// Coming in: the upgrade, hello, welcome.
#include "conform/stage.hpp"

#include <array>
#include <fmt/format.h>

namespace gatehouse::conform {
namespace {

// Its last words, and then the end.
Seen<void> is_shown_the_door(Client& client, int code, Clock::duration within = patience)
{
    GH_CHECK(client.expect(
        "bye, in words",
        [](json::Tree const& each) {
            return text_in(each, "t") == "bye" && !text_in(each, "msg").empty();
        },
        within));
    GH_CHECK(client.expect_end(code));
    return {};
}

Seen<void> is_refused(Stage& stage, std::string_view first, int code)
{
    auto client = GH_TRY(stage.connect());
    client->say(first);
    return is_shown_the_door(*client, code);
}

Seen<void> subprotocol(Stage& stage)
{
    for (std::string_view const offer : {"", "mqtt"})
        if (auto const status = upgrade_status(stage.target(), offer); status != 400)
            return failed(
                "400 to an upgrade that offers " + std::string(offer.empty() ? "none" : offer),
                fmt::format("status {}", status));
    return {};
}

Seen<void> hello_first(Stage& stage)
{
    for (auto const* first : {R"({"t":"ping"})", R"({"t":"join","id":1,"code":"K7QX"})", "[]"})
        GH_CHECK(is_refused(stage, first, 4102));
    return {};
}

Seen<void> hello_version(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto const token = quoted(login.token);
    GH_CHECK(is_refused(stage, fmt::format(R"({{"t":"hello","v":2,"auth":{}}})", token), 4007));
    return is_refused(stage, fmt::format(R"({{"t":"hello","auth":{}}})", token), 4007);
}

Seen<void> hello_token(Stage& stage)
{
    auto login = GH_TRY(stage.somebody());
    GH_CHECK(is_refused(stage, R"({"t":"hello","v":1})", 4001));
    auto& changed = login.token[login.token.size() / 2];
    changed = changed == 'A' ? 'B' : 'A';
    return is_refused(
        stage, fmt::format(R"({{"t":"hello","v":1,"auth":{}}})", quoted(login.token)), 4001);
}

Seen<void> welcome(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto client = GH_TRY(stage.connect());
    auto const message = GH_TRY(client->hello(login));
    auto const bounds = *message.find("max");
    bool const has_bounds = number_in(bounds, "bytes") > 0 && number_in(bounds, "rate") > 0
        && number_in(bounds, "inflight") > 0;
    if (!has_bounds || number_in(message, "hb") >= number_in(message, "dead"))
        return failed("max with bytes, rate and inflight, and hb below dead", shown(message));
    if (!login.principal.empty() && text_in(message, "principal") != login.principal)
        return failed("the principal " + login.principal, shown(message));
    return {};
}

Seen<void> hello_twice(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto client = GH_TRY(stage.welcomed(login));
    client->say(fmt::format(R"({{"t":"hello","v":1,"auth":{}}})", quoted(login.token)));
    GH_CHECK(client->refusal("unsupported"));
    return client->is_alive();
}

Seen<void> hello_late(Stage& stage)
{
    auto client = GH_TRY(stage.connect());
    if (auto const early = client->expect_end(0, 3s); early)
        return failed("5 s in which to say hello", "closed before 3 s had passed");
    return is_shown_the_door(*client, 4102, 7s);
}

constexpr std::array cases{
    Case{"subprotocol", "none: 400 before the upgrade.", subprotocol},
    Case{"hello-first", "anything else before it with 4102.", hello_first},
    Case{"hello-version", "another version with 4007", hello_version},
    Case{"hello-token", "`hello` without `auth` is closed with 4001, a forged or expired token too",
        hello_token},
    Case{"welcome", R"({t:"welcome", sid, tok, ttl:120, hb:2000, dead:4500, now, principal, max:)",
        welcome},
    Case{"hello-twice", "A second `hello` gets `err unsupported`.", hello_twice},
    Case{"hello-late", "first, within 5 s, else close 4102", hello_late, 5},
};

} // namespace

std::span<Case const> arrival_cases()
{
    return cases;
}

} // namespace gatehouse::conform
