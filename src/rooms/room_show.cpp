// SPDX-License-Identifier: Apache-2.0
// Stage 3 of a room's turn: what each audience sees of it, encoded once for all who see the same.
#include "rooms/room.hpp"

#include "base/assert.hpp"
#include "rooms/messages.hpp"

#include <algorithm>

namespace gatehouse::rooms {

std::optional<events::StreamAppend> Room::end_turn()
{
    GateEntry entry;
    if (phase_ == Phase::live)
        guarded([&] { keep_pace(); });
    entry.version = state_.version();
    entry.has_append = !events_.empty();
    if (phase_ == Phase::live) {
        guarded([&] {
            Crumbed const crumb(around_.crumbs, {.room = id_, .doing = Doing::show});
            show(entry);
        });
        if (phase_ == Phase::broken) { // What the game has shown so far is worth nothing.
            for (auto const& each : std::exchange(entry, {}).answers)
                answer(each.to, each.id, {broken_->code, broken_->message}, each.kind);
        }
    }
    give_answers(entry);
    for (auto& words : std::exchange(parting_words_, {}))
        entry.deliveries.push_back(std::move(words));
    entry.opened = std::exchange(opened_, nullptr);
    entry.snapshot = std::exchange(snapshot_, std::nullopt);
    entry.promised = std::exchange(promised_, {});

    std::optional<events::StreamAppend> append;
    if (entry.has_append)
        append = append_of_turn();
    hold(std::move(entry));
    set_alarm();
    return append;
}

void Room::show(GateEntry& entry)
{
    bool const are_chores_due = chores_ && *chores_ <= around_.now.steady;
    bool const is_quiet = pace_ && noted_ && !entry.has_append && arrivals_.empty()
        && refreshes_.empty() && !presence_changed_ && !are_chores_due && !has_step_changed_room_;
    if (is_quiet) { // Nothing but steps: what the platform shows is as it was.
        if (shows_ticks())
            show_changes(entry, nullptr);
        return;
    }
    auto room = state_.view();
    if (entry.has_append || shows_ticks())
        show_changes(entry, &room);
    has_step_changed_room_ = false;
    for (auto const& arrival : arrivals_)
        greet(arrival, entry);
    for (auto const who : std::exchange(refreshes_, {}))
        if (auto const* attendance = attendance_of(who))
            refresh(*attendance, entry);
    tell_timer_changes(entry);
    if (std::exchange(presence_changed_, false))
        tell_presence(entry);
    note_summary(entry, std::move(room));
    schedule_bots();
    forget_deserted_audiences();
    arrivals_.clear();
}

// ---- Updates

void Room::show_changes(GateEntry& entry, RoomView const* room)
{
    ticks_shown_ = state_.ticks();
    for (Seat seat = spectator; std::cmp_less(seat + 1, audiences_.size()); seat++) {
        auto& audience = audience_of(seat);
        if (!audience.is_shown)
            continue;
        if (!entry.has_append && !is_here(seat)) {
            forget(seat); // Who comes back after steps is shown the whole view.
            continue;
        }
        auto const frame = encode_update(audience, seat, room);
        if (!frame)
            continue;
        std::string const update = text_;
        for (auto const& attendance : attendances_) {
            if (attendance.audience != seat)
                continue;
            // Whoever acted gets the update and the acks in one batch.
            std::uint16_t answered = 0;
            std::string answers;
            for (auto const& answer : answers_)
                if (answer.to == attendance.who) {
                    answers += answers.empty() ? "" : ",";
                    write_answer(answers, answer);
                    answered++;
                }
            if (answered == 0) {
                entry.deliveries.push_back({attendance.who, frame, Delivery::Effect::update});
                continue;
            }
            auto const frame_of = [this](std::string_view messages) {
                text_ = "[";
                text_.append(messages).append("]");
                return around_.frame(text_);
            };
            entry.deliveries.push_back({attendance.who, frame_of(update + "," + answers),
                Delivery::Effect::update, answered, frame_of(answers)});
            for (auto& answer : answers_)
                if (answer.to == attendance.who) {
                    entry.answers.push_back(std::move(answer));
                    answer.to = {}; // Given.
                }
            std::erase_if(answers_, [](Answer const& answer) { return answer.to == Caller{}; });
        }
    }
}

// Leaves the message in `text_`.
Frame Room::encode_update(Audience& audience, Seat seat, RoomView const* room)
{
    std::string game;
    json::Writer inner(game);
    bool const game_changed = state_.play().update(seat, inner);
    bool const room_changed = room && !is_same(audience.room, *room);
    if (!game_changed && !room_changed && audience.version == state_.version())
        return {};
    std::string change;
    json::Writer out(change);
    out.object();
    if (room_changed) {
        out.key("room");
        write_patch(out, audience.room, *room);
        audience.room = *room;
    }
    if (game_changed)
        out.key("game").raw(game);
    out.end_object();

    std::uint64_t me = 0;
    if (seat != spectator)
        for (auto const& event : events_)
            if (event.cause.actor != 0
                && event.cause.actor == state_.chairs()[static_cast<std::size_t>(seat)].actor)
                me = event.cause.action;

    text_.clear();
    messages::update(text_, id_, {audience.version, audience.tick},
        {state_.version(), state_.ticks()}, change, {}, me,
        audience.is_left_out ? std::string_view() : audience.news);
    audience.news.clear();
    audience.is_left_out = false;
    auto frame = around_.frame(text_);
    audience.tail.push_back({audience.version, state_.version(), audience.tick, frame});
    audience.tail_bytes += frame->size();
    audience.version = state_.version();
    audience.tick = state_.ticks();
    while (audience.tail.size() > options_.tail_updates_max
        || (audience.tail_bytes > options_.tail_bytes_max && audience.tail.size() > 1)) {
        audience.tail_bytes -= audience.tail.front().frame->size();
        audience.tail.pop_front();
    }
    return frame;
}

void Room::write_whole_view(Audience& audience, Seat seat, std::string& out)
{
    json::Writer json(out);
    audience.room = state_.view();
    write_json(json.object().key("room"), audience.room);
    state_.play().show(seat, json.key("game"));
    json.end_object();
    if (!audience.is_shown) // Else the others have it as of there, and saw no difference since.
        audience.tick = state_.ticks();
    audience.version = state_.version();
    audience.is_shown = true;
}

// ---- Those who come

void Room::greet(Arrival const& arrival, GateEntry& entry)
{
    auto const who = arrival.attendance.who;
    auto const seat = arrival.attendance.audience;
    auto const actor = arrival.attendance.actor;
    auto& audience = audience_of(seat);
    audience.deserted_at.reset();

    messages::Position const now{
        state_.version(), audience.is_shown ? audience.tick : state_.ticks()};
    messages::Joined joined{.id = arrival.id, .room = id_, .game = state_.opened().game,
        .epoch = epoch(), .at = now, .seat = seat, .how = "snap", .view = {},
        .last = actor == 0 ? 0 : state_.member(actor).applied.last(), .durability = "durable"};
    auto tail = audience.tail.end();
    std::string view;
    bool const goes_on
        = arrival.at && arrival.at->epoch == epoch() && arrival.at->version > forgot_at_;
    if (goes_on && arrival.at->version == now.version && arrival.at->tick == now.tick) {
        joined.how = "live";
        if (!audience.is_shown)
            write_whole_view(audience, seat, view); // Only to remember it as shown.
    } else if (goes_on) {
        tail = std::ranges::find_if(audience.tail, [&](Update const& update) {
            return update.previous == arrival.at->version
                && update.previous_tick == arrival.at->tick;
        });
    }
    if (tail != audience.tail.end()) {
        joined.how = "tail";
        // What the client holds; the updates follow.
        joined.at = {tail->previous, tail->previous_tick};
    } else if (joined.how == "snap") {
        write_whole_view(audience, seat, view);
        joined.view = view;
    }

    attendances_.push_back(arrival.attendance);
    entry.arrived.push_back(
        {who, arrival.id, Answer::Kind::join, 0, Refusal{ErrorCode::unavailable, {}}});
    text_.clear();
    messages::joined(text_, joined);
    say(entry, who, text_, Delivery::Effect::joined);
    for (; tail != audience.tail.end(); ++tail)
        entry.deliveries.push_back({who, tail->frame, Delivery::Effect::update});
    for (auto const& timer : state_.timers()) {
        text_.clear();
        messages::timer(text_, id_, timer.name, effective(timer));
        say(entry, who, text_, Delivery::Effect::update);
    }
    presence_changed_ = true;
}

// All that whoever was shown nothing for a while may have missed, in one batch.
void Room::refresh(Attendance const& attendance, GateEntry& entry)
{
    auto& audience = audience_of(attendance.audience);
    std::string view;
    write_whole_view(audience, attendance.audience, view);
    auto const me = attendance.actor == 0 ? 0 : state_.member(attendance.actor).applied.last();
    text_ = "[";
    messages::Position const now{audience.version, audience.tick};
    messages::update(text_, id_, now, now, view, epoch(), me);
    for (auto const& timer : state_.timers()) {
        text_ += ",";
        messages::timer(text_, id_, timer.name, effective(timer));
    }
    text_ += ",";
    messages::presence(text_, id_, presence());
    text_ += "]";
    say(entry, attendance.who, text_, Delivery::Effect::renewal);
}

bool Room::is_here(Seat seat) const
{
    return std::ranges::any_of(
               attendances_, [&](auto const& each) { return each.audience == seat; })
        || std::ranges::any_of(
            arrivals_, [&](auto const& each) { return each.attendance.audience == seat; });
}

// ---- Small news

void Room::tell_timer_changes(GateEntry& entry)
{
    auto const tell = [&](std::string_view name, std::optional<WallTime> at) {
        text_.clear();
        messages::timer(text_, id_, name, at);
        auto const frame = around_.frame(text_);
        for (auto const& attendance : attendances_)
            if (std::ranges::find(entry.arrived, attendance.who, &Answer::to)
                == entry.arrived.end())
                entry.deliveries.push_back({attendance.who, frame, Delivery::Effect::update});
    };
    auto const has = [](std::vector<ArmedTimer> const& all, ArmedTimer const& timer,
                         bool any_time) {
        return std::ranges::any_of(all, [&](ArmedTimer const& each) {
            return each.name == timer.name && (any_time || each.at == timer.at);
        });
    };
    for (auto const& timer : state_.timers())
        if (!has(told_timers_, timer, false))
            tell(timer.name, effective(timer));
    for (auto const& timer : told_timers_)
        if (!has(state_.timers(), timer, true))
            tell(timer.name, std::nullopt);
    told_timers_ = state_.timers();
}

std::vector<std::pair<Seat, bool>> Room::presence() const
{
    std::vector<std::pair<Seat, bool>> seats;
    for (std::size_t i = 0; i < state_.chairs().size(); i++)
        if (state_.chairs()[i].by == Occupant::player)
            seats.emplace_back(static_cast<Seat>(i), is_here(static_cast<Seat>(i)));
    return seats;
}

void Room::tell_presence(GateEntry& entry)
{
    auto seats = presence();
    text_.clear();
    messages::presence(text_, id_, seats);
    auto const frame = around_.frame(text_);
    // Spectators come and go without a word to the others.
    bool const is_news = seats != told_presence_;
    for (auto const& attendance : attendances_)
        if (is_news
            || std::ranges::find(entry.arrived, attendance.who, &Answer::to) != entry.arrived.end())
            entry.deliveries.push_back({attendance.who, frame, Delivery::Effect::update});
    told_presence_ = std::move(seats);
}

void Room::note_summary(GateEntry& entry, RoomView&& room)
{
    if (noted_ && is_same(*noted_, room))
        return;
    noted_ = room;
    entry.summary = std::move(room);
}

void Room::forget_deserted_audiences()
{
    auto const now = around_.now.steady;
    for (Seat seat = spectator; std::cmp_less(seat + 1, audiences_.size()); seat++) {
        auto& audience = audience_of(seat);
        if (!audience.is_shown || is_here(seat)) {
            audience.deserted_at.reset();
        } else if (!audience.deserted_at) {
            audience.deserted_at = now;
        } else if (now - *audience.deserted_at >= options_.tail_kept) {
            forget(seat);
        }
    }
}

void Room::forget(Seat seat)
{
    audience_of(seat) = {};
    state_.play().forget(seat);
}

// ---- Answers

void Room::write_answer(std::string& out, Answer const& answer) const
{
    if (answer.refusal)
        messages::error(out, answer.id, id_, answer.refusal->code, answer.refusal->message);
    else if (answer.kind == Answer::Kind::query)
        messages::result(out, answer.id, id_, answer.version, answer.reply);
    else
        messages::ack(out, answer.id, id_, answer.version);
}

void Room::give_answers(GateEntry& entry)
{
    for (auto& answer : std::exchange(answers_, {})) {
        // Nobody shows them what it tells of any more.
        if (answer.kind == Answer::Kind::query && !answer.refusal && !attendance_of(answer.to))
            answer.refusal = Refusal{ErrorCode::not_found, "you are not in the room any more"};
        text_.clear();
        write_answer(text_, answer);
        auto const frame = around_.frame(text_);
        if (answer.kind == Answer::Kind::join)
            entry.deliveries.push_back({answer.to, frame, Delivery::Effect::ended});
        else if (answer.refusal)
            entry.deliveries.push_back({answer.to, frame, Delivery::Effect::none, 1});
        else // To be heard after what it tells of is seen, and so together with it.
            entry.deliveries.push_back({answer.to, frame, Delivery::Effect::update, 1, frame});
        entry.answers.push_back(std::move(answer));
    }
}

void Room::say(GateEntry& entry, Caller to, std::string_view json, Delivery::Effect effect)
{
    entry.deliveries.push_back({to, around_.frame(json), effect});
}

}  // namespace gatehouse::rooms
