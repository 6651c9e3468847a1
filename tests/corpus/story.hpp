// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "entry.hpp"

#include "base/bytes.hpp"
#include "events/chain.hpp"
#include "rooms/rules_of.hpp"
#include "rooms/testing.hpp"

#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::corpus {

// A room, those who come to it, and the servers that serve it one after the other.
class Story {
public:
    explicit Story(std::uint32_t seed, std::string_view room = stream)
        : random_(seed)
        , room_(room)
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
        bench_.room = std::make_unique<rooms::Room>(room_, bench_.options, bench_.around);
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

    void open(std::string_view game, std::string_view options, rooms::Wishes const& wishes = {})
    {
        auto const& rules = *bench_.games.find(game);
        bench_.room->open(
            {.game = std::string(game),
                .rules = rules.about().version,
                .code = "K7QXM",
                .seed = draw_seed(),
                .options = to_hex(rooms::testing::options_bytes(rules, options))},
            [](auto) {}, wishes);
        bench_.settle();
    }

    // Begins as a fork of how the other room is, as Rooms::fork has it.
    void fork(Story const& other)
    {
        auto const then = other.state().snapshot();
        bench_.now = other.bench_.now;
        bench_.room->fork({.from = other.room_,
                              .version = then.version,
                              .at = bench_.now.wall,
                              .link = hex_of(then.link),
                              .state = to_hex(then.state),
                              .rules = other.state().opened().rules,
                              .code = "K7QXM",
                              .seed = draw_seed()},
            other.bench_.keys, other.state().letters(), [](auto) {});
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
            if (auto const wish = state().play().bot(people_[who].seat.get<rooms::Seat>(), rng)) {
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
    // To how it was with the event of this version.
    void go_back(events::Version version)
    {
        rooms::RoomState past(room_);
        for (auto const& event : std::span(bench_.kept).first(version))
            if (auto const evolved = past.evolve(event, bench_.games); !evolved)
                throw std::runtime_error(evolved.error().detail);
        order(rooms::GoBack{bench_.kept[version - 1].at, past.snapshot()});
    }
    // The process that did this died of it; another one finds what it left. A timer, a bot's move,
    // or an action by whoever sits there.
    void die_of_timer(std::string name, std::string why)
    {
        set_aside({.room = room_,
            .doing = rooms::Doing::ring,
            .name = std::move(name),
            .why = std::move(why)});
    }
    void die_of_bot(rooms::Seat seat, std::string name, std::string why)
    {
        set_aside({.room = room_,
            .doing = rooms::Doing::bot,
            .seat = seat,
            .name = std::move(name),
            .body = "{}",
            .why = std::move(why)});
    }
    void die_of_action(std::size_t who, std::string name, std::string body)
    {
        set_aside({.room = room_,
            .doing = rooms::Doing::act,
            .principal = people_[who].principal,
            .seat = people_[who].seat.get<rooms::Seat>(),
            .action = ++action_,
            .name = std::move(name),
            .body = std::move(body),
            .why = "SIGSEGV"});
    }
    [[nodiscard]] events::Version last_letter() const
    {
        if (state().letters().empty())
            throw std::runtime_error("nothing is set aside");
        return state().letters().back().number;
    }
    void on_absence(rooms::Absence absence) { bench_.options.absence = absence; }
    void pass(int seconds) { bench_.after(Milliseconds(1'000) * seconds); }
    [[nodiscard]] bool by_chance(std::uint32_t one_in) { return random_() % one_in == 0; }

    [[nodiscard]] rooms::RoomState const& state() const { return bench_.room->state(); }
    // What they see of the game.
    [[nodiscard]] rooms::testing::Json const& seen_by(std::size_t who) const
    {
        return people_[who].view["game"];
    }
    [[nodiscard]] bool is_over() const { return state().status() == rooms::Status::finished; }

    // What is stored, as a chain.
    [[nodiscard]] Stored stored()
    {
        auto link = events::chain_start(room_);
        for (auto& event : bench_.kept)
            event.link = link = events::chain_link(link, event);
        return {bench_.kept, bench_.keys};
    }

private:
    void set_aside(rooms::CrashSite const& site)
    {
        bench_.room->set_aside(site);
        bench_.settle();
    }
    [[nodiscard]] std::string draw_seed()
    {
        std::string seed(32, '\0');
        for (auto& byte : seed)
            byte = static_cast<char>(random_());
        return to_hex(seed);
    }
    [[nodiscard]] static std::string hex_of(events::Link const& link)
    {
        return to_hex({reinterpret_cast<char const*>(link.data()), link.size()});
    }

    std::mt19937 random_;
    std::string room_;
    rooms::testing::Bench bench_;
    std::vector<rooms::testing::Client> people_{};
    std::uint64_t action_ = 0;
};

} // namespace gatehouse::corpus
