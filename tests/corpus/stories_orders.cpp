// SPDX-License-Identifier: Apache-2.0
// Rooms that operators have something done to: what broke a process, pasts, forks.
#include "stories.hpp"

#include "bells.hpp"
#include "liap_tui/liap_tui.hpp"
#include "story.hpp"
#include "tower_defence/tower_defence.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gatehouse::corpus {

using liap_tui::LiapTui;
using tower_defence::TowerDefence;

namespace {

// Whoever is here moves, or says after a round that they are ready.
void play(Story& story, int turns)
{
    for (int turn = 0; turn < turns && !story.is_over(); turn++) {
        auto const scoring = story.seen_by(0)["phase"] == "scoring";
        for (std::size_t who = 0; scoring && who < 3; who++)
            story.act(who, "ready");
        if (!scoring && !story.move())
            story.pass(1);
    }
}

} // namespace

// A seat is left, and is empty again after a while; actions that change nothing but a timer, or
// nothing at all. One the game throws at; another, an alarm and a bot's move the process dies of.
// An operator has the first one done in other words, the last one again, and the rest dropped.
Stored play_letters(std::uint32_t seed)
{
    Story story(seed);
    story.serve<bells::Bells>();
    story.open("bells", "{}");
    story.come(0);
    story.come(1);
    story.vanish(1);
    story.pass(601);
    story.act(0, "room.bot", R"({"seat":1})");
    story.act(0, "room.unbot", R"({"seat":1})");
    story.come(2);
    story.act(0, "listen");
    story.act(2, "wind", R"({"after_ms":5000})");
    story.act(0, "stop");
    story.act(0, "pull");
    story.act(0, "crack");
    auto const cracked = story.last_letter();
    story.act(0, "wind", R"({"after_ms":20000})");
    story.pass(21);
    story.act(0, "wind", R"({"after_ms":20000})");
    story.serve<bells::Bells>();
    story.die_of_timer("clock", "SIGABRT");
    auto const clock = story.last_letter();
    story.vanish(2);
    story.pass(25);
    story.serve<bells::Bells>();
    story.die_of_bot(1, "pull", "SIGSEGV");
    auto const bot = story.last_letter();
    story.die_of_action(0, "listen", R"({"to":"the bell of \"St. Mary\""})");
    story.order(rooms::Discard{story.last_letter()});
    story.order(rooms::Retry{cracked, "pull"});
    story.order(rooms::Retry{clock});
    story.pass(5);
    story.order(rooms::Retry{bot});
    while (!story.is_over()) {
        story.pass(5);
        story.act(0, "pull");
    }
    return story.stored();
}

// A game goes back three times: to when it had a host by order, to before that, and, when it is
// over, to when two seats waited for somebody. What was set aside waits on meanwhile.
Stored play_past(std::uint32_t seed)
{
    Story story(seed);
    story.serve<LiapTui>();
    story.open("liap-tui", R"({"goal":200,"rounds":2})", {.reserve = {"ann", "bob"}});
    story.come(0);
    story.pass(60);
    auto const waiting = story.state().version();
    story.come(1);
    story.come(2);
    story.act(1, "room.name", R"({"name":"Bärbel"})");
    story.act(0, "room.bot", R"({"seat":3})");
    auto const plain = story.state().version();
    story.act(0, "room.host", R"({"seat":2})");
    story.act(2, "start");
    play(story, 10);
    auto const hosted = story.state().version();
    story.die_of_action(1, "play", R"({"pieces":[]})");
    auto const letter = story.last_letter();
    play(story, 10);
    story.go_back(hosted);
    play(story, 3);
    story.go_back(plain);
    story.act(0, "start");
    play(story, 2'000);
    story.go_back(waiting);
    story.order(rooms::Discard{letter});
    story.pass(300);
    story.serve<LiapTui>();
    story.come(1);
    story.pass(60);
    return story.stored();
}

// A room is forked amid a game, with a bot that broke a process, while it was paused; its players
// come to the fork, and play it to its end.
Stored play_fork(std::uint32_t seed)
{
    Story room(seed, "k7qxm.00000002");
    room.serve<LiapTui>();
    room.open("liap-tui", R"({"goal":200,"rounds":1})");
    for (std::size_t who = 0; who < 3; who++)
        room.come(who);
    room.act(0, "room.name", R"({"name":"Ann"})");
    room.act(0, "room.bot", R"({"seat":3})");
    room.act(0, "start");
    play(room, 10);
    room.die_of_bot(3, "play", "SIGSEGV");
    room.order(rooms::Pause{});
    room.pass(600);

    Story story(seed + 1);
    story.serve<LiapTui>();
    story.fork(room);
    story.order(rooms::Pause{});
    story.pass(300);
    story.order(rooms::Continue{});
    story.serve<LiapTui>();
    story.come(1);
    story.order(rooms::Retry{story.last_letter()});
    story.come(0);
    story.come(2);
    play(story, 2'000);
    return story.stored();
}

namespace {

struct Ground {
    std::vector<tower_defence::Tile> tiles{};

    Ground()
    {
        auto const& map = map_of(tower_defence::MapName::crossing);
        for (int y = 0; y < tower_defence::map_height; y++)
            for (int x = 0; x < tower_defence::map_width; x++)
                if (is_ground(map, {x, y}))
                    tiles.push_back({x, y});
    }
    // The tile, and more members.
    [[nodiscard]] std::string at(std::size_t i, std::string_view more = "") const
    {
        return fmt::format(R"({{"x":{},"y":{}{}}})", tiles[i].x, tiles[i].y, more);
    }
};

} // namespace

// Three players build, ask for all that there is, and go back once, by which steps are taken again;
// then they see how far they come.
Stored play_tower_defence(std::uint32_t seed)
{
    Ground const ground;
    Story story(seed);
    story.serve<TowerDefence>();
    story.open("tower-defence", R"({"map":"crossing","waves":2,"calm_seconds":5})");
    for (std::size_t who = 0; who < 3; who++)
        story.come(who);
    story.act(0, "start");
    story.act(0, "place", ground.at(0, R"(,"kind":"arrow")"));
    story.act(1, "place", ground.at(1, R"(,"kind":"frost")"));
    story.act(2, "give", R"({"seat":0,"gold":60})");
    story.act(0, "upgrade", ground.at(0));
    story.act(0, "target", ground.at(0, R"(,"aim":"strong")"));
    story.act(2, "ping", ground.at(5));
    story.pass(2);
    story.act(1, "call");
    story.pass(5);
    auto const then = story.state().version();
    story.act(1, "sell", ground.at(1));
    story.act(2, "call");
    story.pass(4);
    story.go_back(then);
    story.serve<TowerDefence>();
    for (int second = 0; second < 400 && !story.is_over(); second++) {
        if (second < 40)
            story.move();
        story.pass(1);
    }
    return story.stored();
}

} // namespace gatehouse::corpus
