// SPDX-License-Identifier: Apache-2.0
#include "rooms/testing.hpp"

#include "rooms/rules_of.hpp"
#include "rooms/testing_tally.hpp"

namespace gatehouse::rooms::testing {

std::unique_ptr<Rules> tally_rules()
{
    return rules_of<Tally>();
}

std::unique_ptr<Rules> Held::rules()
{
    return std::make_unique<LateRules>(tally_rules(), [this](auto answer) {
        if (is_on)
            answers.push_back(std::move(answer));
        else
            answer();
    });
}

void Held::release()
{
    auto answer = std::move(answers.front());
    answers.pop_front();
    answer();
}

std::string state_bytes(RoomState const& state)
{
    std::string bytes;
    state.play().write_state(bytes);
    auto view = state.view();
    json::Writer out(bytes);
    write_json(out, view);
    for (auto const& timer : state.timers())
        bytes += timer.name + "@" + std::to_string(timer.at.ms) + ";";
    for (auto const& member : state.members())
        bytes += member.principal + "#" + std::to_string(member.applied.last()) + ";";
    return bytes;
}

std::string options_bytes(Rules const& rules, std::string_view options)
{
    json::Parser parser;
    return *rules.read_options(*parser.parse(options));
}

void Client::hear(Json const& message)
{
    if (message.is_array()) {
        for (auto const& each : message)
            hear(each);
        return;
    }
    heard.push_back(message);
    std::string const type = message["t"];
    if (type == "joined")
        enter(message);
    else if (type == "upd")
        update(message);
    else if (type == "ack")
        acks[message["id"]] = message["s"];
    else if (type == "err" && message.contains("id"))
        errors[message["id"]] = message["code"];
    else if (type == "left")
        is_in = false;
}

std::vector<Json> Client::of_type(std::string_view type) const
{
    std::vector<Json> all;
    for (auto const& each : heard)
        if (each["t"] == type)
            all.push_back(each);
    return all;
}

void Client::enter(Json const& message)
{
    is_in = true;
    seat = message["seat"];
    if (message["how"] == "snap")
        view = message["view"];
    else
        EXPECT_TRUE(message["s"] == *version && message.value("k", 0u) == tick)
            << "goes on from what the client holds";
    version = message["s"];
    tick = message.value("k", 0);
}

void Client::update(Json const& message)
{
    if (message.contains("view")) {
        view = message["view"];
    } else {
        EXPECT_EQ(message["p"], *version) << principal << " misses an update: " << message;
        EXPECT_EQ(message.value("pk", 0u), tick) << principal << " misses a step: " << message;
        view.merge_patch(message["d"]);
    }
    version = message["s"];
    tick = message.value("k", 0);
}

Bench::Bench(RoomOptions const& with)
    : options(with)
    , around{.games = games,
          .frame = [](std::string_view json) { return make_frame(std::string(json)); },
          .deliver = [this](Delivery delivery) { route(std::move(delivery)); },
          .complain = [this](std::string_view, Error const& error) { complaints.push_back(error); },
          .touched = [this](std::string_view) { touched++; },
          .keep = [this](std::string_view,
                      events::Snapshot taken) { snapshots.push_back(std::move(taken)); },
          .now = now, .dice = dice}
{
    games.add(held.rules());
}

Bench::~Bench() = default;

void Bench::open(std::string const& seed)
{
    room = std::make_unique<Room>(stream, options, around);
    room->open({.game = "tally", .rules = 1, .code = "K7QXM", .seed = seed,
                   .options = to_hex(options_bytes(*games.find("tally")))},
        [this](Result<void> kept_now) { opened = kept_now; });
    settle();
}

Client Bench::add(std::string principal, std::uint64_t connection)
{
    return {.who = {0, {connection}, 1}, .principal = std::move(principal)};
}

void Bench::ask(Client& from, decltype(Request::what) what)
{
    clients[from.who] = &from;
    room->take({from.who, std::move(what)});
}

void Bench::join(Client& from, Join join)
{
    join.id = join.id == 0 ? 1 : join.id;
    join.principal = from.principal;
    join.knows_ticks = true;
    ask(from, std::move(join));
}

void Bench::act(Client& from, std::uint64_t id, std::string name, std::string body,
    std::optional<events::Version> base)
{
    ask(from, Act{id, std::move(name), std::move(body), base});
}

void Bench::turn()
{
    if (auto append = room->end_turn())
        asked.push_back(std::move(*append));
}

void Bench::keep()
{
    auto append = write_oldest();
    ASSERT_TRUE(append);
    room->durable();
}

void Bench::lose(Fate fate)
{
    auto const expected = asked.front().expected;
    if (fate == Fate::kept_unknown && expected == kept.size())
        static_cast<void>(write_oldest());
    else
        asked.pop_front();
    room->lost({ErrorCode::internal, "input/output error"});
}

void Bench::reload()
{
    turn();
    if (!room->wants_events())
        return;
    room->learn(keys);
    static_cast<void>(room->absorb(kept));
    if (room->wants_events())
        room->hydrated();
    turn();
}

void Bench::settle()
{
    turn();
    while (!asked.empty()) {
        keep();
        turn();
    }
}

void Bench::crash()
{
    asked.clear();
    clients.clear();
    held.answers.clear();
    room = std::make_unique<Room>(stream, options, around);
    room->learn(keys);
    static_cast<void>(room->absorb(kept));
    room->hydrated();
    settle();
}

void Bench::forget(std::string_view subject)
{
    std::erase_if(keys, [&](events::MemberKey const& key) { return key.subject == subject; });
    room->forget(subject);
    settle();
}

void Bench::pass(Milliseconds span)
{
    now.steady += span;
    now.wall = now.wall + span;
}

void Bench::after(Milliseconds span)
{
    auto const until = now.steady + span;
    while (room->alarm() && *room->alarm() <= until) {
        auto const step = std::max(*room->alarm() - now.steady, Duration(0));
        pass(std::chrono::ceil<Milliseconds>(step));
        room->ring();
        settle();
    }
    pass(std::chrono::ceil<Milliseconds>(until - now.steady));
}

Json Bench::expected_view(Seat seat, std::size_t version) const
{
    RoomState state(stream);
    state.learn(keys);
    for (std::size_t i = 0; i < version; i++)
        EXPECT_TRUE(state.evolve(kept[i], games));
    std::string text;
    json::Writer out(text);
    write_json(out.object().key("room"), state.view());
    state.play().show(seat, out.key("game"));
    out.end_object();
    return Json::parse(text);
}

RoomState Bench::replayed() const
{
    RoomState state(stream);
    state.learn(keys);
    for (auto const& event : kept)
        EXPECT_TRUE(state.evolve(event, games));
    return state;
}

std::optional<events::StreamAppend> Bench::write_oldest()
{
    if (asked.empty())
        return std::nullopt;
    auto append = std::move(asked.front());
    asked.pop_front();
    EXPECT_EQ(append.expected, kept.size());
    kept.insert(kept.end(), append.events.begin(), append.events.end());
    for (auto& key : append.keys) {
        std::erase_if(keys, [&](auto const& each) { return each.actor == key.actor; });
        keys.push_back(std::move(key));
    }
    stored_state = append.state;
    return append;
}

void Bench::route(Delivery delivery)
{
    auto const found = clients.find(delivery.to);
    if (found != clients.end())
        found->second->hear(Json::parse(*delivery.frame));
    sent.push_back(std::move(delivery));
}

Table::Table() = default;
Table::~Table() = default;

void Table::SetUp()
{
    bench.open();
    bench.join(ann);
    bench.join(bob);
    bench.settle();
}

}  // namespace gatehouse::rooms::testing
