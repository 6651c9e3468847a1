// SPDX-License-Identifier: Apache-2.0
#include "room_load.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gatehouse::load {
namespace {

using namespace std::chrono_literals;

constexpr Duration tick_every = 10ms;
constexpr Duration retry_after = 300ms;
constexpr std::size_t complaints_max = 20;

std::string text_in(json::Parser& parser, std::string_view body, std::string_view key)
{
    auto const parsed = parser.parse(body);
    auto const member = parsed ? parsed->find(key) : std::nullopt;
    return std::string(member ? member->text().value_or("") : std::string_view{});
}

// Of an HTTP answer that was not what we hoped for.
Error error_of(json::Parser& parser, HttpCalls::Answer const& answer, std::string_view request)
{
    auto const words = text_in(parser, answer.body, "detail");
    return {
        answer.status == 429 || answer.status >= 500 ? ErrorCode::unavailable : ErrorCode::rejected,
        fmt::format("{} answered {}: {}", request, answer.status,
            words.empty() ? std::string_view(answer.body).substr(0, 200) : words)};
}

}  // namespace

RoomLoad::RoomLoad(runtime::Reactor& reactor, RoomLoadOptions options)
    : options_(std::move(options))
    , reactor_(reactor)
    , dialler_(reactor,
          2 * static_cast<std::size_t>(options_.rooms * (options_.seats + options_.spectators))
              + 64)
    , http_(dialler_, options_.target)
    , chance_(options_.seed)
    , look_([this] { look(); })
    , tick_([this] { tick(); })
{
}

RoomLoad::~RoomLoad() = default;

void RoomLoad::begin(std::move_only_function<void(Result<void>)> on_done)
{
    on_done_ = std::move(on_done);
    began_at_ = now();
    log_in();
    tick();
}

void RoomLoad::stop()
{
    if (std::exchange(is_stopping_, true))
        return;
    stopped_at_ = now();
    for (auto const& table : tables_)
        table->stop();
}

// ---- Logins: one after the other, for servers count how many come from one address

void RoomLoad::log_in()
{
    if (is_stopping_)
        return;
    if (std::cmp_greater_equal(logins_.size(), options_.logins))
        return begin_tables();
    http_.call({.method = "POST", .target = "/v1/sessions"},
        [this](Result<HttpCalls::Answer> const& answer) { take_login(answer); });
}

void RoomLoad::take_login(Result<HttpCalls::Answer> const& answer)
{
    auto error = answer ? error_of(parser_, *answer, "POST /v1/sessions") : answer.error();
    if (answer && answer->status == 201) {
        logins_.push_back({text_in(parser_, answer->body, "principal"),
            text_in(parser_, answer->body, "token")});
        return log_in();
    }
    if (answer && answer->status == 429)
        complain(
            fmt::format("the server limits new sessions ({} of {} so far): use fewer --logins, or "
                        "raise limits.new_sessions",
                logins_.size(), options_.logins));
    if (error.code != ErrorCode::unavailable || now() - began_at_ >= options_.patience)
        return finish(std::unexpected(std::move(error)));
    login_retry_at_ = now() + retry_after;
}

Login const& RoomLoad::login(int number) const
{
    return logins_[static_cast<std::size_t>(number) % logins_.size()];
}

// ---- Tables

void RoomLoad::begin_tables()
{
    for (int i = 0; i < options_.rooms; i++)
        tables_.push_back(std::make_unique<Table>(*this, i));
}

void RoomLoad::tick()
{
    if (!on_done_)
        return;
    if (login_retry_at_ && now() >= *login_retry_at_) {
        login_retry_at_.reset();
        log_in();
    }
    connections_due_ += options_.connections_per_second * 0.01;
    auto const per_table = static_cast<double>(options_.seats + options_.spectators);
    while (tables_begun_ < tables_.size() && connections_due_ > 0 && !is_stopping_) {
        tables_[tables_begun_++]->begin();
        connections_due_ -= per_table;
    }
    connections_due_ = std::min(connections_due_, 1.0);
    if (now() - looked_at_ >= 1s) {
        looked_at_ = now();
        for (auto const& table : tables_)
            table->look();
    }
    bool const is_late = is_stopping_ && now() - stopped_at_ >= options_.patience;
    if (is_late)
        for (auto const& table : tables_)
            table->give_up();
    bool const has_begun = tables_begun_ == tables_.size() && !tables_.empty();
    bool const all_done = std::ranges::all_of(tables_, &Table::is_done);
    if (all_done && (has_begun || is_stopping_))
        return finish({});
    reactor_.timers().arm(tick_, now() + tick_every);
}

void RoomLoad::wants_a_look(Table& table)
{
    to_look_at_.push_back(&table);
    if (!look_.is_armed())
        reactor_.timers().arm(look_, now());
}

void RoomLoad::look()
{
    for (auto* const table : std::exchange(to_look_at_, {}))
        table->look();
}

void RoomLoad::finish(Result<void> how)
{
    if (auto done = std::exchange(on_done_, nullptr))
        done(std::move(how));
}

bool RoomLoad::takes_a_game()
{
    if (games_begun_ >= options_.games_max)
        return false;
    games_begun_++;
    return true;
}

void RoomLoad::open_room(std::move_only_function<void(Result<std::string>)> done)
{
    std::string body = fmt::format(
        R"({{"game":"{}","options":{}}})", options_.player.game, options_.game_options);
    http_.call(
        {.method = "POST", .target = "/v1/rooms", .token = login(0).token, .body = std::move(body)},
        [this, done = std::move(done)](Result<HttpCalls::Answer> answer) mutable {
            if (!answer)
                return done(std::unexpected(std::move(answer).error()));
            if (answer->status != 201)
                return done(std::unexpected(error_of(parser_, *answer, "POST /v1/rooms")));
            done(text_in(parser_, answer->body, "room"));
        });
}

RoomRecord& RoomLoad::new_record(std::string room)
{
    return *records_.emplace_back(std::make_unique<RoomRecord>(std::move(room), verdict_));
}

void RoomLoad::complain(std::string words)
{
    if (complaints_.size() < complaints_max
        && std::ranges::find(complaints_, words) == complaints_.end())
        complaints_.push_back(std::move(words));
}

Stats RoomLoad::take_stats() { return std::exchange(stats_, Stats{}); }

Load::Gauges RoomLoad::gauges() const
{
    Gauges gauges;
    for (auto const& table : tables_) {
        gauges.connected += table->connected();
        gauges.rooms += table->is_done() ? 0 : 1;
    }
    return gauges;
}

}  // namespace gatehouse::load
