// SPDX-License-Identifier: Apache-2.0
#include "stories.hpp"

#include "entry.hpp"

#include "events/chain.hpp"
#include "high-card/high_card.hpp"
#include "liap_tui/liap_tui.hpp"
#include "rooms/rules_of.hpp"
#include "rooms/testing.hpp"
#include "rooms/testing_coins.hpp"
#include "rooms/testing_snails.hpp"

#include <random>
#include <stdexcept>

namespace gatehouse::corpus {
namespace {

using namespace rooms::testing;
using rooms::Seat;

// A room, those who come to it, and the servers that serve it one after the other.
class Story {
public:
    explicit Story(std::uint32_t seed)
        : random_(seed)
        , bench_({.bot_after = Milliseconds(20'000)})
    {
        for (char const* name : {"ann", "bob", "cem"})
            people_.push_back(bench_.add(name, people_.size() + 1));
        bench_.now.wall = WallTime{1'793'000'000'000};
    }

    template <typename... Games>
    void serve()
    {
        bench_.games = {};
        (bench_.games.add(rooms::rules_of<Games>()), ...);
        bench_.room = std::make_unique<rooms::Room>(
            std::string(stream), bench_.options, bench_.around);
        if (bench_.kept.empty())
            return;
        bench_.room->learn(bench_.keys);
        if (!bench_.room->absorb(bench_.kept))
            throw std::runtime_error(bench_.complaints.back().detail);
        bench_.room->hydrated();
        bench_.settle();
        for (std::size_t i = 0; i < people_.size(); i++)
            if (people_[i].is_in)
                come(i);
    }

    void open(
        std::string_view game, std::string_view options, rooms::Wishes const& wishes = {})
    {
        auto const& rules = *bench_.games.find(game);
        std::string seed(32, '\0');
        for (auto& byte : seed)
            byte = static_cast<char>(random_());
        bench_.room->open({.game = std::string(game), .rules = rules.about().version,
                              .code = "K7QXM", .seed = to_hex(seed),
                              .options = to_hex(options_bytes(rules, options))}, [](auto) {},
            wishes);
        bench_.settle();
    }

    void come(std::size_t who)
    {
        people_[who].version.reset();
        bench_.join(people_[who]);
        bench_.settle();
    }
    void vanish(std::size_t who)
    {
        bench_.ask(people_[who], rooms::Gone{});
        people_[who].is_in = false;
        bench_.settle();
    }
    void act(std::size_t who, std::string name, std::string body = {})
    {
        bench_.act(people_[who], ++action_, std::move(name), std::move(body));
        bench_.settle();
    }
    // Whoever may move does, as a bot would; false where nobody of those who are here wants to.
    bool move()
    {
        for (std::size_t who = 0; who < people_.size(); who++) {
            if (!people_[who].is_in || !people_[who].seat.is_number())
                continue;
            rooms::Rng rng(std::string(32, 'm'), random_());
            if (auto const wish = state().play().bot(people_[who].seat.get<Seat>(), rng)) {
                act(who, wish->name, wish->body);
                return true;
            }
        }
        return false;
    }
    void order(rooms::Order order)
    {
        bench_.room->obey(std::make_shared<rooms::Instruction>(std::move(order), [](auto) {}));
        bench_.settle();
    }
    void on_absence(rooms::Absence absence) { bench_.options.absence = absence; }
    void pass(int seconds) { bench_.after(Milliseconds(1'000) * seconds); }
    [[nodiscard]] bool by_chance(std::uint32_t one_in) { return random_() % one_in == 0; }

    [[nodiscard]] rooms::RoomState const& state() const { return bench_.room->state(); }
    [[nodiscard]] bool is_over() const { return state().status() == rooms::Status::finished; }

    // What is stored, as a chain.
    [[nodiscard]] Stored stored()
    {
        auto link = events::chain_start(stream);
        for (auto& event : bench_.kept)
            event.link = link = events::chain_link(link, event);
        return {bench_.kept, bench_.keys};
    }

private:
    std::mt19937 random_;
    Bench bench_;
    std::vector<Client> people_{};
    std::uint64_t action_ = 0;
};

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

} // namespace

Stored record(std::string_view story, std::uint32_t seed)
{
    if (story == "liap-tui")
        return play_liap_tui(seed);
    if (story == "high-card")
        return play_high_card(seed);
    if (story == "coins")
        return play_coins(seed);
    if (story == "hosts")
        return play_hosts(seed);
    if (story == "snails")
        return play_snails(seed);
    if (story == "lobby")
        return play_lobby(seed);
    throw std::runtime_error("there is no story " + std::string(story)
        + "; there are liap-tui, high-card, coins, hosts, snails and lobby");
}

} // namespace gatehouse::corpus
