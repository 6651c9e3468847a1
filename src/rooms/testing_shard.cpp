// SPDX-License-Identifier: Apache-2.0
#include "rooms/testing_shard.hpp"

namespace gatehouse::rooms::testing {

Store::Store() = default;
Store::~Store() = default;

void Store::append(std::vector<events::StreamAppend> batch, OnAppended done)
{
    std::vector<Result<events::Appended>> results;
    for (auto& append : batch)
        results.push_back(write(std::move(append)));
    answers.push_back([results = std::move(results), done = std::move(done)]() mutable {
        done(std::move(results));
    });
}

void Store::read(std::string stream, events::Version after, std::size_t events_max,
    OnEvents done)
{
    answers.push_back(
        [page = page_of(stream, after, events_max), done = std::move(done)]() mutable {
            done(std::move(page));
        });
}

void Store::hydrate(std::string stream, std::size_t events_max, OnHistory done)
{
    events::History history;
    if (snapshots.contains(stream))
        history.snapshot = snapshots[stream];
    for (auto const& [actor, key] : keys[stream])
        history.keys.push_back(key);
    history.keys_lost = keys_lost;
    auto const after = history.snapshot ? history.snapshot->version : 0;
    Result<events::History> answer = trouble();
    if (auto page = page_of(stream, after, events_max)) {
        history.events = std::move(*page);
        answer = std::move(history);
    } else {
        answer = std::unexpected(page.error());
    }
    answers.push_back([answer = std::move(answer), done = std::move(done)]() mutable {
        done(std::move(answer));
    });
}

void Store::keep(events::StreamSnapshot snapshot, OnKept done)
{
    Result<void> kept;
    if (refuses_snapshots)
        kept = fail(ErrorCode::busy, "not now");
    else
        snapshots[snapshot.stream] = std::move(snapshot.snapshot);
    answers.push_back([kept, done = std::move(done)]() mutable { done(kept); });
}

void Store::heads(Slot slot, OnHeads done)
{
    Result<std::vector<events::StreamHead>> found = trouble();
    if (!is_down) {
        found.emplace();
        for (auto const& [name, head] : known)
            if (slot_of(name) == slot && !head.state.finished)
                found->push_back(head);
    }
    answers.push_back([found = std::move(found), done = std::move(done)]() mutable {
        done(std::move(found));
    });
}

void Store::find(std::string name, OnHeads done)
{
    finds++;
    Result<std::vector<events::StreamHead>> found = trouble();
    if (!is_down) {
        found.emplace();
        for (auto const& [stream, head] : known)
            if (stream == name || stream.starts_with(name + "."))
                found->push_back(head);
    }
    answers.push_back([found = std::move(found), done = std::move(done)]() mutable {
        done(std::move(found));
    });
}

void Store::archived(
    std::string, std::vector<std::string> names, WallTime since, OnNames done)
{
    std::erase_if(names, [&](std::string const& name) {
        return !packed.contains(name) || packed.at(name) < since;
    });
    Result<std::vector<std::string>> found = std::move(names);
    if (is_archive_down)
        found = trouble();
    answers.push_back([found = std::move(found), done = std::move(done)]() mutable {
        done(std::move(found));
    });
}

Result<std::vector<events::Event>> Store::page_of(
    std::string const& stream, events::Version after, std::size_t events_max)
{
    reads++;
    were_read.push_back(stream);
    if (is_down)
        return trouble();
    if (after < floors[stream])
        return fail(ErrorCode::not_found, "compacted");
    std::vector<events::Event> page;
    for (auto const& event : streams[stream])
        if (event.version > after && page.size() < events_max)
            page.push_back(event);
    return page;
}

Result<events::Appended> Store::write(events::StreamAppend append)
{
    auto& stream = streams[append.stream];
    if (is_down)
        return trouble();
    if (append.expected != stream.size())
        return fail(ErrorCode::stale_base, "expected another version");
    stream.insert(stream.end(), append.events.begin(), append.events.end());
    for (auto const& key : append.keys)
        keys[append.stream][key.actor] = key;
    known[append.stream]
        = {append.stream, append.category, stream.size(), append.state, stream.back().at};
    return events::Appended{};
}

RoomsOfAShard::RoomsOfAShard()
{
    games.add(held.rules());
}

RoomsOfAShard::~RoomsOfAShard() = default;

void RoomsOfAShard::build()
{
    rooms.reset();
    store.answers.clear();
    started.reset();
    timers = std::make_unique<Timers>(now.steady);
    rooms = std::make_unique<Rooms>(options, games,
        Rooms::Ports{.store = store, .timers = *timers, .now = now, .dice = dice,
            .frame = [](std::string_view json) { return make_frame(std::string(json)); },
            .deliver = [this](Delivery const& delivery) {
                if (auto const found = clients.find(delivery.to); found != clients.end())
                    found->second->hear(Json::parse(*delivery.frame));
            },
            .complain = [this](std::string_view, Error const& error) {
                complaints.push_back(error);
            },
            .shared_cache = shared_cache});
    std::vector<Slot> slots;
    for (Slot slot = 0; slot < slots_total; slot++)
        slots.push_back(slot);
    rooms->start(slots, [this](Result<std::size_t> count) { started = count; });
}

void RoomsOfAShard::SetUp()
{
    build();
    settle();
}

void RoomsOfAShard::settle()
{
    rooms->end_turn();
    while (!store.answers.empty()) {
        for (auto& answer : std::exchange(store.answers, {}))
            answer();
        rooms->end_turn();
    }
}

void RoomsOfAShard::answer_once()
{
    rooms->end_turn();
    for (auto& answer : std::exchange(store.answers, {}))
        answer();
    rooms->end_turn();
}

void RoomsOfAShard::after(Milliseconds span)
{
    now.steady += span;
    now.wall = now.wall + span;
    timers->run(now.steady);
    settle();
}

std::optional<Result<std::string>> RoomsOfAShard::create_now(std::string_view code)
{
    std::optional<Result<std::string>> room;
    rooms->create(*games.find("tally"), options_bytes(*games.find("tally")), code,
        [&](Result<std::string> made) { room = made; });
    settle();
    return room;
}

Client RoomsOfAShard::client(std::string principal, std::uint64_t connection)
{
    return {.who = {0, {connection}, 1}, .principal = std::move(principal)};
}

void RoomsOfAShard::ask(std::string const& room, Client& from,
    decltype(Request::what) what)
{
    clients[from.who] = &from;
    if (auto* join = std::get_if<Join>(&what))
        join->principal = from.principal;
    rooms->ask(room, {from.who, std::move(what)});
}

std::optional<Result<std::string>> RoomsOfAShard::find_code(std::string_view code)
{
    std::optional<Result<std::string>> room;
    rooms->find_code(code, [&](Result<std::string> found) { room = std::move(found); });
    settle();
    return room;
}

std::string RoomsOfAShard::past(std::string_view code)
{
    auto const room = **create_now(code);
    auto ann = client("ann", 99);
    ask(room, ann, Join{.id = 1});
    ask(room, ann, Act{.id = 1, .name = "end"});
    ask(room, ann, Gone{});
    settle();
    after(1ms);
    return room;
}

void RoomsOfAShard::archive(std::string const& room)
{
    store.packed[room] = store.known[room].at;
    store.streams.erase(room);
    store.known.erase(room);
}

std::optional<Result<Listing>> RoomsOfAShard::describe(std::string const& room)
{
    std::optional<Result<Listing>> listing;
    rooms->describe(room, [&](Result<Listing> found) { listing = found; });
    settle();
    return listing;
}

}  // namespace gatehouse::rooms::testing
