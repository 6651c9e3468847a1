// SPDX-License-Identifier: Apache-2.0
#include "rooms/rooms.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "events/append_check.hpp"
#include "events/audit.hpp"
#include "events/page.hpp"

#include <algorithm>
#include <limits>

namespace gatehouse::rooms {
namespace {

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    return out;
}

bool is_newer(events::StreamHead const& head, events::StreamHead const& other)
{
    if (head.state.finished != other.state.finished)
        return !head.state.finished;
    return std::pair(head.at, std::string_view(head.stream))
        > std::pair(other.at, std::string_view(other.stream));
}

Error no_such_room() { return {ErrorCode::not_found, "there is no such room"}; }

}  // namespace

std::string draw_code(Dice& dice)
{
    std::string code = dice.bytes(code_length);
    for (char& c : code)
        c = code_letters[static_cast<unsigned char>(c) % code_letters.size()];
    return code;
}

Rooms::Entry::Entry(Rooms& rooms, events::StreamHead known, Origin from)
    : head(std::move(known))
    , origin(from)
    , listed(from == Origin::store ? head.version : 0)
    , alarm([this, &rooms] {
        if (rest)
            rooms.wake(*this);
        if (!room)
            return;
        if (room->wants_events())
            rooms.read_in_time(*this);
        else
            room->ring();
        rooms.mark(*this);
    })
{
}

Rooms::Rooms(RoomsOptions options, Catalogue const& games, Ports ports)
    : options_(options)
    , games_(games)
    , ports_(std::move(ports))
    , around_{.games = games_, .frame = ports_.frame, .deliver = ports_.deliver,
          .complain = ports_.complain, .touched = [this](std::string_view room) {
              if (auto* entry = find(room))
                  mark(*entry);
          },
          .keep = [this](std::string_view room, events::Snapshot snapshot) {
              keep(room, std::move(snapshot));
          },
          .now = ports_.now, .dice = ports_.dice, .crumbs = ports_.crumbs,
          .stopwatch = ports_.stopwatch, .holds = Holds(options_.holds),
          .history = options_.history}
    , listings_(options_.listings, ports_.now, ports_.dice, ports_.shared_cache)
    , sweep_([this] { sweep(); })
    , learn_again_([this] {
        for (auto const slot : std::exchange(unread_slots_, {}))
            learn(slot);
    })
{
}

Rooms::~Rooms() = default;

std::string Rooms::code_of(std::string_view room)
{
    return std::string(room.substr(0, room.find('.')));
}

Rooms::Entry* Rooms::find(std::string_view room) const
{
    auto const found = entries_.find(std::string(room));
    return found == entries_.end() ? nullptr : found->second.get();
}

GameOptions const& Rooms::options_of(std::string_view game) const
{
    auto const found = options_.games.find(game);
    return found == options_.games.end() ? options_.others : found->second;
}

std::size_t Rooms::unfinished() const
{
    std::size_t all = 0;
    for (auto const& [game, count] : unfinished_)
        all += count;
    return all;
}

// ---- Start

void Rooms::start(std::span<Slot const> slots, OnStarted done)
{
    on_started_ = std::move(done);
    is_starting_ = true;
    slots_awaited_ = slots.size();
    for (auto const slot : slots)
        learn(slot);
    finish_start();
}

// A slot that cannot be read is asked for again: its rooms must not be taken for unknown ones.
void Rooms::learn(Slot slot)
{
    ports_.store.heads(slot, [this, slot](Result<std::vector<events::StreamHead>> heads) {
        if (!heads) {
            ports_.complain("slot " + std::to_string(slot), heads.error());
            unread_slots_.push_back(slot);
            ports_.timers.arm(learn_again_, around_.now.steady + options_.reread_after);
            return;
        }
        slots_awaited_--;
        for (auto& head : *heads)
            if (events::is_room(head) && !head.state.finished && !find(head.stream))
                read_in_time(remember(std::move(head), Entry::Origin::store));
        finish_start();
    });
}

Rooms::Entry& Rooms::remember(events::StreamHead head, Entry::Origin origin)
{
    auto const room = head.stream;
    if (!head.state.finished) {
        codes_[code_of(room)] = room;
        unfinished_[head.category]++;
    }
    return *(entries_[room] = std::make_unique<Entry>(*this, std::move(head), origin));
}

void Rooms::finish_start()
{
    if (!is_starting_ || slots_awaited_ > 0)
        return;
    is_starting_ = false;
    std::exchange(on_started_, nullptr)(unfinished());
}

// ---- Hydration

// Somebody waits for it.
void Rooms::wake(Entry& entry)
{
    bring_in(entry);
    if (is_shut(entry.head.stream) && entry.room->wants_events())
        shut_out(entry);
    bool const waits = entry.place && entry.place->can_wait;
    if (entry.room->wants_events() && (!entry.is_reading || waits))
        queue(entry, {.can_wait = false, .deadline = {}, .number = 0});
}

// Nobody does: when its turn comes.
void Rooms::read_in_time(Entry& entry)
{
    constexpr WallTime never{std::numeric_limits<std::int64_t>::max()};
    if (is_shut(entry.head.stream))
        return wake(entry); // It is not read.
    if (entry.is_reading)
        return;
    queue(entry, {.can_wait = true, .deadline = entry.head.state.deadline.value_or(never),
                     .number = 0});
}

void Rooms::queue(Entry& entry, Place place)
{
    if (entry.place)
        to_read_.erase(*entry.place);
    place.number = ++places_given_;
    entry.is_reading = true;
    entry.place = place;
    to_read_.emplace(place, &entry);
    start_reading();
}

void Rooms::start_reading()
{
    while (hydrations_ < options_.hydrations_max && !to_read_.empty()) {
        auto& entry = *to_read_.begin()->second;
        to_read_.erase(to_read_.begin());
        entry.place.reset();
        bring_in(entry);
        hydrations_++;
        read_on(entry);
    }
}

// From its snapshot on, if it has one; with the keys of those who came, in any case.
void Rooms::read_on(Entry& entry)
{
    if (entry.room->state().version() > 0)
        return read_page(entry);
    ports_.store.hydrate(entry.head.stream, options_.events_per_read,
        [this, &entry](
            Result<events::History> history) { take_history(entry, std::move(history)); });
}

void Rooms::read_page(Entry& entry)
{
    ports_.store.read(entry.head.stream, entry.room->state().version(), options_.events_per_read,
        [this, &entry](Result<std::vector<events::Event>> events) {
            take_page(entry, std::move(events));
        });
}

// A snapshot that cannot be used costs no more than the time to read all events, where they are.
void Rooms::take_history(Entry& entry, Result<events::History> history)
{
    if (!history)
        return take_page(entry, std::unexpected(history.error()));
    if (history->snapshot && !entry.distrusts_snapshot)
        if (auto const restored = entry.room->restore(*history->snapshot); !restored) {
            ports_.complain(entry.head.stream, restored.error());
            entry.distrusts_snapshot = true;
        }
    if (!history->keys_lost.empty())
        ports_.complain(entry.head.stream, {ErrorCode::internal,
            "the keys of this room cannot be read: nobody in it has a name", history->keys_lost});
    std::erase_if(history->keys, [&](events::MemberKey const& key) {
        return std::ranges::find(entry.forgotten, key.subject) != entry.forgotten.end();
    });
    entry.room->learn(history->keys);
    if (history->snapshot && entry.distrusts_snapshot)
        return read_page(entry);
    take_page(entry, std::move(history->events));
}

void Rooms::take_page(Entry& entry, Result<std::vector<events::Event>> events)
{
    bool const is_compacted = !events && events.error().code == ErrorCode::not_found;
    if (is_compacted && entry.distrusts_snapshot) {
        entry.room->break_off({ErrorCode::internal, "this room's history cannot be read",
            "its first events were compacted, and its snapshot cannot be used"});
    } else if (!events) {
        entry.could_not_read = true;
        entry.room->starve(events.error());
        ports_.complain(entry.head.stream, events.error());
    } else if (entry.room->absorb(*events)) {
        if (!events::is_last_page(*events, options_.events_per_read))
            return read_on(entry);
        for (auto const& subject : entry.forgotten) // Who came on a later page.
            entry.room->forget(subject);
        // Nothing is played on from a history that lacks its end, whoever left it out.
        auto const version = entry.room->state().version();
        if (entry.origin == Entry::Origin::store && version == 0)
            entry.room->break_off({ErrorCode::internal, "this room's history cannot be read",
                "the store lists the room, and finds nothing under its name"});
        else if (version < entry.listed)
            entry.room->break_off({ErrorCode::internal, "this room's history cannot be read",
                "it ends at version " + std::to_string(version) + ", and the store lists it at "
                    + std::to_string(entry.listed)});
        else
            entry.room->hydrated();
        set_aside_in(entry);
    }
    finish_reading(entry);
}

void Rooms::finish_reading(Entry& entry)
{
    entry.is_reading = false;
    entry.forgotten.clear();
    hydrations_--;
    note_woken(entry);
    mark(entry);
    start_reading();
}

// ---- Rooms that are not in memory

// Asks the store what streams have this name. Who asks for the same meanwhile waits for the same
// answer, in order.
void Rooms::look_up(std::string const& name, OnHeads then, bool may_be_refused)
{
    auto const is_printable = [](char c) { return c > ' ' && c <= '~'; };
    if (name.empty() || name.size() > events::stream_size_max
        || !std::ranges::all_of(name, is_printable))
        return then(std::vector<events::StreamHead>());
    auto const asked = lookups_.find(name);
    bool const is_asked = asked != lookups_.end();
    if (may_be_refused
        && (is_asked ? asked->second.size() >= options_.lookup_waiters_max
                     : lookups_.size() >= options_.lookups_max))
        return then(fail(ErrorCode::busy, "too many look for rooms; try again"));
    lookups_[name].push_back(std::move(then));
    if (is_asked)
        return;
    ports_.store.find(name, [this, name](Heads heads) {
        if (heads)
            std::erase_if(*heads, [](auto const& head) { return !events::is_room(head); });
        auto waiting = lookups_.extract(name);
        for (auto& each : waiting.mapped())
            each(heads);
    });
}

// The room that was looked up. Somebody else may have recalled it by now.
Result<Rooms::Entry*> Rooms::recall(std::string const& room, Heads const& heads)
{
    if (auto* const entry = find(room))
        return entry;
    if (!heads)
        return std::unexpected(heads.error());
    auto const head = std::ranges::find(*heads, room, &events::StreamHead::stream);
    if (head == heads->end())
        return std::unexpected(no_such_room());
    return &remember(*head, Entry::Origin::store);
}

// ---- Questions

// Only a join leads to a room that is not in memory: nobody has anything to say in it before. What
// comes while it is looked for waits behind the join, and who goes is always heard.
void Rooms::ask(std::string_view room, Request request)
{
    bool const is_join = std::holds_alternative<Join>(request.what);
    if (auto const doubt = around_.doubts_itself(); doubt && is_join)
        return refuse(around_, room, request, *doubt);
    auto* const entry = find(room);
    if (!entry) {
        if (!is_join && !lookups_.contains(room))
            return refuse(around_, room, request, no_such_room());
        bool const may_be_refused = is_join || std::holds_alternative<Act>(request.what)
            || std::holds_alternative<Ask>(request.what);
        return look_up(std::string(room),
            [this, room = std::string(room), request](Heads const& heads) mutable {
                if (auto const known = recall(room, heads))
                    ask(room, std::move(request));
                else
                    refuse(around_, room, request, known.error());
            },
            may_be_refused);
    }
    wake(*entry);
    entry->room->take(std::move(request));
    mark(*entry);
}

void Rooms::create(Rules const& rules, std::string options, std::string_view code,
    Wishes const& wishes, OnCreated done)
{
    auto const room = lower(code) + "." + to_hex(ports_.dice.bytes(4));
    Opened opened{.game = std::string(rules.about().name), .rules = rules.about().version,
        .code = std::string(code), .seed = to_hex(ports_.dice.bytes(32)),
        .options = to_hex(options)};
    auto const entry = begin(room, opened.game);
    if (!entry)
        return done(std::unexpected(entry.error()));
    (*entry)->room->open(
        std::move(opened), [room, done = std::move(done)](Result<void> kept) mutable {
            if (kept)
                done(std::move(room));
            else
                done(std::unexpected(kept.error()));
        },
        wishes);
    mark(**entry);
}

// A room that is in no store yet.
Result<Rooms::Entry*> Rooms::begin(std::string const& room, std::string const& game)
{
    if (is_starting_) // Before all rooms are known nobody can say which codes are free.
        return fail(ErrorCode::unavailable, "the server is starting; try again");
    auto const& options_of_game = options_of(game);
    if (unfinished_[game] >= options_of_game.rooms_max)
        return fail(ErrorCode::busy, "this server has as many rooms as it may; try again later");
    if (codes_.contains(code_of(room)))
        return fail(ErrorCode::stale_base, "this code is taken");
    GH_CHECK(find_memory());
    auto& entry = remember({.stream = room, .category = game}, Entry::Origin::here);
    entry.room = std::make_unique<Room>(room, options_of_game.room, around_);
    return &entry;
}

// Where no unfinished room is known here, the store knows the finished ones.
void Rooms::find_code(std::string_view code, OnFound done)
{
    auto const name = lower(code);
    if (auto const found = codes_.find(name); found != codes_.end())
        return done(found->second);
    if (name.contains('.'))
        return done(std::unexpected(no_such_room()));
    look_up(name, [this, name, done = std::move(done)](Heads const& heads) mutable {
        if (auto const found = codes_.find(name); found != codes_.end())
            return done(found->second);
        if (!heads)
            return done(std::unexpected(heads.error()));
        auto const newest = std::ranges::min_element(*heads, is_newer);
        if (newest == heads->end())
            return done(std::unexpected(no_such_room()));
        done(newest->stream);
    });
}

std::size_t Rooms::awake() const
{
    return static_cast<std::size_t>(std::ranges::count_if(
        entries_, [](auto const& each) { return each.second->room != nullptr; }));
}

// ---- The turn

void Rooms::mark(Entry& entry)
{
    if (std::exchange(entry.is_dirty, true))
        return;
    dirty_.push_back(&entry);
}

void Rooms::end_turn()
{
    std::vector<events::StreamAppend> batch;
    // Ending a turn may touch further rooms; they are served too.
    for (std::size_t i = 0; i < dirty_.size() || calls_next_to_save(); i++)
        seal(*dirty_[i], batch);
    dirty_.clear();
    if (batch.empty())
        return;
    std::vector<std::string> rooms;
    for (auto const& append : batch) {
        rooms.push_back(append.stream);
        events_appended_ += append.events.size();
    }
    appends_awaited_.insert(++appends_sent_);
    ports_.store.append(std::move(batch),
        [this, number = appends_sent_, rooms = std::move(rooms)](
            std::vector<Result<events::Appended>> results) {
            appends_awaited_.erase(number);
            appended(rooms, std::move(results));
        });
}

void Rooms::seal(Entry& entry, std::vector<events::StreamAppend>& batch)
{
    entry.is_dirty = false;
    if (!entry.room)
        return;
    save_if_due(entry);
    if (auto append = entry.room->end_turn()) {
        if (entry.head.state.finished)
            listings_.drop(entry.head.stream, append->expected);
        entry.head.version = append->events.back().version;
        batch.push_back(std::move(*append));
    }
    if (entry.room->is_finished() != entry.head.state.finished && entry.room->is_live()) {
        entry.head.state.finished = entry.room->is_finished();
        if (!entry.head.state.finished) // It was restored.
            codes_[code_of(entry.head.stream)] = entry.head.stream;
        unfinished_[entry.head.category] += entry.head.state.finished ? -1uz : 1uz;
    }
    count_saving(entry, entry.room->is_saving());
    set_alarm(entry);
    if (entry.room->wants_events() && !entry.is_reading)
        read_again(entry);
    satisfy_the_curious(entry);
    weigh(entry);
    let_sleep(entry);
}

void Rooms::set_alarm(Entry& entry)
{
    if (auto const alarm = entry.room->alarm())
        ports_.timers.arm(entry.alarm, *alarm);
    else
        ports_.timers.cancel(entry.alarm);
}

// At once after a loss, with a pause where reading itself failed.
void Rooms::read_again(Entry& entry)
{
    if (std::exchange(entry.could_not_read, false))
        ports_.timers.arm(entry.alarm, around_.now.steady + options_.reread_after);
    else
        wake(entry);
}

void Rooms::appended(
    std::vector<std::string> const& rooms, std::vector<Result<events::Appended>> results)
{
    GH_ASSERT(rooms.size() == results.size());
    for (std::size_t i = 0; i < rooms.size(); i++) {
        auto* const entry = find(rooms[i]);
        GH_ASSERT(entry && entry->room);
        if (results[i]) {
            store_failed_at_.reset();
            entry->room->durable();
        } else {
            store_failed_at_ = around_.now.steady;
            appends_failed_++;
            entry->room->lost(results[i].error());
        }
        mark(*entry);
    }
    // What is refused overtakes what is kept.
    auto const is_answered = [this](std::uint64_t up_to) {
        return appends_awaited_.empty() || *appends_awaited_.begin() > up_to;
    };
    while (!forgetting_.empty() && is_answered(forgetting_.front().after)) {
        auto done = std::move(forgetting_.front().done);
        forgetting_.pop_front();
        done();
    }
}

// ---- Going

void Rooms::let_sleep(Entry& entry)
{
    if (entry.is_dirty || entry.is_reading || !entry.curious.empty())
        return;
    if (entry.room->never_was())
        forget(entry);
    else if (entry.head.state.finished && !entry.room->wants_events() && entry.room->is_deserted())
        put_to_bed(entry);
    else
        note_idleness(entry);
}

void Rooms::forget(Entry& entry)
{
    stay_up(entry);
    bytes_ -= entry.bytes;
    auto const room = entry.head.stream;
    if (auto const code = codes_.find(code_of(room)); code != codes_.end() && code->second == room)
        codes_.erase(code);
    if (!entry.head.state.finished)
        unfinished_[entry.head.category]--;
    count_saving(entry, false);
    entries_.erase(room);
}

}  // namespace gatehouse::rooms
