// SPDX-License-Identifier: Apache-2.0
// The same messages in CBOR, and over an event stream and posts.
#include "conform/stage.hpp"

#include <array>
#include <fmt/format.h>

namespace gatehouse::conform {
namespace {

// What a spectator was told of a room, as text.
struct Told {
    std::unique_ptr<Client> client;
    std::string joined;
};

Seen<Told> watches(Stage& stage, Room const& room, Way way)
{
    auto const login = GH_TRY(stage.guest());
    auto client = GH_TRY(stage.welcomed(login, way));
    auto const joined
        = GH_TRY(client->join(fmt::format(R"("room":{},"as":"spectator")", quoted(room.id))));
    return Told{std::move(client), joined.canonical()};
}

// Two watch the same things, and are told the same; and one acts in that dialect itself.
Seen<void> says_the_same(Stage& stage, Way way)
{
    auto table = GH_TRY(stage.table(way));
    auto plain = GH_TRY(watches(stage, table.room, Way::json));
    auto other = GH_TRY(watches(stage, table.room, way));
    if (plain.joined != other.joined)
        return failed(plain.joined, other.joined);
    std::int64_t version = 0;
    for (std::uint64_t id = 1; id <= 4; id++)
        version = GH_TRY(table.client->must_name(table.room.id, id, fmt::format("né{}", id)));
    GH_CHECK(plain.client->see(table.room.id, version));
    GH_CHECK(other.client->see(table.room.id, version));
    for (std::size_t i = 0; i < plain.client->updates().size(); i++) {
        auto const& expected = plain.client->updates()[i];
        auto const came
            = i < other.client->updates().size() ? other.client->updates()[i] : "nothing";
        if (expected != came)
            return failed(expected, came);
    }
    other.client->say(R"({"t":"of_a_later_version"})");
    GH_CHECK(other.client->refusal("unsupported"));
    return {};
}

Seen<void> cbor_same(Stage& stage)
{
    return says_the_same(stage, Way::cbor);
}
Seen<void> events_same(Stage& stage)
{
    return says_the_same(stage, Way::events);
}

Seen<void> cbor_frames(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto client = GH_TRY(stage.welcomed(login, Way::cbor));
    client->line().say_raw("\xff", false); // A break that ends nothing.
    GH_CHECK(client->refusal("bad_request"));
    GH_CHECK(client->is_alive());
    client->line().say_raw(R"({"t":"ping"})", true);
    GH_CHECK(client->expect_end(1003));
    return {};
}

// ---- Posts

struct Posting {
    std::string stream;
    std::unique_ptr<Client> client;
};

// Welcomed by post 1.
Seen<Posting> posting(Stage& stage)
{
    auto const login = GH_TRY(stage.somebody());
    auto stream = GH_TRY(open_events(stage.target()));
    auto client = std::make_unique<Client>(std::move(stream.line), stage.ledger());
    client->answer_beats(false); // Posts are numbered by hand here.
    auto const hello = R"({"t":"hello","v":1,"auth":)" + quoted(login.token) + "}";
    auto const answer = post(stage.target(), stream.id, 1, hello);
    if (answer.status != 204)
        return failed("204 to the first post", fmt::format("status {}", answer.status));
    GH_CHECK(client->expect("welcome"));
    return Posting{std::move(stream.id), std::move(client)};
}

Seen<void> must_post(
    Stage& stage, Posting& at, std::uint64_t number, std::string_view json, int status = 204)
{
    auto const answer = post(stage.target(), at.stream, number, json);
    return answer.status == status ? Seen<void>{}
                                   : failed(fmt::format("{} to post {}", status, number),
                                       fmt::format("status {}", answer.status));
}

Seen<void> post_again(Stage& stage)
{
    auto at = GH_TRY(posting(stage));
    GH_CHECK(must_post(stage, at, 2, R"({"t":"first"})"));
    GH_CHECK(must_post(stage, at, 2, R"({"t":"first"})"));
    GH_CHECK(must_post(stage, at, 3, R"({"t":"ping"})"));
    GH_CHECK(at.client->expect("pong"));
    int refused = 0;
    for (auto const& each : at.client->inbox())
        refused += text_in(each, "t") == "err";
    return refused == 1
        ? Seen<void>{}
        : failed("post 2 taken once", fmt::format("it was answered {} times", refused));
}

Seen<void> post_order(Stage& stage)
{
    auto at = GH_TRY(posting(stage));
    GH_CHECK(must_post(stage, at, 3, R"({"t":"ping"})"));
    GH_CHECK(must_post(stage, at, 2, R"({"t":"first"})"));
    GH_CHECK(at.client->expect("err"));
    GH_CHECK(at.client->expect("pong"));
    return must_post(stage, at, 40, R"({"t":"ping"})", 409);
}

Seen<void> post_unknown(Stage& stage)
{
    auto const status = post(stage.target(), "no.such.stream", 1, "{}").status;
    return status == 404
        ? Seen<void>{}
        : failed("404 for a stream that there is not", fmt::format("status {}", status));
}

Seen<void> close_event(Stage& stage)
{
    auto client = GH_TRY(stage.connect(Way::events));
    client->say(R"({"t":"ping"})");
    GH_CHECK(client->expect("bye"));
    GH_CHECK(client->expect_end(4102));
    return {};
}

constexpr std::array cases{
    Case{"cbor-same",
        "`gatehouse.v1.cbor` (binary frames, RFC 8949: the same messages, as maps with text keys;",
        cbor_same},
    Case{"cbor-frames", "The wrong kind of frame: close 1003.", cbor_frames},
    Case{"events-same", "an event stream and posts carry the same messages, in JSON", events_same},
    Case{"post-again", "what was taken is not taken twice.", post_again},
    Case{"post-order", "Posts may overtake one another, up to 16 wait for one that is missing",
        post_order},
    Case{"post-unknown", "404 there is no such stream: begin anew, with `resume`", post_unknown},
    Case{"close-event", "last, instead of a close frame; do as its code says", close_event},
};

} // namespace

std::span<Case const> dialect_cases()
{
    return cases;
}

} // namespace gatehouse::conform
