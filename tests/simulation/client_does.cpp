// SPDX-License-Identifier: Apache-2.0
// What comes to a client's mind, step by step.
#include "client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::simulation {

using namespace std::chrono_literals;

namespace {

constexpr Duration dead = 4'500ms;
constexpr std::size_t tables_max = 3;
constexpr std::size_t unanswered_max = 4;

}  // namespace

void Client::schedule()
{
    around_.agenda.after(luck_.between(Duration(20ms), is_calm_ ? Duration(80ms) : Duration(250ms)),
        [this] { step(); });
}

void Client::step()
{
    if (is_silent_)
        return;
    schedule();
    if (stage_ == Stage::away) {
        if (now() >= dial_at_)
            dial();
        return;
    }
    if (link_->is_reading && now() - heard_at_ > dead) {
        note("gives up");
        if (luck_.one_in(2))
            around_.network.vanish(link_);
        else
            around_.network.reset(link_);
        link_.reset();
        return lose(0ms);
    }
    if (!is_calm_ && luck_.one_in(around_.plan.cut_one_in)) {
        note("network cut");
        return around_.network.cut(link_);
    }
    if (stage_ != Stage::ready)
        return;
    if (!is_calm_)
        roam();
    for (auto& table : tables_) {
        blame_ahead(table);
        if (link_ && stage_ == Stage::ready)
            serve(table);
    }
}

void Client::calm()
{
    is_calm_ = true;
    if (link_) {
        link_->is_slow = false;
        around_.network.set_reading(link_, true);
    }
}

void Client::retire()
{
    note("retires");
    is_silent_ = true;
    lose(0ms);
}

std::string Client::name() const { return fmt::format("Nr {}", number_); }

std::string Client::complaint() const
{
    if (is_silent_)
        return {};
    if (stage_ != Stage::ready || rooms_to_open_ > 0)
        return fmt::format("client {} is not connected", number_);
    for (auto const& table : tables_) {
        auto const say = [&](std::string_view what) {
            return fmt::format("client {} in {}: {}", number_, table.room, what);
        };
        if (!table.is_wanted)
            continue;
        if (!table.is_in)
            return say("is not in");
        if (table.asking != 0)
            return say(fmt::format("question {} has no answer", table.asking));
        if (!table.unanswered.empty())
            return say(fmt::format("action {} has no answer", table.unanswered.front().id));
        if (!table.is_watching && !table.is_probed)
            return say("the room does not go on");
        if (table.version < around_.checker.acked_max(table.room))
            return say(fmt::format("is shown {}, an ack said {}", table.version,
                around_.checker.acked_max(table.room)));
    }
    return {};
}

// ---- In a room

void Client::serve(Table& table)
{
    if (!table.is_in) {
        if (table.is_wanted && !table.is_joining && now() >= table.join_at)
            join(table);
        return;
    }
    if (table.is_joining)
        return;
    if (table.resend_at && now() >= *table.resend_at)
        resend_due(table);
    if (!is_calm_ && table.asking == 0 && luck_.one_in(10))
        ask(table);
    if (table.seat == rooms::spectator || table.unanswered.size() >= unanswered_max)
        return;
    if (is_calm_) {
        if (table.probe == 0) {
            table.probe = table.next_id;
            act(table, "room.name", R"({"name":"Calm"})");
        }
        return;
    }
    if (luck_.one_in(12))
        misbehave(table);
    else if (luck_.one_in(2))
        play(table);
}

void Client::join(Table& table)
{
    count_on_seat(table);
    table.is_joining = true;
    table.is_leaving = false;
    table.was_there = is_in_lobby(table);
    table.join_floor = around_.checker.acked_max(table.room);
    table.join_id = next_join_id_++;
    table.asking = 0; // Nobody answers it any more.
    bool const by_code = luck_.one_in(3);
    auto const where = by_code ? table.room.substr(0, table.room.find('.')) : table.room;
    auto const at = table.version > 0 && !luck_.one_in(4)
        ? fmt::format(
              R"(,"at":{{"e":{},"s":{},"k":{}}})", table.epoch, table.version, table.tick)
        : "";
    say(fmt::format(R"({{"t":"join","id":{},"{}":"{}","as":"{}","ticks":true{}}})", table.join_id,
        by_code ? "code" : "room", where, table.is_watching ? "spectator" : "player", at));
}

// Only what is not on its way already: of two copies one could be refused and the other applied.
void Client::resend_due(Table& table)
{
    table.resend_at.reset();
    for (auto& each : table.unanswered)
        if (std::exchange(each.is_due, false))
            say_act(table, each);
}

void Client::act(Table& table, std::string_view name, std::string_view body,
    std::optional<events::Version> base)
{
    table.unanswered.push_back({table.next_id++, std::string(name), std::string(body),
        around_.checker.acked_max(table.room)});
    say_act(table, table.unanswered.back(), base);
}

void Client::say_act(Table const& table, Act const& act, std::optional<events::Version> base)
{
    auto const with_base = base ? fmt::format(R"(,"base":{})", *base) : "";
    say(fmt::format(R"({{"t":"act","id":{},"room":"{}","a":"{}","d":{}{}}})", act.id, table.room,
        act.name, act.body, with_base));
}

void Client::ask(Table& table)
{
    table.asking = next_question_id_++;
    say(fmt::format(R"({{"t":"rpc","id":{},"room":"{}","q":"{}"}})", table.asking, table.room,
        luck_.one_in(8) ? "no_such_question" : "sets"));
}

// Mostly it only watches: what goes by in between is what this is about.
void Client::play_snails(Table& table)
{
    static constexpr std::array<std::string_view, 6> wishes{
        "feed", "start", "start", "go", "go", "rest"};
    if (luck_.one_in(2))
        act(table, wishes[static_cast<std::size_t>(luck_.below(6))], "{}",
            luck_.one_in(8) ? std::optional(table.version) : std::nullopt);
}

void Client::play(Table& table)
{
    if (table.game == "snails")
        return play_snails(table);
    auto const& player = *load::player_of("liap-tui");
    auto const preparation = load::prepare(table.view, *table.seat, table.people);
    auto wish = preparation.wish;
    if (preparation.is_complete)
        wish = player.wish(table.view, *table.seat, luck_.chance());
    if (wish)
        act(table, wish->action, wish->body,
            luck_.one_in(8) ? std::optional(table.version) : std::nullopt);
    else if (luck_.one_in(8))
        act(table, "room.name", fmt::format(R"({{"name":"{}"}})", name()));
}

void Client::misbehave(Table& table)
{
    switch (luck_.below(10)) {
    case 0: return act(table, "play", R"({"pieces":[99,-1]})");
    case 1: return act(table, "room.bot", fmt::format(R"({{"seat":{}}})", luck_.below(6)));
    case 2: return act(table, "room.unbot", fmt::format(R"({{"seat":{}}})", luck_.below(4)));
    case 3: return act(table, "no_such_action", "{}");
    case 4: return act(table, "start", "{}", table.version + 1);
    case 5: return act(table, "declare", R"({"piles":"many"})");
    case 6: // Once more what was answered.
        if (!table.answered.empty())
            say_act(table,
                table.answered[static_cast<std::size_t>(luck_.next() % table.answered.size())].act);
        return;
    case 7:
        return act(table, "room.host", fmt::format(R"({{"seat":{}}})", luck_.below(4)));
    case 8: // Lost the thread.
        return join(table);
    default:
        table.is_leaving = true;
        say(fmt::format(R"({{"t":"leave","id":1,"room":"{}"}})", table.room));
    }
}

// ---- Elsewhere

void Client::roam()
{
    if (is_slow_ && luck_.one_in(8)) {
        note("stops reading");
        link_->is_reading = false;
        around_.agenda.after(luck_.between(Duration(200ms), Duration(3s)),
            [this, link = link_] { around_.network.set_reading(link, true); });
    }
    if (luck_.one_in(150)) {
        note("goes");
        return lose(luck_.between(Duration(0ms), Duration(8s)));
    }
    if (luck_.one_in(100))
        say(luck_.one_in(2) ? "{\"t\":\"dance\"}" : "[{\"t\":\"ping\"},");
    if (luck_.one_in(60))
        send_frame(websocket::Opcode::ping, "are you there?");
    for (auto& table : tables_)
        if (!table.is_wanted && !table.is_gone && luck_.one_in(10)) {
            table.is_wanted = true;
            table.is_watching = luck_.one_in(4);
        }
    auto const& lobby = around_.lobby;
    if (lobby.empty() || tables_.size() >= tables_max || !luck_.one_in(5))
        return;
    auto const& room = lobby[static_cast<std::size_t>(luck_.next() % lobby.size())];
    if (!table_of(room))
        tables_.push_back(
            {.room = room, .is_watching = luck_.one_in(4), .people = luck_.between(1, 3)});
}

}  // namespace gatehouse::simulation
