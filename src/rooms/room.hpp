// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "events/store.hpp"
#include "rooms/order.hpp"
#include "rooms/request.hpp"
#include "rooms/rest.hpp"
#include "rooms/room_options.hpp"
#include "rooms/state.hpp"
#include "rooms/surroundings.hpp"

#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::rooms {

// One room: requests in, events and messages out. Pure; belongs to one shard.
//
// A request passes these stages, one file each:
//     queue    room_queue.cpp    a bounded queue; who goes first
//     admit    room_admit.cpp    seats, known action ids, `base`
//     decide   room_decide.cpp   the game answers, now or later; its events are evolved at once
//     again    room_again.cpp    what nobody decided is asked again; the rules prepare
//     ticks    room_ticks.cpp    in a game in fixed steps, those that are due
//     ask      room_ask.cpp      questions, which change nothing
//     news     room_news.cpp     what happened, for those who watch
//     show     room_show.cpp     once per turn: what each audience sees of it, encoded once
//     gate     room_gate.cpp     held until durable
// Everything a turn produced is one entry in the gate, in the order of the turns. So a message that
// an event caused, or only could have been caused by it (a refusal, a view), never leaves before
// it.
class Room {
public:
    Room(std::string id, RoomOptions const& options, Surroundings& around);
    ~Room();
    Room(Room const&) = delete;
    Room& operator=(Room const&) = delete;

    // ---- Coming to life: a new room is opened, a known one is hydrated from its events, or from a
    // snapshot and the events after it.
    using OnOpened = std::move_only_function<void(Result<void>)>;
    void open(Opened opened, OnOpened done, Wishes const& wishes = {});
    // With the keys of those who came to the other room, and its letters.
    void fork(Forked const& forked, std::vector<events::MemberKey> keys,
        std::span<Letter const> letters, OnOpened done);
    // Fails where the snapshot cannot be used; then the room takes its events from the first on.
    Result<void> restore(events::Snapshot const& snapshot);
    // The keys that the store has of those who came; after restore(), before absorb().
    void learn(std::span<events::MemberKey const> keys);
    // Fails where history cannot be read; the room is then broken, and stays so.
    Result<void> absorb(std::vector<events::Event> const& events);
    void hydrated();
    void break_off(Error why);
    // History cannot be read now: those who wait are refused, and the room waits on.
    void starve(Error const& why);
    // Broken, it takes its events anew; whoever is here still is shown what comes of it.
    void recover();

    // ---- A turn
    void take(Request request);
    void obey(std::shared_ptr<Instruction> instruction);
    // The rules may be others now, or be there again: they prepare if they want to.
    void rules_changed();
    // Makes a letter of it, once the room is live.
    void set_aside(CrashSite const& site);
    // The store has no key of this person any more. False where that is no news to the room.
    bool forget(std::string_view subject);
    // The alarm rang.
    void ring();
    // Ends the turn: what to append, if anything. Its answer comes by `durable` or `lost`.
    [[nodiscard]] std::optional<events::StreamAppend> end_turn();

    // The oldest append that is not answered yet is durable.
    void durable();
    // It is not, or nobody knows. All that was assumed since is dropped.
    void lost(Error const& why);
    // ---- Snapshots: taken of what a turn ends with, they wait in the gate like all else, so the
    // store is given none of what is not durable. One is on its way at a time.
    [[nodiscard]] bool wants_saving() const;
    // Before end_turn.
    void save();
    [[nodiscard]] bool is_saving() const { return saving_ != Saving::nothing; }
    // The store has answered. (Whatever it was: a room without a snapshot only wakes later.)
    void saved();

    // ---- Sleep (room_sleep.cpp): nobody is here, nothing is under way, and all is durable.
    [[nodiscard]] bool may_sleep() const;
    [[nodiscard]] bool wants_saving_to_sleep() const;
    // Before end_turn.
    void save_to_sleep();
    // What the room goes on with when it wakes; it is good for nothing more.
    [[nodiscard]] Rest rest();
    // Before it is hydrated.
    void remember(Absences absences) { absences_ = std::move(absences); }
    // The bytes of memory that it takes, about.
    [[nodiscard]] std::size_t footprint();

    // Has nothing yet, or dropped what it had, and awaits no answer: absorb its events from the
    // first.
    [[nodiscard]] bool wants_events() const
    {
        return phase_ == Phase::loading && appends_in_flight_ == 0;
    }

    [[nodiscard]] std::optional<TimePoint> alarm() const { return alarm_; }
    [[nodiscard]] bool is_live() const { return phase_ == Phase::live; }
    [[nodiscard]] bool is_broken() const { return phase_ == Phase::broken; }
    [[nodiscard]] Error const& why_broken() const { return *broken_; }
    // It turned out to have no history: its opening was never kept.
    [[nodiscard]] bool never_was() const
    {
        return phase_ == Phase::broken && broken_->code == ErrorCode::not_found;
    }
    [[nodiscard]] bool is_finished() const
    {
        return is_live() && state_.status() == Status::finished;
    }
    // Nobody is here and nothing is under way.
    [[nodiscard]] bool is_deserted() const;
    [[nodiscard]] std::string const& id() const { return id_; }
    // What is durable of it, for lists: empty where the room is not live.
    [[nodiscard]] std::optional<RoomView> const& summary() const { return summary_; }
    [[nodiscard]] RoomState const& state() const { return state_; }
    [[nodiscard]] std::size_t attendances() const { return attendances_.size(); }
    // Of the store's history, and of the room's within it: never twice the same for two pasts.
    [[nodiscard]] std::uint64_t epoch() const
    {
        constexpr auto room_bits = 16; // No room can go back more often.
        return (around_.history << room_bits) + state_.epoch();
    }

private:
    enum class Phase : std::uint8_t { loading, live, broken };

    struct Attendance {
        Caller who;
        Seat audience;
        std::uint32_t actor; // 0 for spectators.
        TimePoint paid_until{}; // For what it asked so far (GCRA).
    };
    struct Update {
        events::Version previous;
        events::Version version;
        std::uint64_t previous_tick;
        Frame frame;
    };
    // A seat, or all spectators: who see the same.
    struct Audience {
        bool is_shown = false; // Somebody was shown something, so it is kept up to date.
        events::Version version = 0;
        std::uint64_t tick = 0;
        RoomView room{};
        std::deque<Update> tail{};
        std::size_t tail_bytes = 0;
        std::string news{}; // Of this turn: elements of an array.
        bool is_left_out = false; // There was too much of it.
        std::optional<TimePoint> deserted_at{};
    };
    struct Ring {
        std::string timer;
        WallTime at;
    };
    struct BotTurn {};
    struct Forfeit {
        Seat seat;
    };
    // A seat waited for them in vain.
    struct Lapse {
        Seat seat;
        std::uint32_t actor;
    };
    struct Task {
        Caller from{};
        std::variant<Join, Act, Ask, Leave, Gone, Refresh, Ring, BotTurn, Forfeit, Lapse,
            std::shared_ptr<Instruction>>
            what;
    };
    // An answer in words, kept until it left, so that it can be given again after a loss.
    struct Answer {
        enum class Kind : std::uint8_t { act, join, query };

        Caller to;
        std::uint64_t id = 0;
        Kind kind = Kind::act;
        events::Version version = 0; // Of an ack, or of what a question was answered from.
        std::optional<Refusal> refusal{};
        std::string reply{}; // JSON.
    };
    struct Asked {
        std::move_only_function<void(Verdict)> then;
        TimePoint until;  // Nobody waits longer.
        std::string what; // For the operator's log.
        bool is_being_put = true;
        std::optional<Verdict> at_once{}; // The answer that came meanwhile.
    };
    struct Arrival {
        Attendance attendance;
        std::uint64_t id;
        std::optional<Place> at;
    };
    // All that one turn wants to say.
    struct GateEntry {
        events::Version version = 0;
        bool has_append = false;
        std::vector<Delivery> deliveries{};
        std::vector<Answer> answers{};
        std::vector<Answer> arrived{}; // What their joins would be refused with.
        std::optional<RoomView> summary{};
        std::optional<events::Snapshot> snapshot{};
        OnOpened opened{};
        std::vector<std::shared_ptr<Instruction>> promised{}; // Answered when this is durable.

        [[nodiscard]] bool says_nothing() const
        {
            return !has_append && deliveries.empty() && !summary && !snapshot && !opened
                && promised.empty();
        }
    };

    // What calls into the game beyond decide and evolve runs in here: a game that throws where it
    // must not is served no further, while all others play on.
    template <typename Step>
    void guarded(Step step)
    {
        try {
            step();
        } catch (std::exception const& thrown) {
            quarantine(thrown.what());
        } catch (...) {
            quarantine("it threw what is no std::exception");
        }
    }
    void go_on_by_newer_rules();
    void quarantine(std::string_view why);

    // queue
    enum class Rank : std::uint8_t { system, timer, player, bot };
    [[nodiscard]] static Rank rank_of(Task const& task);
    [[nodiscard]] static Rank rank_of_order(Order const& order);
    void enqueue(Task task);
    [[nodiscard]] Task next_task();

    // admit
    void pump();
    void perform(Task const& task);
    void refuse_task(Task const& task, ErrorCode code, std::string_view message);
    void admit(Caller from, Join const& join);
    void admit(Caller from, Act const& act);
    void admit(Caller from, Ask const& ask);
    void admit(Caller from, Leave const& leave);
    void renew(Caller who);
    void say_farewell(Caller who, std::string_view why);
    void dismiss(Caller from, bool is_waiting);
    void detach(Caller from);
    [[nodiscard]] Result<Seat> seat_for(std::uint32_t actor, Join const& join) const;
    void sit(Caller from, Join const& join, Seat seat);
    void replace_attendance(std::uint32_t actor);
    [[nodiscard]] Attendance const* attendance_of(Caller who) const;
    // Also in the very turn of the join.
    [[nodiscard]] Attendance* whereabouts_of(Caller who);
    // Who may ask now. Empty where that was refused.
    [[nodiscard]] std::optional<Attendance> heard_from(
        Caller who, std::uint64_t id, Answer::Kind kind);
    void answer(Caller to, std::uint64_t id, Refusal refusal,
        Answer::Kind kind = Answer::Kind::act);

    // decide
    void decide(Attendance const& by, Act const& act);
    void decide(Ring const& ring);
    void decide(BotTurn const& turn);
    void decide(Forfeit const& forfeit);
    void decide_platform(Attendance const& by, Act const& act);
    void decide_host(Attendance const& by, Act const& act, json::Node body);
    void decide_reserve(Attendance const& by, Act const& act, json::Node body, Seat seat);
    void accept(Attendance const& by, Act const& act, PlatformEvent const& event);
    void show_the_door(std::uint32_t actor);
    [[nodiscard]] bool is_deciding() const { return question_ != nullptr; }
    void ask(Question const& question, Crumb const& crumb,
        std::move_only_function<void(Verdict)> then);
    [[nodiscard]] std::string put(Question const& question, Asked& asked);
    [[nodiscard]] std::string too_slow(Duration took);
    void conclude(Verdict verdict);
    void give_up_waiting();

    // again
    [[nodiscard]] bool must_ask_again(Verdict const& verdict);
    void complain_of(Error const& undecided, std::string_view asked);
    [[nodiscard]] bool waits_to_ask_again() const;
    [[nodiscard]] bool wants_prepare();
    void prepare();

    // events
    void commit(Verdict verdict, events::Cause cause, std::vector<TimerSet> timers = {});
    void record(PlatformEvent const& event, events::Cause cause = {},
        std::vector<TimerSet> const& timers = {});
    void record(GameEvent what, events::Cause cause, std::vector<TimerSet> const& timers);
    [[nodiscard]] std::vector<TimerSet> timers_of(Verdict const& verdict) const;
    [[nodiscard]] std::vector<Placed> results() const;
    [[nodiscard]] std::optional<std::pair<Seat, BotAction>> bot_wish() const;

    // people
    std::uint32_t meet(std::string const& principal);
    void give_key(std::uint32_t actor, std::string const& principal);
    [[nodiscard]] std::string sealed(
        std::uint32_t actor, std::string_view text, std::string_view about);
    void part_with_the_forgotten();

    // order
    void set_aside(Crumb const& crumb, std::string why);
    void perform(std::shared_ptr<Instruction> const& instruction);
    void perform(std::shared_ptr<Instruction> const& instruction, Retry const& retry);
    void perform(std::shared_ptr<Instruction> const& instruction, Discard const& discard);
    void perform(std::shared_ptr<Instruction> const& instruction, GoBack const& order);
    void perform(std::shared_ptr<Instruction> const& instruction, Pause const& order);
    void perform(std::shared_ptr<Instruction> const& instruction, Continue const& order);
    void perform(std::shared_ptr<Instruction> const& instruction, Reserve const& order);
    void perform(std::shared_ptr<Instruction> const& instruction, GiveUp const& order);
    void carry_out(std::shared_ptr<Instruction> const& instruction, PlatformEvent const& event);
    void retry_action(std::shared_ptr<Instruction> const& instruction, SetAside const& about,
        Retry const& retry);
    [[nodiscard]] std::move_only_function<void(Verdict)> settle_by(
        std::shared_ptr<Instruction> instruction, events::Version letter, events::Cause cause);
    [[nodiscard]] bool holds_bot(Seat seat) const;
    [[nodiscard]] bool holds_timer(std::string_view timer) const;
    [[nodiscard]] bool is_armed(std::string_view timer) const;
    [[nodiscard]] bool is_set_aside(std::uint32_t actor, std::uint64_t action) const;
    void refuse_letter(Caller from, std::uint64_t action);

    // absence
    void miss(Seat seat);

    // reserve
    void prepare_for(Wishes const& wishes);
    [[nodiscard]] WallTime due(Reservation const& reservation) const;
    void queue_lapses();
    void decide(Lapse const& lapse);
    void kick_reserved(Attendance const& by, Act const& act, Reservation const& held);
    void note_who_waits_no_more(std::vector<Reservation> const& waited);
    [[nodiscard]] bool may_seats_wait() const;

    // alarms
    void queue_what_is_due();
    void set_alarm();
    void schedule_bots();
    // History has no place for more than its end: alarms do not ring, bots do not play.
    [[nodiscard]] bool is_full() const;
    [[nodiscard]] static Refusal no_place();
    [[nodiscard]] bool has_place_for(Verdict const& verdict) const;
    void stand_still();
    [[nodiscard]] bool is_absence_noted(Seat seat) const;
    [[nodiscard]] bool may_be_abandoned() const;
    // Or a store that fails would be asked for steps as fast as it can refuse them.
    static constexpr Milliseconds grant_again_after{1'000};
    [[nodiscard]] WallTime effective(ArmedTimer const& timer) const;
    void miss_players();

    // ticks
    // Step number n is due (n - first) steps after `since`: so no delay adds to the next.
    struct Pace {
        TimePoint since;
        std::uint64_t first;

        [[nodiscard]] TimePoint due(std::uint64_t tick, int per_second) const;
        [[nodiscard]] std::uint64_t last_due(TimePoint now, int per_second) const;
    };
    void take_granted_ticks();
    void take_ticks();
    void take_tick();
    void complain_of_steps(Duration took);
    void keep_pace();
    void grant_ticks();
    [[nodiscard]] bool is_watched();
    [[nodiscard]] bool is_out_of_ticks() const
    {
        return state_.ticks() == state_.ticks_granted();
    }
    [[nodiscard]] bool shows_ticks() const;

    // news
    void note_news(events::Event const& event, std::string_view body);
    void add_news(Audience& audience, std::string_view news);

    // show
    void show(GateEntry& entry);
    void show_changes(GateEntry& entry, RoomView const* room);
    void forget(Seat seat);
    // Empty where there is nothing to say.
    Frame encode_update(Audience& audience, Seat seat, RoomView const* room);
    void write_whole_view(Audience& audience, Seat seat, std::string& out);
    void greet(Arrival const& arrival, GateEntry& entry);
    void refresh(Attendance const& attendance, GateEntry& entry);
    void give_answers(GateEntry& entry);
    void tell_timer_changes(GateEntry& entry);
    void tell_presence(GateEntry& entry);
    [[nodiscard]] std::vector<std::pair<Seat, bool>> presence() const;
    void note_summary(GateEntry& entry, RoomView&& room);
    void forget_deserted_audiences();
    Audience& audience_of(Seat seat) { return audiences_[static_cast<std::size_t>(seat + 1)]; }
    [[nodiscard]] bool is_here(Seat seat) const;
    void say(GateEntry& entry, Caller to, std::string_view json, Delivery::Effect effect);
    void write_answer(std::string& out, Answer const& answer) const;

    // gate
    [[nodiscard]] events::StreamAppend append_of_turn();
    [[nodiscard]] bool is_gate_full() const { return gate_.size() >= options_.gate_max; }
    void hold(GateEntry entry);
    void let_out(GateEntry& entry);
    void start_over();
    void settle_limbo();

    // sleep
    void recall_absences();
    void write_state(std::string& out) const;

    // save
    [[nodiscard]] bool may_be_saved() const;
    [[nodiscard]] bool is_worth_saving() const;
    void take_snapshot(events::Snapshot snapshot);
    void forget_state();

    std::string id_;
    RoomOptions const& options_;
    Surroundings& around_;
    Phase phase_ = Phase::loading;
    std::optional<Error> broken_{};
    RoomState state_;

    std::deque<Task> queue_{}; // By rank; nobody overtakes themselves.
    std::size_t bots_passed_over_ = 0;
    std::shared_ptr<Asked> question_{}; // While the game decides. Answers to others die.
    std::vector<Occupant> seats_{};     // Lent to the decider.
    std::optional<Chance> chance_{};
    std::optional<Answer> asked_by_{};
    unsigned undecided_in_a_row_ = 0;        // Of what the room asked by itself.
    std::optional<TimePoint> again_at_{};    // Then it does so again.
    bool is_pumping_ = false;

    std::vector<Attendance> attendances_{};
    std::vector<Audience> audiences_{}; // Spectators first.
    std::vector<std::optional<TimePoint>> away_since_{}; // Seats left without word.

    // This turn.
    std::vector<events::Event> events_{};
    std::vector<events::MemberKey> keys_{}; // Of those who came with them.
    // Up to this version views may have shown whom the room has forgotten: no event says so, so a
    // client that holds one of them gets the whole view. 0: nobody was forgotten.
    events::Version forgot_at_ = 0;
    std::vector<Answer> answers_{};
    std::vector<Arrival> arrivals_{};
    std::vector<Caller> refreshes_{};
    std::vector<Delivery> parting_words_{};
    OnOpened opened_{};
    std::vector<std::shared_ptr<Instruction>> promised_{};
    bool presence_changed_ = false;
    std::vector<std::pair<Seat, bool>> told_presence_{};
    std::vector<ArmedTimer> told_timers_{};
    std::vector<Seat> watching_{}; // Scratch.
    std::string text_{}; // Scratch.

    std::deque<GateEntry> gate_{};
    std::size_t appends_in_flight_ = 0;
    events::Version sealed_ = 0;  // Up to here the store was asked to append.
    std::vector<Answer> limbo_{}; // Answers that a loss took back.
    std::optional<RoomView> summary_{};
    std::optional<RoomView> noted_{};

    // What is kept of it, or will be: where the next snapshot's count begins.
    enum class Saving : std::uint8_t { nothing, in_gate, in_store };
    Saving saving_ = Saving::nothing;
    std::optional<events::Snapshot> snapshot_{}; // Of this turn.
    events::Version saved_version_ = 0;
    std::uint64_t saved_bytes_ = 0;
    std::size_t snapshot_size_ = 0; // Of the last one.

    std::optional<Pace> pace_{};             // While steps are taken.
    std::optional<TimePoint> last_watched_{};
    events::Version granting_ = 0;            // The event that granted the last of them;
    events::Version durable_ = 0;             // and what is durable of what was recorded here.
    std::uint64_t ticks_shown_ = 0;
    bool has_step_changed_room_ = false; // What the platform shows of it, since it was shown last.
    std::optional<TimePoint> slow_told_at_{};
    std::uint64_t saved_ticks_ = 0;

    std::optional<TimePoint> alarm_{};
    std::optional<TimePoint> chores_{}; // The alarm, but for steps.
    std::optional<TimePoint> bots_due_{};
    std::optional<events::Version> bots_asked_at_{};
    std::vector<ArmedTimer> inherited_timers_{}; // Set before the room came to life here, …
    WallTime not_before_{};                      // … and ring no sooner.
    std::optional<TimePoint> deserted_at_{};
    std::optional<TimePoint> no_grant_before_{}; // An append was lost.
    std::optional<Absences> absences_{}; // Of before it slept, until it is hydrated.
    std::size_t state_size_ = 0;         // As the game writes it, with some version …
    events::Version measured_next_ = 0;  // … before this one.
    bool stands_still_ = false; // An alarm or a bot found no place any more.
};

}  // namespace gatehouse::rooms
