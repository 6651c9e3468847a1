// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.hpp"
#include "base/time.hpp"
#include "events/chain.hpp"
#include "events/event.hpp"
#include "events/keys.hpp"
#include "events/snapshot.hpp"
#include "rooms/crumbs.hpp"
#include "rooms/record.hpp"
#include "rooms/rules.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::rooms {

// The last actions of one principal and where their events end: what a repeated action is answered
// with. Longer than the most actions that may be in flight (16), so whoever resends is recognised.
class Applied {
public:
    static constexpr std::size_t remembered = 32;

    void record(std::uint64_t action, events::Version version);
    // The version that the action led to, if it is remembered.
    [[nodiscard]] std::optional<events::Version> find(std::uint64_t action) const;
    [[nodiscard]] std::uint64_t last() const
    {
        return entries_.empty() ? 0 : entries_.back().action;
    }
    static void fields(auto& self, auto&& field) { field("actions", self.entries_); }

private:
    struct Entry {
        std::uint64_t action = 0;
        events::Version version = 0;
        static void fields(auto& self, auto&& field)
        {
            field("action", self.action);
            field("version", self.version);
        }
    };
    std::vector<Entry> entries_; // Rising.
};

// Somebody who came. What is sealed stands here as it is stored, and beside it what it says:
// nothing where the key is gone. Such an actor has no name, and nobody comes back as them.
struct Member {
    std::string principal{};
    std::string display{};
    std::string sealed_principal{};
    std::string sealed_display{};
    Applied applied{};
    static void fields(auto& self, auto&& field)
    {
        field("principal", self.principal);
        field("display", self.display);
        field("sealed_principal", self.sealed_principal);
        field("sealed_display", self.sealed_display);
        field("applied", self.applied);
    }
};

struct Chair {
    Occupant by = Occupant::nobody;
    std::uint32_t actor = 0; // Where `by` is player.
    bool stand_in = false;
    static void fields(auto& self, auto&& field)
    {
        field("by", self.by);
        field("actor", self.actor);
        field("stand_in", self.stand_in);
    }
};

struct Letter {
    events::Version number = 0;
    SetAside about{};
    static void fields(auto& self, auto&& field)
    {
        field("number", self.number);
        field("about", self.about);
    }
};

struct ArmedTimer {
    std::string name{};
    WallTime at{};
    static void fields(auto& self, auto&& field)
    {
        field("name", self.name);
        field("at", self.at.ms);
    }
};

// A seat that waits for somebody.
struct Reservation {
    Seat seat = 0;
    std::uint32_t actor = 0;
    WallTime until{};
    static void fields(auto& self, auto&& field)
    {
        field("seat", self.seat);
        field("actor", self.actor);
        field("until", self.until.ms);
    }
};

// Paused is what people are shown of a room on hold; what it is beside that, it stays.
enum class Status : std::uint8_t { open, running, finished, paused };
constexpr std::array<std::string_view, 4> enum_names(Status)
{
    return {"open", "running", "finished", "paused"};
}
constexpr std::array<std::string_view, 3> enum_names(Occupant)
{
    return {"nobody", "player", "bot"};
}

// The platform's half of what clients are shown: the member "room" of every view.
struct SeatView {
    Occupant by = Occupant::nobody;
    std::optional<std::string> name{};
    std::optional<bool> stand_in{};
    std::optional<bool> reserved{}; // It waits for somebody, and is nobody else's.
    static void fields(auto& self, auto&& field)
    {
        field("by", self.by);
        field("name", self.name);
        field("stand_in", self.stand_in);
        field("reserved", self.reserved);
    }
};

struct RoomView {
    std::string code{};
    std::string game{};
    Status status = Status::open;
    std::optional<Seat> host{};
    std::vector<SeatView> seats{};
    std::string commit{};            // SHA-256 of the seed, hex.
    std::optional<std::string> seed{}; // Hex, once the room is finished.
    static void fields(auto& self, auto&& field)
    {
        field("code", self.code);
        field("game", self.game);
        field("status", self.status);
        field("host", self.host);
        field("seats", self.seats);
        field("commit", self.commit);
        field("seed", self.seed);
    }
};

// A room as its events tell it, platform and game: nothing else is true. Made by replay, from the
// first event or from a snapshot, and by nothing but `evolve`.
class RoomState {
public:
    static constexpr std::size_t members_max = 4096;
    static constexpr std::size_t timers_max = 16;
    static constexpr std::size_t letters_max = 16;

    // Of the stream whose events it will be given: their chain begins with its name.
    explicit RoomState(std::string_view stream)
        : link_(events::chain_start(stream))
    { }

    // Takes the next event. Fails with `internal` where it does not follow or cannot be read, and
    // `unavailable` where a newer server wrote it; the state is then good for nothing.
    Result<void> evolve(events::Event const& event, Catalogue const& games);

    // Takes the steps that were taken before the event, so that the state is what it was decided
    // on. Fails with `internal` where nobody granted them, or time stood still.
    Result<void> approach(events::Event const& event);

    // Opens what is sealed with these keys, now and in events to come.
    void learn(std::span<events::MemberKey const> keys);
    // As if the keys of this person had never been learned. False where they are not known here.
    bool forget(std::string_view subject);
    [[nodiscard]] std::string_view key_of(std::uint32_t actor) const;

    // What replay came to: equal states have equal bytes (docs/room-history.md), whatever keys
    // they learned, for what is sealed stays so.
    [[nodiscard]] events::Snapshot snapshot() const;
    // Goes on from there. Fails with `internal` where it is damaged or of another format, and
    // `unavailable` for want of rules.
    [[nodiscard]] static Result<RoomState> restore(
        events::Snapshot const& snapshot, Catalogue const& games);
    // Of what a fork began with.
    [[nodiscard]] static Result<RoomState> restore(Forked const& event, Catalogue const& games);

    // ---- Of a game in fixed steps: how many were taken, and up to which they may be. A snapshot
    // is of the state right after an event, before any step.
    [[nodiscard]] std::uint64_t ticks() const { return ticks_.taken; }
    [[nodiscard]] std::uint64_t ticks_granted() const { return ticks_.granted; }
    [[nodiscard]] bool is_at_event() const { return ticks_.taken == ticks_.at_event; }
    // Does time go by in it? Not while it stands still, nor when the game says that it does not.
    [[nodiscard]] bool is_ticking() const;
    // One step, where time goes by and it was granted.
    void tick();

    // False too while the rules that it is played by are not here: the game's events are passed
    // over, for room.upgraded may tell what they came to.
    [[nodiscard]] bool exists() const { return play_ != nullptr; }
    // Why it does not: `not_found` where nothing ever happened, `unavailable` for want of rules.
    [[nodiscard]] Error why_not(Catalogue const& games) const;
    // What must be recorded before the room plays on, where its rules are here for replay alone.
    [[nodiscard]] Result<std::optional<Upgraded>> due_upgrade(Catalogue const& games) const;
    [[nodiscard]] events::Version version() const { return version_; }
    // Bytes of data in all events so far.
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    // The link that this event must carry to be the next one. None in a stream that an older
    // version of gatehouse began.
    [[nodiscard]] events::Link link_of(events::Event const& event) const
    {
        return is_chained_ ? events::chain_link(link_, event) : events::Link{};
    }
    // Its `rules` are those that the room is played by since it was last upgraded.
    [[nodiscard]] Opened const& opened() const { return opened_; }
    [[nodiscard]] std::string const& seed() const { return seed_; }
    [[nodiscard]] Status status() const;
    [[nodiscard]] std::vector<Chair> const& chairs() const { return chairs_; }
    [[nodiscard]] std::vector<Occupant> occupants() const;
    [[nodiscard]] std::vector<Member> const& members() const { return members_; }
    [[nodiscard]] Member const& member(std::uint32_t actor) const { return members_[actor - 1]; }
    [[nodiscard]] std::vector<ArmedTimer> const& timers() const { return timers_; }
    // It was forked, and nothing has happened in it since: its timers stand still.
    [[nodiscard]] bool awaits_players() const { return still_ && still_->awaits_players; }
    // An operator has it wait: its timers stand still.
    [[nodiscard]] bool is_on_hold() const { return still_ && still_->is_on_hold; }
    [[nodiscard]] bool stands_still() const { return still_.has_value(); }
    // Since when.
    [[nodiscard]] WallTime still_since() const { return still_->since; }
    // They were shown the door.
    [[nodiscard]] bool is_kicked(std::uint32_t actor) const;
    // Lists may show it.
    [[nodiscard]] bool is_listed() const { return !is_unlisted_; }
    // By seat. While time stands still: as of when it stopped.
    [[nodiscard]] std::vector<Reservation> const& reservations() const { return reservations_; }
    // Null where none waits for them, or on that seat.
    [[nodiscard]] Reservation const* reservation_for(std::uint32_t actor) const;
    [[nodiscard]] Reservation const* reservation_on(Seat seat) const;
    [[nodiscard]] WallTime opened_at() const { return opened_at_; }
    [[nodiscard]] std::vector<Letter> const& letters() const { return letters_; }
    [[nodiscard]] Letter const* letter(events::Version number) const;
    // One about the same action, timer or seat.
    [[nodiscard]] Letter const* letter_like(SetAside const& about) const;

    // Rises from 1 whenever the past is changed: what was seen in another epoch may not hold.
    [[nodiscard]] std::uint64_t epoch() const { return 1 + restored_; }

    // 0 where the principal never came, or was forgotten.
    [[nodiscard]] std::uint32_t actor_of(std::string_view principal) const;
    [[nodiscard]] std::optional<Seat> seat_of(std::uint32_t actor) const;
    // Of anybody: nobody sits there, and it waits for nobody.
    [[nodiscard]] std::optional<Seat> free_seat() const;
    // Whom the host before made it, else the player who has been at the table longest.
    [[nodiscard]] std::optional<Seat> host() const;

    [[nodiscard]] RoomView view() const;
    [[nodiscard]] Play& play() { return *play_; }
    [[nodiscard]] Play const& play() const { return *play_; }

private:
    RoomState() = default;

    Result<void> take_ticks(events::Event const& event, std::uint64_t until);
    static Result<Rules const*> rules_for(Opened const& room, Catalogue const& games);
    Result<void> follow(events::Event const& event);
    Result<void> apply(Opened const& event, Catalogue const& games);
    Result<void> apply(Upgraded const& event, Catalogue const& games);
    void play_by(Rules const& rules, std::unique_ptr<Play> play);
    Result<void> apply(Restored const& event, WallTime now, Catalogue const& games);
    Result<void> apply(Forked const& event, WallTime now, Catalogue const& games);
    void note(Reserved const& reserved);
    void release(Seat seat, std::uint32_t actor = 0);
    void put_off_reservations(Milliseconds by);
    void note_that_time_goes_on(std::string_view type, WallTime now);
    void let_time_go_on();
    void empty_chair(int seat, Occupant by = Occupant::nobody);
    static Result<RoomState> read(events::Snapshot const& snapshot, Catalogue const& games);
    void apply(PlatformEvent const& event, WallTime now);
    void apply(std::vector<TimerSet> const& timers);
    void note(Opened const& opened);
    void unseal(std::uint32_t actor);
    [[nodiscard]] std::string text_of(
        std::uint32_t actor, std::string_view sealed, std::string_view about) const;
    [[nodiscard]] bool fits(PlatformEvent const& event) const;
    [[nodiscard]] bool is_sound() const;

    events::Version version_ = 0;
    std::uint64_t bytes_ = 0;
    events::Link link_{};
    bool is_chained_ = true; // Until the first event says otherwise.
    Opened opened_{};
    std::string seed_;
    std::string commit_;
    WallTime opened_at_{};
    std::uint64_t restored_ = 0;
    bool finished_ = false;
    bool is_open_ = false; // As the game said after the last event, or step.
    std::vector<Member> members_;
    std::vector<Chair> chairs_;
    std::vector<ArmedTimer> timers_;
    // While time stands still: what timers there are when it goes on, as of when it stopped. It
    // does in a fork until something happens there (no snapshot tells of this: none is taken
    // before), and by an operator's order until another one.
    struct Still {
        std::vector<ArmedTimer> timers;
        WallTime since;
        bool awaits_players = false;
        bool is_on_hold = false;
    };
    std::optional<Still> still_;
    struct Ticks {
        std::uint64_t taken = 0;
        std::uint64_t granted = 0;
        std::uint64_t at_event = 0; // Taken before the last event.
    };
    Ticks ticks_;
    std::optional<Seat> host_;         // Where a host gave it away.
    std::vector<std::uint32_t> kicked_; // Actors, rising.
    bool is_unlisted_ = false;
    std::vector<Reservation> reservations_; // By seat.
    std::vector<Letter> letters_;
    std::map<std::uint32_t, std::string> keys_; // By actor.
    std::unique_ptr<Play> play_;
};

}  // namespace gatehouse::rooms
