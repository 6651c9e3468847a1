// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include "base/json_writer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gatehouse::load {
namespace {

using namespace std::chrono_literals;

constexpr Duration retry_after = 100ms;

std::string_view text_in(json::Node node, std::string_view key)
{
    auto const member = node.find(key);
    return member ? member->text().value_or("") : std::string_view{};
}

std::optional<std::uint64_t> number_in(json::Node node, std::string_view key)
{
    auto const member = node.find(key);
    return member ? member->unsigned_integer() : std::nullopt;
}

}  // namespace

Client::Client(Options options, Login const& login, int seat, std::uint64_t seed, Stats& stats,
    Around& around)
    : options_(options)
    , login_(login)
    , seat_(seat)
    , chance_(seed)
    , stats_(stats)
    , around_(around)
{
}

// ---- The table's business

void Client::enter(RoomRecord& record, TimePoint now)
{
    now_ = now;
    if (record_ && is_in_) {
        text_.clear();
        json::Writer(text_).object().key("t").value("leave").key("id").value(++join_id_)
            .key("room").value(record_->room()).end_object();
        say();
    }
    record_ = &record;
    is_in_ = awaits_join_ = false;
    epoch_ = version_ = 0;
    view_.clear();
    next_id_ = 1; // Ids rise per room.
    pending_.reset();
    repeated_.reset();
    refused_at_version_ = ~std::uint64_t{0};
    go(Stage::joining);
    if (link_ == Link::ready)
        join();
}

void Client::stop(TimePoint now)
{
    now_ = now;
    is_stopping_ = true;
    advance();
}

void Client::compare(TimePoint now)
{
    now_ = now;
    go(Stage::comparing);
    if (link_ == Link::ready)
        join();
}

void Client::go(Stage stage)
{
    stage_ = stage;
    around_.moved();
}

void Client::blame(Fault fault, std::string_view why)
{
    record_->blame(fault, fmt::format("seat {} of {}: {}", seat_, login_.principal, why));
}

// ---- The connection

void Client::opened(TimePoint now)
{
    now_ = heard_at_ = asked_at_ = now;
    link_ = Link::greeting;
    text_.clear();
    json::Writer json(text_);
    json.object().key("t").value("hello").key("v").value(1).key("sdk").value("load/0.1.0");
    json.key("auth").value(login_.token);
    if (!session_id_.empty())
        json.key("resume").object().key("sid").value(session_id_).key("tok").value(session_token_)
            .end_object();
    json.end_object();
    say();
}

void Client::closed()
{
    link_ = Link::none;
    is_in_ = awaits_join_ = false;
    repeated_.reset();
    act_at_.reset();
    join_at_.reset();
}

std::optional<Duration> Client::reconnect_delay(websocket::CloseCode code, int failures)
{
    auto const number = std::to_underlying(code);
    auto const jitter
        = [this](int ms) { return Duration(std::chrono::milliseconds(chance_.below(ms))); };
    if (number >= 4000 && number < 4100 && code != websocket::CloseCode::replaced)
        return std::nullopt;
    if (number >= 4100 && number < 4200)
        return 1s + jitter(1'000);
    if (code == websocket::CloseCode::restart || number >= 4200)
        return failures == 0 ? jitter(500) : 100ms + jitter(400);
    return std::min<Duration>(1s, 50ms * (1 << std::min(failures, 5))) / 2 + jitter(100);
}

TimePoint Client::wakes_at() const
{
    if (link_ == Link::none)
        return TimePoint::max();
    auto due = std::min(heard_at_ + dead_, asked_at_ + options_.answer_within);
    if (link_ == Link::ready && !awaits_join_)
        due = heard_at_ + dead_;
    if (pending_)
        due = std::min(due, pending_->resend_at);
    if (act_at_)
        due = std::min(due, *act_at_);
    if (join_at_)
        due = std::min(due, *join_at_);
    if (refused_at_version_ == version_)
        due = std::min(due, refused_until_);
    return due;
}

void Client::woke(TimePoint now)
{
    now_ = now;
    if (link_ == Link::none)
        return;
    if (now - heard_at_ >= dead_) {
        stats_.error("silent server");
        return around_.drop("nothing heard for too long");
    }
    bool const waits = link_ == Link::greeting || awaits_join_;
    if (waits && now - asked_at_ >= options_.answer_within) {
        stats_.error(link_ == Link::greeting ? "no welcome in time" : "no answer to join in time");
        return around_.drop("no answer to hello or join");
    }
    if (join_at_ && now >= *join_at_)
        return join();
    if (pending_ && is_in_ && now >= pending_->resend_at) {
        if (now - pending_->first_sent_at >= options_.answer_within && pending_->version == 0) {
            stats_.error("no answer to act in time");
            pending_->first_sent_at = now; // Once for each time that it is too late.
            return around_.drop("no answer to act");
        }
        say_act(*pending_);
    }
    advance();
}

void Client::received(std::string_view message, TimePoint now)
{
    now_ = heard_at_ = now;
    auto const parsed = parser_.parse(message);
    if (!parsed) {
        stats_.error("message that is no JSON");
        return around_.drop("the server sent what is no JSON");
    }
    if (parsed->kind() == json::Kind::array)
        parsed->each_element([this](json::Node each) {
            handle(each);
            return link_ != Link::none;
        });
    else
        handle(*parsed);
    if (link_ == Link::ready)
        advance();
}

void Client::handle(json::Node message)
{
    stats_.messages++;
    auto const type = text_in(message, "t");
    if (type.empty())
        return around_.send("{}");
    if (type == "welcome")
        return on_welcome(message);
    if (type == "bye") {
        stats_.error("bye: " + std::string(text_in(message, "code")));
        return;
    }
    if (auto const room = text_in(message, "room");
        !record_ || (!room.empty() && room != record_->room()))
        return; // Of the room before.
    if (type == "upd")
        on_update(message);
    else if (type == "ack")
        on_ack(message);
    else if (type == "joined")
        on_joined(message);
    else if (type == "err")
        on_error(message);
    else if (type == "left")
        on_left(text_in(message, "why"));
}

void Client::on_welcome(json::Node message)
{
    link_ = Link::ready;
    session_id_ = text_in(message, "sid");
    session_token_ = text_in(message, "tok");
    dead_ = std::chrono::milliseconds(number_in(message, "dead").value_or(4'500));
    if (auto const limits = message.find("max"))
        act_gap_ = Duration(1s) / std::max<std::int64_t>(
            1, static_cast<std::int64_t>(number_in(*limits, "rate").value_or(50)));
    rate_paid_until_ = now_ + Duration(1s) / 4; // Part of the burst is kept for what is no act.
    if (auto const resumed = message.find("resumed"); resumed && resumed->boolean() == true)
        stats_.resumed++;
    if (record_ && stage_ != Stage::compared)
        join();
}

// ---- Joining

void Client::join()
{
    join_at_.reset();
    asked_at_ = now_;
    awaits_join_ = true;
    text_.clear();
    json::Writer json(text_);
    json.object()
        .key("t")
        .value("join")
        .key("id")
        .value(++join_id_)
        .key("room")
        .value(record_->room());
    if (seat_ < 0)
        json.key("as").value("spectator");
    else
        json.key("seat").value(seat_);
    bool const goes_on = version_ != 0 && stage_ != Stage::comparing && !chance_.one_in(4);
    if (goes_on)
        json.key("at").object().key("e").value(epoch_).key("s").value(version_).end_object();
    json.end_object();
    say();
}

// From what it has, without a new connection.
void Client::join_again()
{
    is_in_ = false;
    join();
}

void Client::on_joined(json::Node message)
{
    if (number_in(message, "id") != join_id_)
        return; // Of a join before the last one.
    auto const epoch = number_in(message, "e").value_or(0);
    auto const version = number_in(message, "s").value_or(0);
    auto const how = text_in(message, "how");
    auto const whole = message.find("view");
    auto const seat = message.find("seat");
    if (seat && seat->integer() != (seat_ < 0 ? std::nullopt : std::optional<std::int64_t>(seat_)))
        blame(Fault::differ, "joined another seat");
    if (version_ != 0 && epoch != epoch_)
        blame(Fault::differ, fmt::format("the epoch went from {} to {}", epoch_, epoch));
    else if (version < version_)
        blame(Fault::unseen, fmt::format("the room went back from {} to {}", version_, version));
    epoch_ = epoch;
    is_in_ = true;
    awaits_join_ = false;
    if (how == "snap" && whole) {
        auto const before = std::exchange(view_, {});
        view_.replace(*whole);
        if (version == version_ && view_.digest() != before.digest())
            blame(Fault::differ,
                fmt::format("updates led to another view of {} than one made afresh: "
                            "{}",
                    version, before.difference(view_)));
        version_ = version;
        show();
    } else if (version != version_ || (how != "live" && how != "tail")) {
        blame(Fault::gap,
            fmt::format("asked to go on from {}, got {} from {}", version_, how, version));
        version_ = 0;
        return join_again();
    }
    if (stage_ == Stage::comparing)
        return go(Stage::compared);
    if (stage_ == Stage::joining)
        go(Stage::playing);
    next_id_ = std::max(next_id_, number_in(message, "last").value_or(0) + 1);
    if (pending_)
        say_act(*pending_);
}

void Client::on_join_refused(std::string_view code, std::string_view words, bool retry)
{
    awaits_join_ = false;
    stats_.error("join: " + std::string(code));
    if (retry)
        join_at_ = now_ + retry_after;
    else if (code == "not_found" && version_ != 0)
        blame(Fault::lost, "the room is gone");
    if (!retry)
        around_.failed(fmt::format("join was refused: {} ({})", words, code));
}

void Client::on_left(std::string_view why)
{
    if (!is_in_)
        return;
    stats_.error("left: " + std::string(why));
    if (why == "replaced")
        join_again();
    else
        around_.failed(fmt::format("the room sent us away: {}", why));
}

// ---- Updates

void Client::on_update(json::Node message)
{
    if (!is_in_)
        return; // Meant for the membership that this join replaces.
    stats_.updates++;
    auto const version = number_in(message, "s").value_or(0);
    if (auto const whole = message.find("view")) {
        if (version < version_)
            blame(Fault::unseen,
                fmt::format("a whole view went back from {} to {}", version_, version));
        view_.replace(*whole);
    } else {
        auto const previous = number_in(message, "p").value_or(0);
        auto const change = message.find("d");
        if (previous != version_ || version <= previous || !change) {
            blame(Fault::gap,
                fmt::format(
                    "an update from {} to {}, but this is {}", previous, version, version_));
            return join_again();
        }
        view_.patch(*change);
    }
    version_ = version;
    show();
}

void Client::show() { record_->saw(seat_, version_, view_.digest()); }

// ---- Acting

void Client::on_ack(json::Node message)
{
    auto const id = number_in(message, "id").value_or(0);
    auto const version = number_in(message, "s").value_or(0);
    if (repeated_ && repeated_->id == id) {
        if (repeated_->version != version)
            blame(Fault::twice, fmt::format("action {} was acked at {}, repeated at {}", id,
                repeated_->version, version));
        repeated_.reset();
        return;
    }
    if (!pending_ || pending_->id != id) {
        blame(Fault::twice, fmt::format("an ack of action {}, which was not waited for", id));
        return;
    }
    if (version > version_)
        blame(Fault::gap, fmt::format("action {} was acked at {} before its update; this is {}", id,
            version, version_));
    stats_.acks++;
    stats_.latency.record(now_ - pending_->first_sent_at);
    record_->acked(login_.principal, id, version);
    if (chance_.one_in(options_.repeat_one_in)) {
        repeated_ = std::move(pending_);
        repeated_->version = version;
        say_act(*repeated_);
        stats_.repeats++;
    }
    pending_.reset();
}

void Client::on_error(json::Node message)
{
    auto const id = number_in(message, "id");
    auto const code = text_in(message, "code");
    auto const retry_node = message.find("retry");
    bool const retry = retry_node && retry_node->boolean() == true;
    if (awaits_join_ && id == join_id_)
        return on_join_refused(code, text_in(message, "msg"), retry);
    if (repeated_ && id == repeated_->id) {
        if (!retry)
            blame(Fault::twice,
                fmt::format("acked action {} was answered {} when repeated", *id, code));
        repeated_.reset();
        return;
    }
    if (!pending_ || id != pending_->id) {
        stats_.error(code);
        return;
    }
    if (retry) {
        stats_.error(code);
        pending_->resend_at = now_ + retry_after;
        return;
    }
    // Somebody was faster, or a timer was: that belongs to the game.
    bool const is_ordinary = code == "wrong_phase" || code == "not_your_turn" || code == "rejected"
        || code == "room_closed" || code == "stale_base";
    if (is_ordinary)
        stats_.refusal(code);
    else
        stats_.error(code);
    refused_at_version_ = version_;
    refused_until_ = now_ + 1s;
    pending_.reset();
}

std::optional<Wish> Client::wish()
{
    auto prepared = prepare(view_, seat_, options_.people);
    if (!prepared.is_complete)
        return std::move(prepared.wish);
    return options_.player.wish(view_, seat_, chance_);
}

void Client::advance()
{
    if (stage_ != Stage::playing || !is_in_ || pending_)
        return;
    if (is_stopping_ || options_.player.is_over(view_))
        return go(Stage::through);
    if (seat_ < 0 || repeated_)
        return;
    if (refused_at_version_ == version_ && now_ < refused_until_)
        return;
    refused_at_version_ = ~std::uint64_t{0};
    if (!act_at_) {
        if (!wish())
            return;
        auto const think = options_.think / 2
            + (options_.think > 0s ? Duration(static_cast<std::int64_t>(chance_.next()
                  % static_cast<std::uint64_t>(options_.think.count()))) : Duration{});
        act_at_ = std::max(now_ + think, rate_paid_until_ - Duration(1s) + act_gap_);
    }
    act_if_due();
}

void Client::act_if_due()
{
    if (now_ < *act_at_)
        return;
    act_at_.reset();
    auto wanted = wish(); // The room may have moved on while we thought.
    if (!wanted)
        return;
    pending_ = Act{next_id_++, std::move(*wanted), now_, {}};
    say_act(*pending_);
    if (chance_.one_in(options_.drop_one_in))
        around_.drop("on purpose");
}

void Client::say_act(Act const& act)
{
    if (pending_ && &act == &*pending_)
        pending_->resend_at = now_ + options_.answer_within;
    text_.clear();
    json::Writer(text_).object().key("t").value("act").key("id").value(act.id)
        .key("room").value(record_->room()).key("a").value(act.wish.action)
        .key("d").raw(act.wish.body).end_object();
    say();
}

// What is in `text_`, paid for as the server counts it.
void Client::say()
{
    rate_paid_until_ = std::max(rate_paid_until_, now_) + act_gap_;
    around_.send(text_);
}

}  // namespace gatehouse::load
