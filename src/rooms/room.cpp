// SPDX-License-Identifier: Apache-2.0
#include "rooms/room.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <span>

namespace gatehouse::rooms {

Room::Room(std::string id, RoomOptions const& options, Surroundings& around)
    : id_(std::move(id))
    , options_(options)
    , around_(around)
    , state_(id_)
{
}

Room::~Room() = default;

void Room::open(Opened opened, OnOpened done, Wishes const& wishes)
{
    GH_ASSERT(state_.version() == 0);
    phase_ = Phase::live;
    opened_ = std::move(done);
    {
        Crumbed const crumb(around_.crumbs,
            {.room = id_, .doing = Doing::open, .name = opened.game, .body = opened.options});
        record(opened);
    }
    if (phase_ == Phase::live)
        prepare_for(wishes);
    if (phase_ == Phase::live)
        hydrated();
}

// The timers and bots that broke the other room would break this one: their letters come along, and
// are its own. Those of players do not, for nobody has asked for anything here.
void Room::fork(Forked const& forked, std::vector<events::MemberKey> keys,
    std::span<Letter const> letters, OnOpened done)
{
    GH_ASSERT(state_.version() == 0);
    phase_ = Phase::live;
    opened_ = std::move(done);
    keys_ = std::move(keys);
    state_.learn(keys_);
    {
        Crumbed const crumb(
            around_.crumbs, {.room = id_, .doing = Doing::open, .name = forked.from});
        record(forked);
        if (phase_ == Phase::live)
            guarded([this] { go_on_by_newer_rules(); });
    }
    for (auto const& letter : letters)
        if (phase_ == Phase::live && letter.about.actor == 0)
            record(letter.about);
    if (phase_ == Phase::live)
        hydrated();
}

Result<void> Room::absorb(std::vector<events::Event> const& events)
{
    guarded([&] {
        for (std::span rest(events); !rest.empty();) {
            auto const piece = rest.first(std::min(rest.size(), events_per_crumb));
            rest = rest.subspan(piece.size());
            Crumbed const crumb(around_.crumbs, {.room = id_, .doing = Doing::read});
            for (auto const& event : piece)
                if (auto const evolved = state_.evolve(event, around_.games); !evolved)
                    return break_off(evolved.error());
        }
    });
    if (phase_ == Phase::broken)
        return std::unexpected(*broken_);
    return {};
}

// From here on the room plays. Whoever was attached before a loss gets the whole view again.
void Room::hydrated()
{
    if (!state_.exists())
        return break_off(state_.why_not(around_.games));
    phase_ = Phase::live;
    bool const is_new = !events_.empty();
    if (!is_new) {
        sealed_ = state_.version();
        inherited_timers_ = state_.timers();
        not_before_ = around_.now.wall + options_.overdue_grace;
        summary_ = noted_ = state_.view();
        guarded([this] {
            Crumbed const crumb(around_.crumbs, {.room = id_, .doing = Doing::read});
            take_granted_ticks();
            if (phase_ == Phase::live)
                go_on_by_newer_rules();
        });
        if (phase_ != Phase::live)
            return;
    }
    chance_.emplace(state_.seed());
    audiences_.assign(state_.chairs().size() + 1, {});
    away_since_.assign(state_.chairs().size(), {});
    recall_absences();
    guarded([this] { miss_players(); });
    if (phase_ != Phase::live)
        return;
    settle_limbo();
    if (std::ranges::any_of(state_.members(), &std::string::empty, &Member::principal))
        forgot_at_ = state_.version();
    part_with_the_forgotten();
    refreshes_.clear();
    for (auto const& each : attendances_)
        refreshes_.push_back(each.who);
    pump();
}

void Room::go_on_by_newer_rules()
{
    auto const upgraded = state_.due_upgrade(around_.games);
    if (!upgraded)
        return break_off(upgraded.error());
    if (*upgraded)
        record(**upgraded);
}

void Room::quarantine(std::string_view why)
{
    start_over();
    break_off({ErrorCode::internal, "the game failed; this room is closed",
        std::string(why) + "; to have it read anew: gatehouse room open " + id_});
}

// The room cannot be served. Says so to all who wait, now and later.
void Room::break_off(Error why)
{
    around_.complain(id_, why);
    phase_ = Phase::broken;
    broken_ = std::move(why);
    summary_.reset();
    starve(*broken_);
    if (opened_)
        opened_(std::unexpected(*broken_));
    opened_ = nullptr;
}

void Room::starve(Error const& why)
{
    if (phase_ == Phase::loading)
        forget_state(); // What was read of it may be compacted when the store can be read again.
    for (auto const& task : std::exchange(queue_, {})) {
        bool const is_leaving = std::holds_alternative<Leave>(task.what);
        if (is_leaving || std::holds_alternative<Gone>(task.what))
            dismiss(task.from, is_leaving);
        refuse_task(task, why.code, why.message);
    }
    for (auto const& each : std::exchange(limbo_, {})) {
        // What the store was asked to keep may be kept: only history knows, once it can be read.
        bool const is_in_doubt = each.version != 0 && each.version <= sealed_;
        auto const code = is_in_doubt ? ErrorCode::unavailable : why.code;
        answers_.push_back({each.to, each.id, each.kind, 0, Refusal{code, why.message}});
    }
}

void Room::recover()
{
    GH_ASSERT(phase_ == Phase::broken);
    broken_.reset();
    start_over();
}

bool Room::is_deserted() const
{
    return attendances_.empty() && arrivals_.empty() && queue_.empty() && gate_.empty()
        && events_.empty() && !is_deciding() && appends_in_flight_ == 0;
}

// ---- Alarms

WallTime Room::effective(ArmedTimer const& timer) const
{
    bool const is_inherited = std::ranges::any_of(inherited_timers_, [&](ArmedTimer const& each) {
        return each.name == timer.name && each.at == timer.at;
    });
    return is_inherited ? std::max(timer.at, not_before_) : timer.at;
}

// While the game decides, or the store lags far behind, nothing may happen but that the game is
// waited for no more: the end of the turn that changes it sets the alarm anew.
void Room::ring()
{
    alarm_.reset();
    if (is_deciding() && question_->until <= around_.now.steady)
        give_up_waiting();
    if (phase_ != Phase::live || is_deciding() || is_gate_full())
        return;
    bool const are_chores_due = chores_ && *chores_ <= around_.now.steady;
    if (are_chores_due || !pace_) {
        queue_what_is_due();
        guarded([this] { miss_players(); });
        pump();
    }
    if (pace_ && phase_ == Phase::live)
        guarded([this] {
            take_ticks();
            if (phase_ == Phase::live)
                keep_pace();
        });
}

void Room::queue_what_is_due()
{
    if (waits_to_ask_again())
        return;
    for (auto const& timer : state_.timers()) {
        if (stands_still_ || holds_timer(timer.name) || effective(timer) > around_.now.wall)
            continue;
        bool const is_queued = std::ranges::any_of(queue_, [&](Task const& task) {
            auto const* ring = std::get_if<Ring>(&task.what);
            return ring && ring->timer == timer.name;
        });
        if (!is_queued)
            enqueue({{}, Ring{timer.name, timer.at}});
    }
    queue_lapses();
    if (bots_due_ && *bots_due_ <= around_.now.steady) {
        bots_due_.reset();
        enqueue({{}, BotTurn{}});
    }
}

// ---- The end of what fits

bool Room::is_full() const
{
    return state_.version() + options_.events_reserve >= options_.events_max
        || state_.bytes() + options_.bytes_reserve >= options_.bytes_max;
}

Refusal Room::no_place()
{
    return {ErrorCode::too_large, "this room's history is full: play on in a new room"};
}

// What ends the game may use what is left for that.
bool Room::has_place_for(Verdict const& verdict) const
{
    auto const events = state_.version() + std::max(verdict.events.size(), 1uz);
    auto bytes = state_.bytes();
    for (auto const& event : verdict.events)
        bytes += event.data.size();
    if (verdict.is_over)
        return events < options_.events_max && bytes <= options_.bytes_max;
    return events + options_.events_reserve <= options_.events_max
        && bytes + options_.bytes_reserve <= options_.bytes_max;
}

void Room::stand_still()
{
    if (!std::exchange(stands_still_, true))
        around_.complain(id_, {ErrorCode::too_large, "this room's history is full",
            "no alarm rings and no bot plays in it any more; it ends when its game does, or when "
            "nobody has been in it for a while"});
}

void Room::schedule_bots()
{
    if (bots_asked_at_ == state_.version() || bots_due_)
        return;
    bots_asked_at_ = state_.version();
    bool const is_time_stopped = state_.is_ticking() && !pace_; // The next grant asks again.
    if (!stands_still_ && !state_.stands_still() && !is_time_stopped && bot_wish())
        bots_due_ = around_.now.steady + options_.bot_delay;
}

void Room::set_alarm()
{
    alarm_.reset();
    chores_.reset();
    if (is_deciding())
        alarm_ = question_->until;
    if (phase_ != Phase::live || is_deciding() || is_gate_full())
        return;
    if (state_.status() == Status::finished)
        return;
    auto const earliest = [this](TimePoint at) { alarm_ = alarm_ ? std::min(*alarm_, at) : at; };
    auto const not_before = waits_to_ask_again() ? *again_at_ : TimePoint();
    if (!stands_still_)
        for (auto const& timer : state_.timers())
            if (!holds_timer(timer.name))
                earliest(std::max<TimePoint>(not_before,
                    around_.now.steady + (effective(timer) - around_.now.wall)));
    if (!state_.stands_still())
        for (auto const& each : state_.reservations())
            earliest(std::max<TimePoint>(not_before,
                around_.now.steady + (due(each) - around_.now.wall)));
    if (bots_due_)
        earliest(std::max(not_before, *bots_due_));
    if (waits_to_ask_again())
        earliest(*again_at_); // To prepare, if they still want to.
    auto const status = state_.status();
    for (std::size_t i = 0; i < away_since_.size() && !state_.stands_still(); i++) {
        if (!away_since_[i])
            continue;
        if (status == Status::open)
            earliest(*away_since_[i] + options_.seat_held);
        else if (is_absence_noted(static_cast<Seat>(i)))
            earliest(*away_since_[i] + *options_.bot_after);
    }
    if (may_be_abandoned() && deserted_at_)
        earliest(*deserted_at_ + options_.abandoned);
    for (auto const& audience : audiences_)
        if (audience.deserted_at)
            earliest(*audience.deserted_at + options_.tail_kept);
    chores_ = alarm_;
    if (no_grant_before_ && last_watched_)
        earliest(*no_grant_before_);
    if (pace_ && !is_out_of_ticks())
        earliest(pace_->due(state_.ticks() + 1, state_.play().ticks_per_second()));
}

}  // namespace gatehouse::rooms
