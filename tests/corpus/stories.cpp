// SPDX-License-Identifier: Apache-2.0
#include "stories.hpp"

#include "high-card/high_card.hpp"
#include "liap_tui/liap_tui.hpp"
#include "rooms/testing_coins.hpp"
#include "rooms/testing_snails.hpp"
#include "story.hpp"

namespace gatehouse::corpus {

using namespace rooms::testing;

// Three players, a bot; alarms that ring, somebody who loses the connection and comes back.
Stored play_liap_tui(std::uint32_t seed)
{
    Story story(seed);
    story.serve<liap_tui::LiapTui>();
    story.open("liap-tui", R"({"goal":30,"rounds":4})");
    for (std::size_t who = 0; who < 3; who++)
        story.come(who);
    story.act(0, "room.name", R"({"name":"Ann"})");
    story.act(1, "room.name", R"({"name":"Bärbel \"B\""})");
    story.act(2, "room.name", R"({"name":"蔡"})");
    story.act(0, "room.bot", R"({"seat":3})");
    story.act(0, "start");
    for (int turn = 0; turn < 2'000 && !story.is_over(); turn++) {
        if (turn == 20)
            story.vanish(1);
        if (turn == 45)
            story.come(1);
        if (story.by_chance(12) || !story.move())
            story.pass(story.by_chance(2) ? 1 : 31);
    }
    return story.stored();
}

Stored play_high_card(std::uint32_t seed)
{
    Story story(seed);
    story.serve<high_card::HighCard>();
    story.open("high-card", "{}");
    story.come(0);
    story.act(0, "room.name", R"({"name":"Ann"})");
    story.act(0, "draw");
    story.serve<high_card::HighCard>();
    story.come(1);
    story.act(1, "draw");
    return story.stored();
}

// One room on four servers, each newer than the last.
Stored play_coins(std::uint32_t seed)
{
    using namespace coins;
    Story story(seed);
    story.serve<First>();
    story.open("coins", "{}");
    story.come(0);
    story.come(1);
    story.act(0, "throw");
    story.act(1, "throw");
    story.act(0, "throw");
    story.serve<Second>();
    story.act(1, "throw");
    story.pass(21); // The alarm throws.
    story.act(1, "fold");
    story.serve<Third>();
    story.act(1, "throw");
    story.act(0, "throw");
    story.serve<Fourth>();
    story.act(1, "throw");
    story.act(0, "fold");
    story.act(0, "throw");
    while (!story.is_over())
        story.pass(21);
    return story.stored();
}

// Somebody is kicked, somebody else becomes host; operators pause the room twice; in the end a
// player stays away for too long.
Stored play_hosts(std::uint32_t seed)
{
    Story story(seed);
    story.serve<liap_tui::LiapTui>();
    story.on_absence(rooms::Absence::forfeit);
    story.open("liap-tui", "{}");
    for (std::size_t who = 0; who < 3; who++)
        story.come(who);
    story.act(0, "room.kick", R"({"seat":1})");
    story.act(0, "room.host", R"({"seat":2})");
    story.order(rooms::Pause{});
    story.pass(600);
    story.order(rooms::Continue{});
    story.act(2, "room.bot", R"({"seat":1})");
    story.act(2, "room.bot", R"({"seat":3})");
    story.act(2, "start");
    for (int turn = 0; turn < 30; turn++) {
        if (turn == 10) {
            story.order(rooms::Pause{});
            story.pass(600);
            story.order(rooms::Continue{});
        }
        if (!story.move())
            story.pass(1);
    }
    story.vanish(0);
    while (!story.is_over())
        story.pass(5);
    return story.stored();
}

// Steps between events: some are taken before somebody feeds a snail or has them rest, some after
// the process died that granted them, some after operators had all wait; the last one ends it.
Stored play_snails(std::uint32_t seed)
{
    using snails::Snails;
    Story story(seed);
    story.serve<Snails>();
    story.open("snails", R"({"length":900,"mark":10})");
    story.come(0);
    story.come(1);
    story.act(0, "start");
    story.pass(2);
    story.act(1, "feed");
    story.pass(1);
    story.act(0, "feed");
    story.serve<Snails>();
    story.pass(3);
    story.act(0, "rest");
    story.pass(30);
    story.act(1, "go");
    story.pass(2);
    story.order(rooms::Pause{});
    story.pass(600);
    story.order(rooms::Continue{});
    for (int second = 0; second < 300 && !story.is_over(); second++)
        story.pass(1);
    return story.stored();
}

// Seats wait for three people: one comes, one does not want hers, one is too late. The host has
// another one wait; operators pause the room meanwhile.
Stored play_lobby(std::uint32_t seed)
{
    Story story(seed);
    story.serve<liap_tui::LiapTui>();
    story.open("liap-tui", "{}", {.is_listed = false, .reserve = {"ann", "bob", "cem"}});
    story.come(0);
    story.order(rooms::GiveUp{"bob"});
    story.pass(300);
    story.order(rooms::Pause{});
    story.pass(600);
    story.order(rooms::Continue{});
    story.act(0, "room.reserve", R"({"seat":3,"principal":"dan"})");
    story.pass(400);
    story.act(0, "room.bot", R"({"seat":2})");
    story.serve<liap_tui::LiapTui>();
    story.come(2);
    story.act(0, "room.release", R"({"seat":3})");
    story.act(0, "room.bot", R"({"seat":3})");
    story.act(0, "start");
    for (int turn = 0; turn < 40; turn++)
        if (!story.move())
            story.pass(1);
    return story.stored();
}

} // namespace gatehouse::corpus
