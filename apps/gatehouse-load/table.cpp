// SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include "room_load.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gatehouse::load {

using namespace std::chrono_literals;

Table::Table(RoomLoad& load, int number)
    : load_(load)
    , number_(number)
{
    auto const& options = load.options();
    for (int i = 0; i < options.seats + options.spectators; i++)
        links_.push_back(std::make_unique<Link>(Link::Setup{.dialler = load.dialler(),
            .target = options.target, .table = *this,
            .client = {.player = options.player, .people = options.seats, .think = options.think,
                .repeat_one_in = options.repeat_one_in,
                .drop_one_in = options.drop_one_in},
            .login = load.login(number * (options.seats + options.spectators) + i),
            .seat = i < options.seats ? i : -1, .seed = load.next_seed(), .stats = load.stats()}));
}

TimePoint Table::now() const { return load_.dialler().reactor().now().steady; }

void Table::begin()
{
    if (is_stopping_)
        return;
    for (auto const& link : links_)
        link->dial();
    open_room();
}

void Table::open_room()
{
    progress_at_ = now();
    has_failed_ = false;
    if (is_stopping_ || !load_.takes_a_game()) {
        state_ = State::done;
        return;
    }
    state_ = State::opening;
    load_.open_room([this](Result<std::string> room) {
        if (room)
            return enter(std::move(*room));
        load_.stats().error(room.error().message);
        load_.gives_a_game_back();
        rest();
    });
}

void Table::enter(std::string room)
{
    state_ = State::playing;
    record_ = &load_.new_record(std::move(room));
    for (auto const& link : links_)
        link->with_client([this](Client& client, TimePoint at) { client.enter(*record_, at); });
    if (is_stopping_)
        stop();
}

void Table::stop()
{
    is_stopping_ = true;
    if (state_ == State::idle || state_ == State::resting)
        state_ = State::done;
    if (state_ == State::playing)
        for (auto const& link : links_)
            link->with_client([](Client& client, TimePoint at) { client.stop(at); });
}

void Table::moved() { load_.wants_a_look(*this); }

void Table::failed(std::string_view why)
{
    load_.stats().error(why);
    has_failed_ = true;
    moved();
}

bool Table::all_are(Client::Stage stage) const
{
    return std::ranges::all_of(
        links_, [stage](auto const& link) { return link->client().stage() == stage; });
}

void Table::look()
{
    if (state_ == State::resting && now() >= rests_until_)
        return open_room();
    if (state_ != State::playing && state_ != State::comparing)
        return;
    if (has_failed_)
        return rest();
    watch_progress();
    if (state_ == State::playing && all_are(Client::Stage::through)) {
        state_ = State::comparing;
        for (auto const& link : links_)
            link->with_client([](Client& client, TimePoint at) { client.compare(at); });
    } else if (state_ == State::comparing && all_are(Client::Stage::compared)) {
        close_room();
    }
}

void Table::close_room()
{
    record_->forget_views();
    if (!load_.options().keeps_acks)
        record_->forget_acks();
    if (!is_stopping_)
        load_.stats().games++;
    open_room();
}

// The server does not want what we want: not too fast, then.
void Table::rest()
{
    state_ = is_stopping_ ? State::done : State::resting;
    rests_until_ = now() + 1s;
}

void Table::watch_progress()
{
    std::uint64_t progress = 0;
    for (auto const& link : links_)
        progress += link->client().version()
            + static_cast<std::uint64_t>(link->client().stage()) * 1'000'000;
    if (std::exchange(progress_, progress) != progress)
        progress_at_ = now();
    if (now() - progress_at_ < load_.options().patience)
        return;
    load_.stats().error("room without progress");
    load_.leaves_unfinished();
    load_.complain(
        fmt::format("room {} made no progress for {} s ({} of {} connected)", record_->room(),
            std::chrono::duration_cast<std::chrono::seconds>(load_.options().patience).count(),
            connected(), links_.size()));
    rest();
}

std::size_t Table::connected() const
{
    return static_cast<std::size_t>(std::ranges::count_if(
        links_, [](auto const& link) { return link->client().is_connected(); }));
}

void Table::give_up()
{
    if (std::exchange(state_, State::done) == State::done)
        return;
    for (auto const& link : links_)
        if (link->client().waits_for_ack())
            load_.stats().error("action without an answer at the end");
    load_.stats().error("table that did not come to its end");
    load_.leaves_unfinished();
}

}  // namespace gatehouse::load
