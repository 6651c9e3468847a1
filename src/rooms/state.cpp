// SPDX-License-Identifier: Apache-2.0
#include "rooms/state.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/seal.hpp"

#include <algorithm>
#include <cstring>

namespace gatehouse::rooms {

void Applied::record(std::uint64_t action, events::Version version)
{
    auto const at = std::ranges::lower_bound(entries_, action, {}, &Entry::action);
    if (at != entries_.end() && at->action == action)
        at->version = version; // The next event of the same action.
    else
        entries_.insert(at, {action, version}); // At the end, but for a letter that is retried.
    if (entries_.size() > remembered)
        entries_.erase(entries_.begin());
}

std::optional<events::Version> Applied::find(std::uint64_t action) const
{
    for (auto const& entry : entries_)
        if (entry.action == action)
            return entry.version;
    return std::nullopt;
}

namespace {

constexpr std::uint64_t ticks_granted_max = 600; // At once: what a broken event may cost.
constexpr std::size_t upgraded_state_max = 500'000; // Bytes; twice that in hex fits into an event.

std::unexpected<Error> broken(events::Event const& event, Error why)
{
    why.detail = "event " + std::to_string(event.version) + " (" + event.type + "): " + why.detail;
    return std::unexpected(std::move(why));
}

std::unexpected<Error> broken(events::Event const& event, std::string what)
{
    return broken(
        event, Error{ErrorCode::internal, "this room's history cannot be read", std::move(what)});
}

}  // namespace

Result<void> RoomState::follow(events::Event const& event)
{
    if (event.version != version_ + 1)
        return broken(event, "expected version " + std::to_string(version_ + 1));
    if (version_ == 0)
        is_chained_ = event.link != events::Link{};
    auto const link = link_of(event);
    if (event.link != link)
        return broken(event, "its link does not fit: it, or what is before it, was changed");
    link_ = link;
    bytes_ += event.data.size();
    return {};
}

// ---- Steps

bool RoomState::is_ticking() const
{
    return play_ && !finished_ && !still_ && play_->is_ticking();
}

void RoomState::tick()
{
    GH_ASSERT(ticks_.taken < ticks_.granted);
    play_->tick();
    ticks_.taken++;
    is_open_ = play_->is_open();
}

Result<void> RoomState::approach(events::Event const& event)
{
    auto const parts = split(event.data);
    if (!parts)
        return broken(event, "broken data");
    return take_ticks(event, parts->tick.value_or(ticks_.at_event));
}

// Where the rules are not here nobody takes them, and room.upgraded may tell what they came to.
Result<void> RoomState::take_ticks(events::Event const& event, std::uint64_t until)
{
    if (until < ticks_.taken)
        return broken(event, "it lies before step " + std::to_string(ticks_.taken));
    if (until > ticks_.granted)
        return broken(event, "steps are granted up to " + std::to_string(ticks_.granted)
            + ", and it lies after " + std::to_string(until));
    if (!play_)
        ticks_.taken = until;
    while (ticks_.taken < until) {
        if (!is_ticking())
            return broken(event, "time stood still at step " + std::to_string(ticks_.taken)
                + ", and it lies after " + std::to_string(until));
        tick();
        if (ticks_.taken < until && play_->is_over())
            return broken(event, "the game was over at step " + std::to_string(ticks_.taken));
    }
    return {};
}

Result<void> RoomState::evolve(events::Event const& event, Catalogue const& games)
{
    GH_CHECK(follow(event));
    auto const parts = split(event.data);
    if (!parts)
        return broken(event, "broken data");

    GH_CHECK(take_ticks(event, parts->tick.value_or(ticks_.at_event)));
    note_that_time_goes_on(event.type, event.at);
    if (is_platform_type(event.type)) {
        auto const platform = decode_platform(event.type, event.schema, parts->body);
        if (!platform)
            return broken(event, platform.error());
        if (!fits(*platform))
            return broken(event, "out of place");
        if (auto const* opened = std::get_if<Opened>(&*platform)) {
            GH_CHECK(apply(*opened, games));
            opened_at_ = event.at;
        } else if (auto const* forked = std::get_if<Forked>(&*platform)) {
            GH_CHECK(apply(*forked, event.at, games));
            opened_at_ = event.at;
        } else if (auto const* upgraded = std::get_if<Upgraded>(&*platform)) {
            GH_CHECK(apply(*upgraded, games));
        } else if (auto const* restored = std::get_if<Restored>(&*platform)) {
            GH_CHECK(apply(*restored, event.at, games));
        } else {
            apply(*platform, event.at);
        }
    } else if (version_ == 0) {
        return broken(event, "the room was not opened");
    } else if (play_) {
        if (auto const told = play_->evolve(event.type, event.schema, parts->body); !told)
            return broken(event, told.error());
    }
    if (play_)
        is_open_ = play_->is_open();

    version_ = event.version;
    ticks_.at_event = ticks_.taken;
    apply(parts->timers);
    if (event.cause.actor > members_.size())
        return broken(event, "caused by nobody who came");
    if (event.cause.actor != 0)
        members_[event.cause.actor - 1].applied.record(event.cause.action, event.version);
    return {};
}

bool RoomState::fits(PlatformEvent const& event) const
{
    auto const is_seat
        = [this](int seat) { return seat >= 0 && std::cmp_less(seat, chairs_.size()); };
    auto const is_actor
        = [this](std::uint32_t actor) { return actor > 0 && actor <= members_.size(); };
    return std::visit(Overload{
        [&](Opened const&) { return version_ == 0; },
        [&](Forked const&) { return version_ == 0; },
        [&](Upgraded const& to) { return version_ > 0 && to.rules > opened_.rules; },
        [&](Came const&) { return version_ > 0 && members_.size() < members_max; },
        [&](Named const& named) { return is_actor(named.actor); },
        [&](Seated const& seated) { return is_seat(seated.seat) && is_actor(seated.actor); },
        [&](BotSeated const& bot) { return is_seat(bot.seat); },
        [&](SeatLeft const& left) { return is_seat(left.seat); },
        [&](StandIn const& stand_in) { return is_seat(stand_in.seat); },
        [&](Kicked const& kicked) { return is_seat(kicked.seat) && is_actor(kicked.actor); },
        [&](HostGiven const& given) { return is_seat(given.seat); },
        [&](Forfeited const& forfeited) { return is_seat(forfeited.seat); },
        [&](Continued const&) { return is_on_hold(); },
        [&](Reserved const& reserved) {
            return is_seat(reserved.seat) && is_actor(reserved.actor);
        },
        [&](Released const& released) { return is_seat(released.seat); },
        [&](SetAside const&) { return version_ > 0 && letters_.size() < letters_max; },
        [&](Settled const& settled) { return letter(settled.letter) != nullptr; },
        [&](Restored const& restored) { return version_ > 0 && restored.version <= version_; },
        [&](Ticking const& ticking) {
            return version_ > 0 && ticking.until > ticks_.taken
                && ticking.until - ticks_.taken <= ticks_granted_max;
        },
        [&](auto const&) { return version_ > 0; }}, event);
}

Result<Rules const*> RoomState::rules_for(Opened const& room, Catalogue const& games)
{
    auto const* rules = games.find(room.game, room.rules);
    if (!rules)
        return std::unexpected(games.missing(room.game, room.rules));
    return rules;
}

Result<void> RoomState::apply(Opened const& event, Catalogue const& games)
{
    note(event);
    chairs_.resize(room_seats_max); // As many as there may be, while nobody knows how many.
    if (auto const rules = rules_for(event, games))
        play_by(**rules, GH_TRY((*rules)->begin(from_hex(event.options))));
    return {};
}

namespace {

// The snapshot that an event holds.
events::Snapshot held_in(auto const& event)
{
    events::Snapshot then{
        .version = event.version, .link = {}, .state = from_hex(event.state), .hash = {}};
    auto const link = from_hex(event.link);
    std::memcpy(then.link.data(), link.data(), std::min(link.size(), then.link.size()));
    then.hash = sha256(then.state);
    return then;
}

void put_off(std::vector<ArmedTimer>& timers, Milliseconds by)
{
    for (auto& timer : timers)
        timer.at = timer.at + by;
}

} // namespace

// Time stood still meanwhile: a timer that had ten seconds left has them again.
Result<void> RoomState::apply(Restored const& event, WallTime now, Catalogue const& games)
{
    auto past = GH_TRY(read(held_in(event), games));
    play_ = std::move(past.play_);
    opened_ = std::move(past.opened_);
    finished_ = past.finished_;
    chairs_ = std::move(past.chairs_);
    host_ = past.host_;
    kicked_ = std::move(past.kicked_);
    ticks_ = {.taken = past.ticks_.taken, .granted = past.ticks_.taken};
    is_unlisted_ = past.is_unlisted_;
    reservations_ = std::move(past.reservations_);
    put_off_reservations(now - (past.still_ ? past.still_->since : event.at));
    auto timers = past.still_ ? std::move(past.still_->timers) : std::move(past.timers_);
    put_off(timers, now - (past.still_ ? past.still_->since : event.at));
    (still_ ? still_->timers : timers_) = std::move(timers);
    if (still_)
        still_->since = now; // It waits on: operators had it wait now, not then.
    restored_++;
    return {};
}

Result<RoomState> RoomState::restore(Forked const& event, Catalogue const& games)
{
    return restore(held_in(event), games);
}

// It stands still on, until something happens. Letters are the other room's.
Result<void> RoomState::apply(Forked const& event, WallTime now, Catalogue const& games)
{
    auto past = GH_TRY(read(held_in(event), games));
    past.opened_.code = event.code;
    past.opened_.seed = event.seed;
    note(past.opened_);
    play_ = std::move(past.play_);
    finished_ = past.finished_;
    chairs_ = std::move(past.chairs_);
    host_ = past.host_;
    kicked_ = std::move(past.kicked_);
    ticks_ = {.taken = past.ticks_.taken, .granted = past.ticks_.taken};
    is_unlisted_ = past.is_unlisted_;
    reservations_ = std::move(past.reservations_);
    put_off_reservations(now - (past.still_ ? past.still_->since : event.at));
    still_ = Still{past.still_ ? std::move(past.still_->timers) : std::move(past.timers_), now,
        true, false};
    put_off(still_->timers, now - (past.still_ ? past.still_->since : event.at));
    members_ = std::move(past.members_);
    for (std::uint32_t actor = 1; actor <= members_.size(); actor++) {
        members_[actor - 1].applied = {};
        unseal(actor);
    }
    return {};
}

// Whatever happens in a fork ends its waiting for players, but what is done to it.
void RoomState::note_that_time_goes_on(std::string_view type, WallTime now)
{
    static constexpr std::array<std::string_view, 4> done_to_it{
        SetAside::name, Upgraded::name, Paused::name, Continued::name};
    if (!awaits_players() || std::ranges::find(done_to_it, type) != done_to_it.end())
        return;
    put_off(still_->timers, now - still_->since);
    put_off_reservations(now - still_->since);
    still_->since = now;
    still_->awaits_players = false;
    let_time_go_on();
}

// Where nothing holds it any more.
void RoomState::let_time_go_on()
{
    if (!still_->awaits_players && !still_->is_on_hold)
        timers_ = std::exchange(still_, std::nullopt)->timers;
}

void RoomState::note(Opened const& opened)
{
    opened_ = opened;
    seed_ = from_hex(opened.seed);
    commit_ = to_hex(sha256(seed_));
}

Result<void> RoomState::apply(Upgraded const& event, Catalogue const& games)
{
    opened_.rules = event.rules;
    play_.reset();
    if (auto const rules = rules_for(opened_, games))
        play_by(**rules, GH_TRY((*rules)->resume(from_hex(event.state))));
    return {};
}

void RoomState::play_by(Rules const& rules, std::unique_ptr<Play> play)
{
    chairs_.resize(static_cast<std::size_t>(rules.about().seats_max));
    play_ = std::move(play);
}

Error RoomState::why_not(Catalogue const& games) const
{
    if (version_ == 0)
        return {ErrorCode::not_found, "there is no such room"};
    return games.missing(opened_.game, opened_.rules);
}

Result<std::optional<Upgraded>> RoomState::due_upgrade(Catalogue const& games) const
{
    auto const* rules = finished_ ? nullptr : games.successor(opened_.game, opened_.rules);
    if (!rules)
        return std::nullopt;
    std::string older;
    play_->write_state(older);
    auto const state = GH_TRY(rules->upgrade(opened_.rules, older));
    GH_CHECK(rules->resume(state));
    auto const version = rules->about().version;
    if (state.size() > upgraded_state_max)
        return fail(ErrorCode::unavailable, "this room is too large to go on by newer rules",
            "by rules " + std::to_string(version) + " its state has "
                + std::to_string(state.size()) + " bytes");
    return Upgraded{version, to_hex(state)};
}

void RoomState::apply(PlatformEvent const& event, WallTime now)
{
    auto const chair
        = [this](int seat) -> Chair& { return chairs_[static_cast<std::size_t>(seat)]; };
    std::visit(Overload{
        [&](Opened const&) {},
        [&](Upgraded const&) {},
        [&](Came const& came) {
            members_.push_back({.principal = came.principal, .sealed_principal = came.sealed});
            unseal(static_cast<std::uint32_t>(members_.size()));
        },
        [&](Named const& named) {
            auto& member = members_[named.actor - 1];
            member.display = named.display;
            member.sealed_display = named.sealed;
            unseal(named.actor);
        },
        [&](Seated const& seated) {
            release(seated.seat, seated.actor);
            empty_chair(seated.seat);
            chair(seated.seat) = {Occupant::player, seated.actor};
        },
        [&](BotSeated const& bot) {
            release(bot.seat);
            empty_chair(bot.seat, Occupant::bot);
        },
        [&](Unlisted const&) { is_unlisted_ = true; },
        [&](Reserved const& reserved) { note(reserved); },
        [&](Released const& released) { release(released.seat); },
        [&](SeatLeft const& left) { empty_chair(left.seat); },
        [&](Forfeited const& forfeited) { empty_chair(forfeited.seat); },
        [&](Kicked const& kicked) {
            empty_chair(kicked.seat, is_open_ ? Occupant::nobody : Occupant::bot);
            if (!is_kicked(kicked.actor))
                kicked_.insert(std::ranges::upper_bound(kicked_, kicked.actor), kicked.actor);
        },
        [&](HostGiven const& given) { host_ = given.seat; },
        [&](Paused const&) {
            if (!still_)
                still_ = Still{std::exchange(timers_, {}), now};
            still_->is_on_hold = true;
        },
        [&](Continued const&) {
            still_->is_on_hold = false;
            if (!still_->awaits_players) {
                put_off(still_->timers, now - still_->since);
                put_off_reservations(now - still_->since);
            }
            let_time_go_on();
        },
        [&](StandIn const& stand_in) { chair(stand_in.seat).stand_in = stand_in.on; },
        [&](Restored const&) {},
        [&](Forked const&) {},
        [&](Resumed const&) {},
        [&](Acted const&) {},
        [&](SetAside const& about) {
            letters_.push_back({version_ + 1, about});
            unseal(about.actor);
        },
        [&](Settled const& settled) {
            std::erase_if(letters_,
                [&](Letter const& letter) { return letter.number == settled.letter; });
        },
        [&](Ticking const& ticking) { ticks_.granted = ticking.until; },
        [&](Finished const&) {
            finished_ = true;
            timers_.clear();
            reservations_.clear();
            still_.reset();
        }}, event);
}

void RoomState::empty_chair(int seat, Occupant by)
{
    chairs_[static_cast<std::size_t>(seat)] = {by};
    if (host_ == seat)
        host_.reset();
}

void RoomState::apply(std::vector<TimerSet> const& changes)
{
    for (auto const& change : changes) {
        std::erase_if(timers_, [&](ArmedTimer const& timer) { return timer.name == change.name; });
        if (change.at && timers_.size() < timers_max)
            timers_.push_back({change.name, *change.at});
    }
}

// ---- Who is who

void RoomState::learn(std::span<events::MemberKey const> keys)
{
    for (auto const& each : keys) {
        keys_[each.actor] = each.key;
        unseal(each.actor);
    }
}

bool RoomState::forget(std::string_view subject)
{
    auto const actor = actor_of(subject);
    if (keys_.erase(actor) == 0)
        return false;
    unseal(actor);
    return true;
}

std::string_view RoomState::key_of(std::uint32_t actor) const
{
    auto const found = keys_.find(actor);
    return found == keys_.end() ? std::string_view() : found->second;
}

std::string RoomState::text_of(
    std::uint32_t actor, std::string_view sealed, std::string_view about) const
{
    auto const key = key_of(actor);
    return key.empty() ? std::string()
                       : gatehouse::unseal(key, from_hex(sealed), about).value_or("");
}

// Whatever is sealed of this actor says what their key opens.
void RoomState::unseal(std::uint32_t actor)
{
    if (actor == 0 || actor > members_.size())
        return;
    auto& member = members_[actor - 1];
    if (!member.sealed_principal.empty())
        member.principal = text_of(actor, member.sealed_principal, Came::name);
    if (!member.sealed_display.empty())
        member.display = text_of(actor, member.sealed_display, Named::name);
    for (auto& [number, about] : letters_)
        if (about.actor == actor && !about.sealed.empty())
            about.body = text_of(actor, about.sealed, SetAside::name);
}

Letter const* RoomState::letter(events::Version number) const
{
    auto const found = std::ranges::find(letters_, number, &Letter::number);
    return found == letters_.end() ? nullptr : &*found;
}

Letter const* RoomState::letter_like(SetAside const& about) const
{
    auto const found = std::ranges::find_if(letters_, [&](Letter const& letter) {
        auto const& each = letter.about;
        bool const is_act = about.doing == name_of(Doing::act);
        return each.doing == about.doing
            && (is_act ? each.actor == about.actor && each.action == about.action
                       : each.what == about.what && each.seat == about.seat);
    });
    return found == letters_.end() ? nullptr : &*found;
}

Status RoomState::status() const
{
    if (finished_)
        return Status::finished;
    return is_open_ ? Status::open : Status::running;
}

// Who acts there: a bot, too, where one stands in for a player.
std::vector<Occupant> RoomState::occupants() const
{
    std::vector<Occupant> all;
    all.reserve(chairs_.size());
    for (auto const& chair : chairs_)
        all.push_back(chair.stand_in ? Occupant::bot : chair.by);
    return all;
}

std::uint32_t RoomState::actor_of(std::string_view principal) const
{
    if (principal.empty())
        return 0; // Whoever was forgotten.
    for (std::size_t i = 0; i < members_.size(); i++)
        if (members_[i].principal == principal)
            return static_cast<std::uint32_t>(i + 1);
    return 0;
}

std::optional<Seat> RoomState::seat_of(std::uint32_t actor) const
{
    for (std::size_t i = 0; i < chairs_.size(); i++)
        if (chairs_[i].by == Occupant::player && chairs_[i].actor == actor)
            return static_cast<Seat>(i);
    return std::nullopt;
}

std::optional<Seat> RoomState::free_seat() const
{
    for (std::size_t i = 0; i < chairs_.size(); i++)
        if (chairs_[i].by == Occupant::nobody && !reservation_on(static_cast<Seat>(i)))
            return static_cast<Seat>(i);
    return std::nullopt;
}

bool RoomState::is_kicked(std::uint32_t actor) const
{
    return std::ranges::binary_search(kicked_, actor);
}

std::optional<Seat> RoomState::host() const
{
    bool const is_seat = host_ && std::cmp_less(*host_, chairs_.size());
    if (is_seat && chairs_[static_cast<std::size_t>(*host_)].by == Occupant::player)
        return host_;
    std::optional<Seat> first;
    for (std::size_t i = 0; i < chairs_.size(); i++)
        if (chairs_[i].by == Occupant::player
            && (!first || chairs_[i].actor < chairs_[static_cast<std::size_t>(*first)].actor))
            first = static_cast<Seat>(i);
    return first;
}

RoomView RoomState::view() const
{
    RoomView view{.code = opened_.code, .game = opened_.game, .status = status(), .host = host(),
        .commit = commit_};
    if (finished_)
        view.seed = opened_.seed;
    else if (is_on_hold())
        view.status = Status::paused;
    for (auto const& chair : chairs_) {
        auto& seat = view.seats.emplace_back(SeatView{chair.by});
        if (chair.by == Occupant::player && !member(chair.actor).display.empty())
            seat.name = member(chair.actor).display;
        if (chair.stand_in)
            seat.stand_in = true;
    }
    if (view.status == Status::open || view.status == Status::paused)
        for (auto const& each : reservations_)
            view.seats[static_cast<std::size_t>(each.seat)].reserved = true;
    return view;
}

}  // namespace gatehouse::rooms
