// SPDX-License-Identifier: Apache-2.0
#include "matching/hall.hpp"

#include <algorithm>

namespace gatehouse::matching {
namespace {

Error no_such_place()
{
    return {ErrorCode::not_found, "you do not wait here any more; POST /v1/matches"};
}

Milliseconds since(TimePoint then, TimePoint now)
{
    return std::chrono::floor<Milliseconds>(now - then);
}

} // namespace

// ---- Places

Hall::Place* Hall::find(std::string_view match, std::string_view principal)
{
    auto const found = places_.find(match);
    return found == places_.end() || found->second.wish.principal != principal ? nullptr
                                                                               : &found->second;
}

// The one that they wait on, with the same wish. Another one of theirs for this game ends.
Hall::Place* Hall::place_of(Wish const& wish)
{
    auto const known = matches_.find({wish.game, wish.principal});
    if (known == matches_.end())
        return nullptr;
    auto& place = places_.find(known->second)->second;
    if (place.wish.options == wish.options)
        return &place;
    refuse(place, {ErrorCode::out_of_order, "you look for something else now"});
    return nullptr;
}

void Hall::set_until(Place& place, TimePoint until)
{
    untils_.erase({place.until, place.match});
    place.until = until;
    untils_.emplace(until, place.match);
}

void Hall::remove(std::string_view match)
{
    auto const node = places_.extract(places_.find(match));
    auto const& place = node.mapped();
    Bucket const bucket{place.wish.game, place.wish.options};
    untils_.erase({place.until, place.match});
    matches_.erase({place.wish.game, place.wish.principal});
    numbers_.erase(place.waiter.number);
    questions_.erase(place.number);
    auto const counted = counts_.find(place.wish.game);
    auto& [waiting, found] = counted->second;
    (place.state == State::found ? found : waiting)--;
    if (waiting + found == 0)
        counts_.erase(counted);
    if (place.state != State::waiting)
        return;
    lines_.at(bucket).queue.remove(place.waiter.number);
    reschedule(bucket);
}

void Hall::reschedule(Bucket const& bucket)
{
    auto const found = lines_.find(bucket);
    auto& line = found->second;
    if (line.due)
        due_.erase({*line.due, bucket});
    line.due = line.queue.next();
    if (line.due)
        due_.emplace(*line.due, bucket);
    if (line.queue.size() == 0)
        lines_.erase(found);
}

// ---- Questions

void Hall::ask(Wish wish, TimePoint now, OnAnswer done, Question question)
{
    now_ = now;
    if (closed_)
        return done(std::unexpected(*closed_));
    auto const game = options_.games.find(wish.game);
    if (game == options_.games.end())
        return done(fail(ErrorCode::not_found, "this game has no matches: rooms.NAME.match"));
    auto* const known = place_of(wish);
    if (known && known->state == State::found)
        return tell_again(*known, std::move(wish), std::move(done), question);
    if (known)
        return wait_on(*known, now, std::move(done), question);
    auto const count = counts_[wish.game];
    if (count.waiting >= game->second.waiting_max || count.found >= game->second.found_max)
        return done(fail(ErrorCode::busy, "too many wait for this game; try again"));
    take_place(std::move(wish), game->second, now, std::move(done), question);
}

void Hall::take_place(
    Wish wish, GameOptions const& game, TimePoint now, OnAnswer done, Question question)
{
    Bucket const bucket{wish.game, wish.options};
    auto const match = ports_.draw_match();
    Waiter const waiter{.number = ++last_number_, .rating = wish.rating, .since = now};
    counts_[wish.game].waiting++;
    matches_[{wish.game, wish.principal}] = match;
    numbers_[waiter.number] = match;
    auto& place = places_[match]
        = Place{.wish = std::move(wish), .match = match, .waiter = waiter, .question = {}};
    wait_on(place, now, std::move(done), question);
    lines_.try_emplace(bucket, Line{Queue(game.queue)}).first->second.queue.add(waiter);
    reschedule(bucket);
    step(now);
}

void Hall::ask_again(std::string_view match, std::string_view principal, TimePoint now,
    OnAnswer done, Question question)
{
    now_ = now;
    if (closed_)
        return done(std::unexpected(*closed_));
    if (auto* const place = find(match, principal))
        return wait_on(*place, now, std::move(done), question);
    done(std::unexpected(no_such_place()));
}

// Whoever asks twice at once is answered twice: the first question is not waited for any more.
void Hall::wait_on(Place& place, TimePoint now, OnAnswer done, Question question)
{
    if (place.question)
        answer(place, now);
    place.question = std::move(done);
    place.number = question;
    if (question != 0)
        questions_[question] = place.match;
    if (place.state == State::found)
        return answer(place, now);
    set_until(place, now + options_.answer_after);
}

void Hall::answer(Place& place, TimePoint now)
{
    auto question = question_of(place);
    if (!place.found)
        set_until(place, now + options_.away_max);
    Answer told{
        .match = place.match, .waited = since(place.waiter.since, now), .found = place.found};
    question(std::move(told));
}

Hall::OnAnswer Hall::question_of(Place& place)
{
    questions_.erase(std::exchange(place.number, 0));
    return std::exchange(place.question, nullptr);
}

// Whose seat there waits no more has used it, or let it go: they look for others anew.
void Hall::tell_again(Place const& place, Wish wish, OnAnswer done, Question question)
{
    looked_after_.insert(question);
    ports_.awaits(place.found->room, place.wish.principal,
        [this, match = place.match, wish = std::move(wish), done = std::move(done), question](
            bool waits, TimePoint now) mutable {
            bool const is_dropped = looked_after_.erase(question) == 0 && question != 0;
            auto* const known = find(match, wish.principal);
            if (known && waits)
                return wait_on(*known, now, std::move(done), question);
            if (known)
                remove(match);
            if (is_dropped)
                return done(std::unexpected(no_such_place()));
            ask(std::move(wish), now, std::move(done), question);
        });
}

void Hall::drop(Question question, TimePoint now)
{
    now_ = now;
    looked_after_.erase(question);
    auto const asked = questions_.find(question);
    if (asked == questions_.end())
        return;
    auto& place = places_.find(asked->second)->second;
    answer(place, now);
    if (place.state == State::waiting)
        set_until(place, now + options_.gone_max);
}

void Hall::refuse(Place& place, Error const& why)
{
    auto question = question_of(place);
    remove(std::string(place.match));
    if (question)
        question(std::unexpected(why));
}

Result<void> Hall::leave(std::string_view match, std::string_view principal)
{
    auto* const place = find(match, principal);
    if (!place)
        return std::unexpected(no_such_place());
    if (place->state != State::waiting)
        return fail(ErrorCode::out_of_order,
            "a room was found already: DELETE /v1/rooms/ROOM/reservation gives the seat up");
    refuse(*place, {ErrorCode::not_found, "you left"});
    return {};
}

void Hall::forget(std::string_view principal)
{
    std::vector<std::string> theirs;
    for (auto const& [match, place] : places_)
        if (place.wish.principal == principal)
            theirs.push_back(match);
    for (auto const& match : theirs)
        refuse(places_.find(match)->second, no_such_place());
}

void Hall::close(Error const& why)
{
    closed_ = why;
    while (!places_.empty())
        refuse(places_.begin()->second, why);
}

// ---- Time

void Hall::step(TimePoint now)
{
    now_ = now;
    while (!due_.empty() && due_.begin()->first <= now) {
        auto const bucket = due_.begin()->second;
        auto const groups = lines_.at(bucket).queue.step(now);
        for (auto const& group : groups)
            for (auto const& each : group)
                places_.find(numbers_.at(each.number))->second.state = State::forming;
        reschedule(bucket);
        for (auto const& group : groups)
            form(bucket, group, now);
    }
    expire(now);
}

void Hall::form(Bucket const& bucket, Queue::Group const& group, TimePoint now)
{
    Party party{.game = bucket.first, .options = bucket.second};
    std::vector<std::string> matches;
    for (auto const& each : group) {
        auto const found = numbers_.find(each.number);
        if (found == numbers_.end())
            continue; // Forgotten, by what was answered meanwhile.
        matches.push_back(found->second);
        party.principals.push_back(places_.find(found->second)->second.wish.principal);
        ports_.matched(bucket.first, since(each.since, now));
    }
    if (party.principals.empty())
        return;
    ports_.open(
        std::move(party), [this, matches = std::move(matches)](Result<std::string> const& room) {
            seat(matches, room);
        });
}

// Who is here no more has a seat that waits for them in vain.
void Hall::seat(std::vector<std::string> const& matches, Result<std::string> const& room)
{
    for (std::size_t i = 0; i < matches.size(); i++) {
        auto const at = places_.find(matches[i]);
        if (at == places_.end())
            continue;
        auto& place = at->second;
        if (!room) {
            refuse(place, room.error());
            continue;
        }
        place.state = State::found;
        auto& [waiting, found] = counts_.find(place.wish.game)->second;
        waiting--;
        found++;
        set_until(place, now_ + options_.games.find(place.wish.game)->second.found_kept);
        place.found = Found{.room = *room,
            .seat = static_cast<int>(i),
            .players = static_cast<int>(matches.size())};
        if (place.question)
            answer(place, now_);
    }
}

// Who waits is told to ask again; who did not ask is gone. (A room that is being opened is waited
// for.)
void Hall::expire(TimePoint now)
{
    while (!untils_.empty() && untils_.begin()->first <= now) {
        auto& place = places_.find(untils_.begin()->second)->second;
        if (place.question)
            answer(place, now);
        else if (place.state == State::forming)
            set_until(place, now + options_.away_max);
        else
            remove(std::string(place.match));
    }
}

std::optional<TimePoint> Hall::next() const
{
    std::optional<TimePoint> first;
    if (!due_.empty())
        first = due_.begin()->first;
    if (!untils_.empty())
        first = std::min(first.value_or(untils_.begin()->first), untils_.begin()->first);
    return first;
}

std::map<std::string, std::size_t> Hall::waiting() const
{
    std::map<std::string, std::size_t> all;
    for (auto const& [bucket, line] : lines_)
        all[bucket.first] += line.queue.size();
    return all;
}

} // namespace gatehouse::matching
