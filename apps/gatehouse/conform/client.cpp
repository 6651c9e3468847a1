// SPDX-License-Identifier: Apache-2.0
#include "conform/client.hpp"

#include "conform/laws.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::conform {
namespace {

std::string words_of(Ended const& end)
{
    if (end.code == 0)
        return end.reason;
    return fmt::format(
        "the connection ended with {}{}", end.code, end.reason.empty() ? "" : " " + end.reason);
}

std::string words_of(Clock::duration within)
{
    auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(within).count();
    return fmt::format("nothing in {}.{} s", ms / 1000, ms % 1000 / 100);
}

} // namespace

// ---- What is waited for

Seen<json::Tree> Client::expect(std::string_view what, Fits const& fits, Clock::duration within)
{
    for (auto const until = Clock::now() + within;;) {
        if (auto const found = std::ranges::find_if(inbox_, fits); found != inbox_.end()) {
            auto message = std::move(*found);
            inbox_.erase(found);
            return message;
        }
        auto const heard = take_next(until);
        if (auto const* const end = std::get_if<Ended>(&heard))
            return failed(std::string(what), words_of(*end) + last_heard());
        if (std::holds_alternative<Silence>(heard))
            return failed(std::string(what), words_of(within) + last_heard());
    }
}

Seen<json::Tree> Client::expect(std::string_view type)
{
    return expect(type, [type](json::Tree const& each) { return text_in(each, "t") == type; });
}

Seen<json::Tree> Client::answer(std::uint64_t id)
{
    return expect(fmt::format("an answer with id {}", id),
        [id](json::Tree const& each) { return std::cmp_equal(number_in(each, "id"), id); });
}

Seen<json::Tree> Client::refusal(std::string_view code, std::uint64_t id)
{
    auto const what = fmt::format("err {}{}", code, id ? fmt::format(" for id {}", id) : "");
    auto const is_answer = [id](json::Tree const& each) {
        return id ? std::cmp_equal(number_in(each, "id"), id) : text_in(each, "t") == "err";
    };
    auto message = GH_TRY(expect(what, is_answer));
    if (text_in(message, "t") != "err" || text_in(message, "code") != code)
        return failed(what, shown(message));
    return message;
}

Seen<Ended> Client::expect_end(int code, Clock::duration within)
{
    auto const what = code ? fmt::format("close {}", code) : std::string("the connection to end");
    for (auto const until = Clock::now() + within;;) {
        auto const heard = take_next(until);
        if (std::holds_alternative<Silence>(heard))
            return failed(what, words_of(within) + last_heard());
        auto const* const end = std::get_if<Ended>(&heard);
        if (end && code && end->code != code)
            return failed(what, words_of(*end));
        if (end)
            return *end;
    }
}

Seen<void> Client::is_alive()
{
    say(R"({"t":"ping"})");
    GH_CHECK(expect("pong"));
    return {};
}

Seen<void> Client::expect_pong()
{
    for (auto const until = Clock::now() + patience; pongs_ == 0;) {
        auto const heard = take_next(until);
        if (std::holds_alternative<Silence>(heard) || std::holds_alternative<Ended>(heard))
            return failed("a pong frame", "none" + last_heard());
    }
    pongs_ = 0;
    return {};
}

// ---- What is said

Seen<json::Tree> Client::hello(Login const& login, std::string_view more)
{
    say(fmt::format(
        R"({{"t":"hello","v":1,"sdk":"conform/1","auth":{}{}}})", quoted(login.token), more));
    return expect("welcome");
}

Seen<json::Tree> Client::join(std::string_view where)
{
    auto const id = next_join_++;
    say(fmt::format(R"({{"t":"join","id":{},"ticks":true,{}}})", id, where));
    auto answered = GH_TRY(answer(id));
    if (text_in(answered, "t") != "joined")
        return failed("joined", shown(answered));
    return answered;
}

void Client::say_name(
    std::string_view room, std::uint64_t id, std::string_view name, std::string_view more)
{
    say(fmt::format(R"({{"t":"act","id":{},"room":{},"a":"room.name","d":{{"name":{}}}{}}})", id,
        quoted(room), quoted(name), more));
}

Seen<json::Tree> Client::name(
    std::string_view room, std::uint64_t id, std::string_view name, std::string_view more)
{
    say_name(room, id, name, more);
    return answer(id);
}

Seen<std::int64_t> Client::must_name(std::string_view room, std::uint64_t id, std::string_view name)
{
    auto const answered = GH_TRY(this->name(room, id, name));
    if (text_in(answered, "t") != "ack")
        return failed(fmt::format("ack for id {}", id), shown(answered));
    return number_in(answered, "s");
}

Seen<void> Client::see(std::string_view room, std::int64_t version)
{
    for (auto const until = Clock::now() + patience; mirror(room).version < version;) {
        auto const heard = take_next(until);
        if (std::holds_alternative<Silence>(heard) || std::holds_alternative<Ended>(heard))
            return failed(fmt::format("an update that brings the room to version {}", version),
                fmt::format("it stays at {}{}", mirror(room).version, last_heard()));
    }
    return {};
}

// ---- What comes

Heard Client::take_next(Clock::time_point until)
{
    auto heard = line_->hear(until);
    if (std::holds_alternative<Ponged>(heard))
        pongs_++;
    auto const* const said = std::get_if<Said>(&heard);
    if (!said)
        return heard;
    auto frame = json::Tree::parse(said->json);
    if (!frame)
        return Ended{0, "a frame that is no JSON: " + said->json.substr(0, 100)};
    last_ = shown(*frame);
    if (frame->kind() != json::Kind::array) {
        take(std::move(*frame));
        return heard;
    }
    for (auto const& each : frame->elements())
        take(each);
    return heard;
}

void Client::take(json::Tree message)
{
    if (auto const trouble = trouble_with(message); !trouble.empty())
        blame(law::shape, trouble);
    auto const type = text_in(message, "t");
    if (message.kind() == json::Kind::object && message.members().empty()) {
        beats_++;
        if (answers_beats_)
            say("{}");
        return;
    }
    bool const asks_for_life = type == "ping" || type == "auth";
    if (answers_pings_ && asks_for_life)
        return say(R"({"t":"pong","now":0})");
    if (type == "joined")
        take_joined(message);
    else if (type == "upd")
        take_update(message);
    else if (type == "ack")
        take_ack(message);
    inbox_.push_back(std::move(message));
}

void Client::take_joined(json::Tree const& message)
{
    auto const how = text_in(message, "how");
    auto& known = mirror(text_in(message, "room"));
    auto const epoch = number_in(message, "e");
    auto const version = number_in(message, "s");
    bool const goes_on = how == "live" || how == "tail";
    if (goes_on && (known.epoch != epoch || known.version != version))
        blame(law::chain,
            fmt::format("joined says {} at e {} s {}, but {} and {} were shown", how, epoch,
                version, known.epoch, known.version));
    known.epoch = epoch;
    known.version = version;
    known.step = count_in(message, "k");
    known.seat = number_in(message, "seat");
    known.last = number_in(message, "last");
    auto const* const view = message.find("view");
    if (view && view->has_null_member())
        blame(law::no_null, shown(message));
    if (view)
        known.view = *view;
}

void Client::take_update(json::Tree const& message)
{
    auto const room = text_in(message, "room");
    auto& known = mirror(room);
    auto const previous = number_in(message, "p");
    auto const version = number_in(message, "s");
    auto const step_before = count_in(message, "pk");
    updates_.push_back(message.canonical());
    auto const* const view = message.find("view");
    if (!view && (previous != known.version || step_before != known.step))
        blame(law::chain,
            fmt::format("an update has p {}, and the one before it had s {}: {}", previous,
                known.version, shown(message)));
    if (version < known.version || version < previous)
        blame(law::chain, fmt::format("versions fell: {}", shown(message)));
    known.version = version;
    known.step = count_in(message, "k");
    if (view)
        known.epoch = number_in(message, "e");
    if (auto const* const change = message.find("d"))
        known.view.merge(*change);
    else if (view)
        known.view = *view;
    if (known.view.has_null_member())
        blame(law::no_null, shown(message));
}

void Client::take_ack(json::Tree const& message)
{
    auto const& known = mirror(text_in(message, "room"));
    if (auto const version = number_in(message, "s"); version > known.version)
        blame(law::ack_last,
            fmt::format("ack {} of version {} came when version {} had been shown",
                number_in(message, "id"), version, known.version));
}

void Client::blame(std::string_view law, std::string what)
{
    constexpr std::size_t violations_max = 100;
    if (ledger_.size() < violations_max)
        ledger_.push_back({law, std::move(what)});
}

std::string Client::last_heard() const
{
    return last_.empty() ? "" : "; the last frame was " + last_;
}

} // namespace gatehouse::conform
