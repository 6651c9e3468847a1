// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/timers.hpp"
#include "cache/cache.hpp"
#include "events/store.hpp"
#include "rooms/lobby.hpp"
#include "rooms/room.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gatehouse::rooms {

struct GameOptions {
    RoomOptions room{};
    std::size_t rooms_max = 10'000; // Unfinished ones of this shard; beyond it: `busy`.
};

struct RoomsOptions {
    std::map<std::string, GameOptions, std::less<>> games{};
    GameOptions others{};               // Of games that are not named above.
    std::size_t hydrations_max = 64;    // Streams read at once.
    std::size_t events_per_read = 1024;
    std::size_t snapshots_max = 8;      // Rooms that take one, or whose one is on its way.
    std::size_t lookups_max = 64;       // Names that are looked up in the store at once; …
    std::size_t lookup_waiters_max = 256; // … and who may wait for one of them; beyond it: `busy`.
    Milliseconds reread_after{1'000}; // Where the store could not read.
    // Which history of the store this is: greater than any before it when the whole store was set
    // back, for then the events may have been others that clients saw. Below 2^37, so that epochs
    // are numbers to JavaScript.
    std::uint64_t history = 0;
    Milliseconds store_doubted{10'000}; // After a failed append, where nobody tries again.
    cache::Options listings{.name = "rooms"}; // Of finished rooms that sleep.
    HoldsOptions holds{}; // Of seats that people have wait for themselves.
    // Lists by options of a game look into so many different ones.
    std::size_t options_looked_into_max = 256;
    // Rooms that nobody is in leave memory when nothing has happened in them for so long; …
    Milliseconds sleep_after{600'000};
    Milliseconds nap_min{5'000}; // (Whose alarm is nearer stays.)
    // … sooner, whoever has been idle longest, when rooms take so much of what they may (by their
    // own estimate, in bytes); and with all of it taken no new room is made: `busy`.
    std::size_t memory_max = std::size_t{4} << 30;
    std::size_t memory_short_at_percent = 80;
};

// All rooms of one shard: those that are here, and those that sleep in the store. Everything its
// rooms record in one turn goes to the store as one append (the committer makes one fsync of many).
// Finished rooms leave memory when nobody looks at them; the store finds them when somebody does.
// Others do when they have been idle for long, or longer than all others while memory is short;
// whoever touches them wakes them, and so do their alarms.
// What they were is cached (cache/cache.hpp) until they are written again: whoever asks for one
// need not wait for its replay.
class Rooms {
public:
    struct Ports {
        events::EventStore& store;
        Timers& timers;
        Now const& now; // The instant of this turn.
        Dice& dice;
        std::function<Frame(std::string_view json)> frame;
        std::function<void(Delivery)> deliver;
        std::function<void(std::string_view room, Error const&)> complain;
        Crumbs* crumbs = nullptr;
        cache::Shared* shared_cache = nullptr;
        std::function<Duration()> stopwatch{}; // Surroundings::stopwatch
    };

    Rooms(RoomsOptions options, Catalogue const& games, Ports ports);
    ~Rooms();

    // Takes charge of these slots: learns what unfinished rooms there are; `done` when all are
    // known. Each is read when somebody asks for it, and else as soon as its turn comes (its timers
    // have to ring): first whom somebody waits for, then those whose alarms ring first. What cannot
    // be read is asked for again, and complained about, until it can.
    using OnStarted = std::move_only_function<void(Result<std::size_t>)>;
    void start(std::span<Slot const> slots, OnStarted done);

    void ask(std::string_view room, Request request);

    // Opens a room with the given code, which leads to this shard. Answers when the room is
    // durable: its id; `busy` at capacity; `stale_base` where an unfinished room has the code: draw
    // another one.
    using OnCreated = std::move_only_function<void(Result<std::string>)>;
    void create(Rules const& rules, std::string options, std::string_view code, OnCreated done)
    {
        create(rules, std::move(options), code, {}, std::move(done));
    }
    void create(Rules const& rules, std::string options, std::string_view code,
        Wishes const& wishes, OnCreated done);

    // The unfinished (else the last) room of that code.
    using OnFound = std::move_only_function<void(Result<std::string>)>;
    void find_code(std::string_view code, OnFound done);
    // Wakes the room if it is finished and no cache knows it. (rooms_listings.cpp)
    using OnListing = std::move_only_function<void(Result<Listing>)>;
    void describe(std::string_view room, OnListing done);
    // Of all but those that were never read, and that want to be listed, in the order of lists.
    [[nodiscard]] Listings page(Filter const& filter) const;
    [[nodiscard]] std::vector<Listing> list(Filter const& filter) const
    {
        return page(filter).rooms;
    }
    // Does a seat of this room wait for them? Empty where that is not known yet.
    [[nodiscard]] std::optional<bool> awaits(
        std::string_view room, std::string_view principal) const;
    [[nodiscard]] cache::Tally cached() const { return listings_.tally(); }

    // ---- Operators (rooms_orders.cpp)
    // Before start(): what the process before this one died of, and which rooms are shut for it.
    void beware(std::vector<CrashSite> sites, std::vector<CrashSite> const& shut);
    void obey(std::string_view room, Order order, Instruction::OnDone done);
    // Every room that is not finished does. Answers how many did, and how many could not.
    struct Obeyed {
        std::size_t rooms = 0;
        std::size_t failed = 0;
    };
    using OnObeyed = std::move_only_function<void(Obeyed)>;
    void obey_everywhere(Order const& order, OnObeyed done);
    // ---- And their past (rooms_past.cpp): how a room was with that event, or at that time, and at
    // the end of what was done then. Rooms are named by their id, or their code.
    struct Moment {
        std::optional<events::Version> version{};
        std::optional<WallTime> at{};
    };
    struct WentBack {
        std::string room;
        events::Version to = 0;  // How it is,
        events::Version now = 0; // and the version that it has.
    };
    // The room goes on from there.
    using OnWentBack = std::move_only_function<void(Result<WentBack>)>;
    void go_back(std::string_view room, Moment moment, OnWentBack done);
    struct Fork {
        std::string room;
        std::string from;
        events::Version version = 0; // Of the other room.
        bool is_new = false;
    };
    // A new room goes on from there, and this one as if nothing were. Without a moment: from now.
    // It has a name among the forks of its room, left out, the version; `stale_base` where another
    // moment has it, or one that is in the archive by now. So whoever repeats an order gets the
    // same fork again, or is told where it is.
    using OnForked = std::move_only_function<void(Result<Fork>)>;
    void fork(std::string_view room, Moment moment, std::string name, OnForked done);
    // The store has no key of this person any more: no room knows them, not those either that are
    // being read. `done` when no append is on its way that may bring a key back.
    void forget(std::string_view subject, std::move_only_function<void()> done);
    // Has a room that was shut, or that its game failed in, read anew: answers what comes of it.
    // `not_found` where it is neither.
    void reopen(std::string_view room, Instruction::OnDone done);
    struct OpenLetter {
        std::string room;
        std::string principal; // Whose action it is, if it is one.
        Letter letter;
    };
    // Of the rooms awake.
    [[nodiscard]] std::vector<OpenLetter> letters() const;
    [[nodiscard]] std::vector<CrashSite> shut() const;

    // The rules of this game are others now, or there again: those of its rooms that are in memory
    // look whether they want to prepare.
    void rules_changed(std::string_view game);

    // Nobody else can have the store before this instant: until then what rooms hold is what is.
    // Who stood still past it refuses joins until told again, for others may have played on
    // meanwhile.
    void note_lease(TimePoint until) { around_.leased_until = until; }

    void end_turn();

    [[nodiscard]] std::size_t awake() const; // In memory.
    // Known, and not read yet, or read again.
    [[nodiscard]] std::size_t asleep() const { return to_read_.size() + hydrations_; }
    // ---- Sleep (rooms_sleep.cpp)
    // Not finished, and out of memory until somebody touches them or their alarm rings.
    [[nodiscard]] std::size_t resting() const { return resting_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; } // Of memory, about.
    [[nodiscard]] std::uint64_t put_to_sleep() const { return put_to_sleep_; }
    [[nodiscard]] std::uint64_t woken() const { return woken_; }
    [[nodiscard]] Duration waking() const { return waking_; } // All that it took.
    [[nodiscard]] std::uint64_t memory_refusals() const { return memory_refusals_; }
    [[nodiscard]] std::size_t unfinished() const;
    // An append failed a short while ago, and none has been kept since. (Not for ever: who is sent
    // no requests because it is not ready would never find out that it is well.)
    [[nodiscard]] bool is_store_failing() const
    {
        return store_failed_at_
            && around_.now.steady - *store_failed_at_ < options_.store_doubted;
    }
    // Every append is answered, and every snapshot.
    [[nodiscard]] bool is_quiet() const
    {
        return appends_awaited_.empty() && dirty_.empty() && saving_ == 0 && to_save_.empty();
    }
    [[nodiscard]] std::uint64_t events_appended() const { return events_appended_; }
    // Decisions of games that took longer than RoomOptions::decision_slow.
    [[nodiscard]] std::uint64_t slow_decisions() const { return around_.slow_decisions; }
    // Steps of games in fixed steps, and those that came too late.
    [[nodiscard]] std::uint64_t ticks() const { return around_.ticks; }
    [[nodiscard]] std::uint64_t ticks_lost() const { return around_.ticks_lost; }
    [[nodiscard]] std::uint64_t slow_ticks() const { return around_.slow_ticks; }
    [[nodiscard]] std::uint64_t appends_failed() const { return appends_failed_; }
    [[nodiscard]] std::size_t snapshots_under_way() const { return saving_; }
    [[nodiscard]] std::uint64_t snapshots_kept() const { return snapshots_kept_; }
    [[nodiscard]] std::uint64_t snapshots_refused() const { return snapshots_refused_; }
    // All unfinished rooms are known.
    [[nodiscard]] bool is_started() const { return !is_starting_; }

private:
    // Who is read first: whom somebody waits for, whose alarm rings first, who came first.
    struct Place {
        bool can_wait;
        WallTime deadline;
        std::uint64_t number;
        auto operator<=>(Place const&) const = default;
    };

    struct Entry;
    // Of a room that may sleep, and how it was then.
    struct Idle {
        TimePoint since;
        events::Version version;
        std::list<Entry*>::iterator place;
    };

    // One room and its place in this table.
    struct Entry {
        enum class Origin : bool { here, store };
        Entry(Rooms& rooms, events::StreamHead known, Origin from);

        events::StreamHead head;
        Origin origin; // `store`: the store told of it, whatever it says of its events.
        events::Version listed = 0; // That the store told of.
        std::unique_ptr<Room> room{};
        std::unique_ptr<Rest> rest{}; // Of one that sleeps: then it has no `room`.
        std::optional<Idle> idle{};
        std::optional<events::Version> falls_asleep_at{}; // When its snapshot is kept.
        std::optional<TimePoint> woken_at{};
        std::size_t bytes = 0;
        Timer alarm;
        bool is_dirty = false;
        bool is_reading = false; // Or waits for it: then it has a place in `to_read_`.
        bool could_not_read = false;
        bool distrusts_snapshot = false; // It could not be used: read from the first event on.
        bool is_saving = false;          // Counted in `saving_`.
        bool waits_to_save = false;      // In `to_save_`.
        std::vector<std::string> forgotten{}; // While it was read.
        std::optional<Place> place{};
        std::vector<OnListing> curious{};
    };

    using Heads = Result<std::vector<events::StreamHead>>;
    using OnHeads = std::move_only_function<void(Heads const&)>;

    Entry* find(std::string_view room) const;
    [[nodiscard]] GameOptions const& options_of(std::string_view game) const;
    void learn(Slot slot);
    Entry& remember(events::StreamHead head, Entry::Origin origin);
    void look_up(std::string const& name, OnHeads then, bool may_be_refused = true);
    Result<Entry*> recall(std::string const& room, Heads const& heads);
    void wake(Entry& entry);
    void read_in_time(Entry& entry);
    void queue(Entry& entry, Place place);
    [[nodiscard]] bool is_shut(std::string_view room) const;
    void shut_out(Entry& entry);
    void set_aside_in(Entry& entry);
    struct Past;
    using OnPast = std::move_only_function<void(Result<std::shared_ptr<Past>>)>;
    void look_back(std::string_view room, Moment moment, OnPast then);
    void note_in_pasts(std::string_view forgotten);
    void look_back_at(std::string const& room, Moment moment, OnPast then);
    void read_past(std::shared_ptr<Past> past);
    void read_past_from_snapshot(std::shared_ptr<Past> past);
    void take_past(
        std::shared_ptr<Past> const& past, Result<std::vector<events::Event>> const& events);
    struct Forking;
    [[nodiscard]] bool is_here(std::shared_ptr<Forking> const& forking);
    void find_fork(std::shared_ptr<Forking> forking);
    void find_in_archive(std::shared_ptr<Forking> forking);
    void read_keys(std::shared_ptr<Forking> forking);
    void answer_known(std::shared_ptr<Forking> forking, std::string const& room);
    void begin_fork(std::shared_ptr<Forking> forking, std::vector<events::MemberKey> keys);
    Result<Entry*> begin(std::string const& room, std::string const& game);
    void read_on(Entry& entry);
    void read_page(Entry& entry);
    void take_history(Entry& entry, Result<events::History> history);
    void take_page(Entry& entry, Result<std::vector<events::Event>> events);
    void start_reading();
    void read_again(Entry& entry);
    void finish_reading(Entry& entry);
    void mark(Entry& entry);
    void set_alarm(Entry& entry);
    void seal(Entry& entry, std::vector<events::StreamAppend>& batch);
    void appended(
        std::vector<std::string> const& rooms, std::vector<Result<events::Appended>> results);
    void save_if_due(Entry& entry);
    void count_saving(Entry& entry, bool is_saving);
    bool calls_next_to_save();
    void keep(std::string_view room, events::Snapshot snapshot);
    // A room as lists look at it, awake or asleep.
    struct Shown {
        std::string_view room;
        std::reference_wrapper<RoomView const> view;
        std::string_view options; // As Opened has them.
        WallTime opened_at;
        bool is_listed;
        bool awaits_players;
    };
    [[nodiscard]] static Shown shown(Room const& room);
    [[nodiscard]] static Shown shown(std::string_view room, Rest const& rest);
    [[nodiscard]] static Listing listing_of(Shown const& shown);
    [[nodiscard]] std::optional<Newest> keep_fitting(
        std::vector<Shown>& rooms, Filter const& filter) const;
    void describe_stored(std::string room, OnListing done);
    void describe_awake(Entry& entry, OnListing done);
    void satisfy_the_curious(Entry& entry);
    void put_to_bed(Entry& entry);
    void let_sleep(Entry& entry);
    void forget(Entry& entry);
    void weigh(Entry& entry);
    [[nodiscard]] bool is_short_of_memory() const;
    [[nodiscard]] Result<void> find_memory();
    void note_idleness(Entry& entry);
    void stay_up(Entry& entry);
    void plan_sweep();
    void sweep();
    [[nodiscard]] bool let_fall_asleep(Entry& entry);
    void lay_down(Entry& entry);
    Room& bring_in(Entry& entry);
    void note_woken(Entry& entry);
    void finish_start();
    [[nodiscard]] static std::string code_of(std::string_view room);

    RoomsOptions options_;
    Catalogue const& games_;
    Ports ports_;
    Surroundings around_;
    std::unordered_map<std::string, std::unique_ptr<Entry>> entries_{};
    std::unordered_map<std::string, std::string> codes_{}; // Of rooms that were not finished.
    std::map<std::string, std::vector<OnHeads>, std::less<>> lookups_{};
    cache::Cache listings_;
    std::vector<Entry*> dirty_{};
    std::map<Place, Entry*> to_read_{};
    std::uint64_t places_given_ = 0;
    std::size_t hydrations_ = 0;
    std::map<std::string, std::size_t, std::less<>> unfinished_{}; // By game.
    std::vector<std::weak_ptr<Past>> pasts_{}; // Under way.
    std::multimap<std::string, CrashSite, std::less<>> sites_{};
    std::map<std::string, CrashSite, std::less<>> shut_{};
    std::uint64_t events_appended_ = 0;
    std::uint64_t appends_failed_ = 0;
    std::size_t saving_ = 0;
    std::deque<std::string> to_save_{}; // Rooms that wait for a place among those.
    std::uint64_t snapshots_kept_ = 0;
    std::uint64_t snapshots_refused_ = 0;
    std::uint64_t appends_sent_ = 0;
    std::set<std::uint64_t> appends_awaited_{}; // Their numbers: 1, 2, 3, …
    struct Forgetting {
        std::uint64_t after; // This one and all before it are answered.
        std::move_only_function<void()> done;
    };
    std::deque<Forgetting> forgetting_{};
    std::optional<TimePoint> store_failed_at_{};

    static constexpr std::size_t sweep_max = 64; // Rooms looked at in one turn, …
    static constexpr Milliseconds sweep_pause{10}; // … and between two of them, …
    static constexpr Milliseconds sweep_pause_in_vain{1'000}; // … where nobody could be laid down.
    std::list<Entry*> idle_{}; // Who has been so longest comes first.
    Timer sweep_;
    TimePoint sweep_due_{};
    TimePoint next_sweep_{}; // Not sooner.
    std::size_t falling_ = 0; // Rooms that take a snapshot at the end of this turn, to sleep.
    std::size_t bytes_ = 0;
    std::size_t resting_ = 0;
    std::uint64_t put_to_sleep_ = 0;
    std::uint64_t woken_ = 0;
    Duration waking_{};
    std::uint64_t memory_refusals_ = 0;
    std::optional<TimePoint> memory_missed_at_{}; // Complained about.

    OnStarted on_started_{};
    std::size_t slots_awaited_ = 0;
    std::vector<Slot> unread_slots_{};
    Timer learn_again_;
    bool is_starting_ = true;
};

// The letters of invite codes: none that look alike.
inline constexpr std::string_view code_letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
inline constexpr std::size_t code_length = 5;
[[nodiscard]] std::string draw_code(Dice& dice);

}  // namespace gatehouse::rooms
