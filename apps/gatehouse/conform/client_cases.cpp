// SPDX-License-Identifier: Apache-2.0
// What a client has to do, whatever it is written in.
#include "conform/visitor.hpp"

#include <array>
#include <fmt/format.h>

namespace gatehouse::conform {
namespace {

constexpr std::string_view room = "conform.00000001";

// One more action of it is taken, as the sign that it goes on.
Seen<void> goes_on(Visitor& visitor)
{
    auto const act = GH_TRY(visitor.next_act());
    visitor.apply(act);
    return {};
}

// On a new connection it joins where it was, and says again what had no answer.
Seen<void> says_again(Visitor& visitor, json::Tree const& unanswered)
{
    auto const join = GH_TRY(visitor.expect_join());
    auto const* const at = join.find("at");
    if (!at || number_in(*at, "s") != visitor.version())
        return failed(fmt::format("join with at, and s {} there", visitor.version()), shown(join));
    GH_CHECK(visitor.answer_join(join));
    auto const again = GH_TRY(visitor.next_act());
    if (again != unanswered)
        return failed(shown(unanswered), shown(again));
    visitor.apply(again);
    return goes_on(visitor);
}

Seen<void> hello(Visitor& visitor)
{
    return visitor.settle();
}

Seen<void> acts(Visitor& visitor)
{
    GH_CHECK(visitor.settle());
    std::int64_t last = 0;
    for (int i = 0; i < 3; i++) {
        auto const act = GH_TRY(visitor.next_act());
        if (number_in(act, "id") <= last)
            return failed(fmt::format("an id above {}", last), shown(act));
        last = number_in(act, "id");
        visitor.apply(act);
    }
    return {};
}

Seen<void> beats(Visitor& visitor)
{
    GH_CHECK(visitor.settle());
    auto const act = GH_TRY(visitor.next_act());
    auto const before = visitor.peer().beats();
    visitor.peer().say("{}");
    for (auto const until = Clock::now() + patience; visitor.peer().beats() == before;) {
        auto const heard = visitor.peer().line().hear(until);
        auto const* const said = std::get_if<Said>(&heard);
        if (said && said->json == "{}")
            break;
        if (!said)
            return failed("{} for {}", "nothing in 5 s");
    }
    visitor.apply(act);
    return {};
}

Seen<void> unknown(Visitor& visitor)
{
    GH_CHECK(visitor.settle());
    auto const act = GH_TRY(visitor.next_act());
    visitor.peer().say(R"({"t":"of_a_later_version","room":"nowhere","deep":[{"x":null}]})");
    visitor.peer().say(visitor.update_for(act, R"(,"of_a_later_version":{"x":1})"));
    visitor.peer().say(visitor.ack_for(act));
    return goes_on(visitor);
}

Seen<void> batch(Visitor& visitor)
{
    GH_CHECK(visitor.settle());
    auto const act = GH_TRY(visitor.next_act());
    auto const update = visitor.update_for(act);
    visitor.peer().say(fmt::format("[{},{},{{}}]", update, visitor.ack_for(act)));
    return goes_on(visitor);
}

Seen<void> whole_view(Visitor& visitor)
{
    GH_CHECK(visitor.settle());
    auto const act = GH_TRY(visitor.next_act());
    static_cast<void>(visitor.update_for(act));
    visitor.skip_versions(5);
    visitor.peer().say(
        fmt::format(R"({{"t":"upd","room":"{}","p":0,"s":{},"e":1,"view":{},"me":{}}})", room,
            visitor.version(), visitor.view(), number_in(act, "id")));
    visitor.peer().say(visitor.ack_for(act));
    return goes_on(visitor);
}

// What came before the gap is all that it was shown.
Seen<void> gap(Visitor& visitor)
{
    GH_CHECK(visitor.settle());
    auto const act = GH_TRY(visitor.next_act());
    auto const seen = visitor.version();
    visitor.skip_versions(3);
    visitor.peer().say(fmt::format(
        R"({{"t":"upd","room":"{}","p":{},"s":{},"d":{{}}}})", room, seen + 2, seen + 3));
    auto const join = GH_TRY(visitor.expect_join());
    auto const* const at = join.find("at");
    if (at && number_in(*at, "s") != seen)
        return failed(fmt::format("join with at s {}, or without", seen), shown(join));
    GH_CHECK(visitor.answer_join(join));
    auto const again = GH_TRY(visitor.next_act());
    if (again != act)
        return failed(shown(act), shown(again));
    visitor.apply(again);
    return {};
}

Seen<void> cut(Visitor& visitor)
{
    GH_CHECK(visitor.settle());
    auto const act = GH_TRY(visitor.next_act());
    visitor.cut();
    GH_CHECK(visitor.let_in());
    return says_again(visitor, act);
}

// Applied, and the answer was lost: it is sent again all the same, and gets the ack.
Seen<void> lost_ack(Visitor& visitor)
{
    GH_CHECK(visitor.settle());
    auto const act = GH_TRY(visitor.next_act());
    visitor.peer().say(visitor.update_for(act));
    visitor.cut();
    GH_CHECK(visitor.let_in());
    auto const join = GH_TRY(visitor.expect_join());
    GH_CHECK(visitor.answer_join(join));
    auto const again = GH_TRY(visitor.next_act());
    if (number_in(again, "id") != number_in(act, "id"))
        return failed(shown(act), shown(again));
    visitor.peer().say(visitor.ack_for(again));
    return goes_on(visitor);
}

Seen<void> comes_at_once(Visitor& visitor)
{
    GH_CHECK(visitor.settle());
    auto const act = GH_TRY(visitor.next_act());
    visitor.close(4201);
    GH_CHECK(visitor.let_in(patience));
    return says_again(visitor, act);
}

Seen<void> backs_off(Visitor& visitor)
{
    GH_CHECK(visitor.settle());
    auto const act = GH_TRY(visitor.next_act());
    visitor.close(4100);
    auto const closed_at = Clock::now();
    GH_CHECK(visitor.let_in());
    auto const after
        = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - closed_at);
    if (after < 900ms) // Its clock began a little before ours.
        return failed("a second or more without a connection",
            fmt::format("it was back after {} ms", after.count()));
    return says_again(visitor, act);
}

Seen<void> stays_away(Visitor& visitor)
{
    GH_CHECK(visitor.settle());
    GH_CHECK(visitor.next_act());
    visitor.close(4003);
    return visitor.let_in(4s) ? failed("no connection any more", "it came back") : Seen<void>{};
}

constexpr std::array cases{
    ClientCase{"client-hello", "first, within 5 s, else close 4102", hello},
    ClientCase{"client-acts",
        "`id` of an action is an unsigned number from 1, rising per principal and room: the dedup "
        "key.",
        acts},
    ClientCase{
        "client-beats", "`{}` from the server after `hb` of silence; the client answers.", beats},
    ClientCase{"client-unknown", "Unknown members are ignored", unknown},
    ClientCase{"client-batch", "One frame is one message, or an array of 1 to 64.", batch},
    ClientCase{"client-whole-view", "A whole `view` in an `upd` replaces what was, whatever `p`.",
        whole_view},
    ClientCase{"client-gap", "Where it does not, join again with `at`.", gap},
    ClientCase{"client-at-once", "4200–4299 reconnect at once", comes_at_once},
    ClientCase{"client-cut",
        "What was not answered is sent again after coming back, in order, with the same ids.", cut},
    ClientCase{"client-lost-ack", "An id applied already gets its original `ack`.", lost_ack},
    ClientCase{"client-backs-off", "4100–4199 back off a second or more", backs_off, 2},
    ClientCase{"client-stays-away", "4000–4099 do not reconnect", stays_away, 4},
};

} // namespace

std::span<ClientCase const> client_cases()
{
    return cases;
}

} // namespace gatehouse::conform
