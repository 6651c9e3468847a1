// SPDX-License-Identifier: Apache-2.0
// Frames and their bounds, and the signs of life.
#include "conform/stage.hpp"

#include <array>
#include <fmt/format.h>

namespace gatehouse::conform {
namespace {

Seen<std::unique_ptr<Client>> someone(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    return stage.welcomed(login);
}

// "[{…},{…}]"
std::string batch_of(std::string_view message, std::int64_t count)
{
    std::string text = "[";
    for (std::int64_t i = 0; i < count; i++)
        text.append(i ? "," : "").append(message);
    return text + "]";
}

constexpr std::string_view a_ping = R"({"t":"ping"})";

Seen<void> unknown_members(Stage& stage)
{
    auto client = GH_TRY(someone(stage));
    client->say(R"({"t":"ping","of_a_later_version":{"deep":[1,2,null]},"x":true})");
    GH_CHECK(client->expect("pong"));
    return client->is_alive();
}

Seen<void> unknown_type(Stage& stage)
{
    auto client = GH_TRY(someone(stage));
    client->say(R"({"t":"of_a_later_version","id":7})");
    GH_CHECK(client->refusal("unsupported"));
    return client->is_alive();
}

Seen<void> no_json(Stage& stage)
{
    auto client = GH_TRY(someone(stage));
    for (std::string_view const bad : {"{\"t\":\"ping\"", "no json", "[]"}) {
        client->line().say_raw(bad, true);
        GH_CHECK(client->refusal("bad_request"));
    }
    return client->is_alive();
}

Seen<void> batch(Stage& stage)
{
    auto client = GH_TRY(someone(stage));
    client->say(batch_of(a_ping, 3));
    for (int i = 0; i < 3; i++)
        GH_CHECK(client->expect("pong"));
    return {};
}

Seen<void> batch_too_long(Stage& stage)
{
    auto client = GH_TRY(someone(stage));
    client->say(batch_of(a_ping, 65));
    GH_CHECK(client->refusal("too_large"));
    return client->is_alive();
}

Seen<void> wrong_kind(Stage& stage)
{
    auto client = GH_TRY(someone(stage));
    client->line().say_raw(a_ping, false);
    GH_CHECK(client->expect_end(1003));
    return {};
}

Seen<void> too_big(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto client = GH_TRY(stage.connect());
    auto const welcome = GH_TRY(client->hello(login));
    auto const bytes_max = static_cast<std::size_t>(number_in(*welcome.find("max"), "bytes"));
    auto const message = [](std::size_t size) {
        constexpr std::string_view frame = R"({"t":"ping","x":""})";
        return fmt::format(R"({{"t":"ping","x":"{}"}})", std::string(size - frame.size(), 'x'));
    };
    client->say(message(bytes_max));
    GH_CHECK(client->expect("pong"));
    client->say(message(bytes_max + 1));
    GH_CHECK(client->expect_end(1009));
    return {};
}

Seen<void> rate_limit(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto client = GH_TRY(stage.connect());
    auto const welcome = GH_TRY(client->hello(login));
    auto const rate = number_in(*welcome.find("max"), "rate");
    std::int64_t const sent = rate + 60;
    for (std::int64_t left = sent; left > 0; left -= 60)
        client->say(batch_of(a_ping, std::min<std::int64_t>(left, 60)));
    std::int64_t refused = 0;
    for (std::int64_t i = 0; i < sent; i++) {
        auto const answer
            = GH_TRY(client->expect("an answer to each message", [](json::Tree const& each) {
                  return text_in(each, "t") == "pong" || text_in(each, "t") == "err";
              }));
        if (text_in(answer, "t") == "pong")
            continue;
        if (text_in(answer, "code") != "rate_limited")
            return failed("err rate_limited", shown(answer));
        refused++;
    }
    return refused > 0 ? Seen<void>{}
                       : failed(fmt::format("err rate_limited among the answers to {} messages "
                                            "at once, of which {} a second are allowed",
                                    sent, rate),
                           "all were taken");
}

Seen<void> flood(Stage& stage)
{
    auto client = GH_TRY(someone(stage));
    for (int i = 0; i < 40; i++)
        client->say(batch_of("{}", 60));
    GH_CHECK(client->expect_end(4101));
    return {};
}

Seen<void> ping(Stage& stage)
{
    auto client = GH_TRY(someone(stage));
    return client->is_alive();
}

Seen<void> ping_frame(Stage& stage)
{
    auto client = GH_TRY(someone(stage));
    client->line().ping();
    return client->expect_pong();
}

// Longer than `dead`: so the answers to the beats are what keeps it alive.
Seen<void> heartbeat(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto client = GH_TRY(stage.connect());
    auto const welcome = GH_TRY(client->hello(login));
    auto const dead = std::chrono::milliseconds(number_in(welcome, "dead"));
    if (auto const end = client->expect_end(0, dead * 3 / 2); end)
        return failed("a connection that lives on while beats are answered",
            fmt::format("closed with {} {}", end->code, end->reason));
    if (client->beats() == 0)
        return failed("{} within hb of silence", "none in one and a half of dead");
    return client->is_alive();
}

Seen<void> silence(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto client = GH_TRY(stage.connect());
    auto const welcome = GH_TRY(client->hello(login));
    client->answer_beats(false);
    auto const dead = std::chrono::milliseconds(number_in(welcome, "dead"));
    GH_CHECK(client->expect_end(4201, dead + patience));
    return client->beats() ? Seen<void>{} : failed("{} before the end", "none");
}

constexpr std::string_view bound_of_rate = "| messages a second, burst of one second | 50 | "
                                           "`err rate_limited`; 200 in a row: close 4101.";

constexpr std::array cases{
    Case{"ping", R"({t:"pong", now})", ping},
    Case{"ping-frame", "All count: `{}`, WebSocket pings", ping_frame},
    Case{"unknown-members", "Unknown members are ignored", unknown_members},
    Case{"unknown-type", "an unknown `t` gets `err unsupported`", unknown_type},
    Case{"no-json", "what is no JSON (or CBOR) `err bad_request`", no_json},
    Case{"batch", "One frame is one message, or an array of 1 to 64.", batch},
    Case{"batch-too-long", "a batch that is too long `err too_large`; the connection goes on",
        batch_too_long},
    Case{"wrong-kind", "The wrong kind of frame: close 1003.", wrong_kind},
    Case{"too-big", "| bytes of a message | 64 KiB | close 1009;", too_big},
    Case{"rate-limit", bound_of_rate, rate_limit},
    Case{"flood", bound_of_rate, flood},
    Case{"heartbeat", "`{}` from the server after `hb` of silence; the client answers.", heartbeat,
        7},
    Case{"silence", "Both sides declare death after `dead`.", silence, 5},
};

} // namespace

std::span<Case const> frame_cases()
{
    return cases;
}

} // namespace gatehouse::conform
