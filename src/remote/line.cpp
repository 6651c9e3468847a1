// SPDX-License-Identifier: Apache-2.0
#include "remote/line.hpp"

#include "base/json_writer.hpp"

#include <utility>
#include <vector>

namespace gatehouse::remote {
namespace {

constexpr std::size_t prefix_size = 4;

std::uint32_t size_of_frame(std::string_view prefix)
{
    std::uint32_t size = 0;
    for (auto const byte : prefix.substr(0, prefix_size))
        size = size << 8 | static_cast<unsigned char>(byte);
    return size;
}

void set_prefix(std::string& out, std::size_t at)
{
    auto const size = out.size() - at - prefix_size;
    for (std::size_t i = 0; i < prefix_size; i++)
        out[at + i] = static_cast<char>(size >> 8 * (prefix_size - 1 - i));
}

std::unexpected<Error> breach(std::string what)
{
    return fail(ErrorCode::bad_request, "the rules process does not speak this protocol",
        std::move(what));
}

std::unexpected<Error> nobody_decided(std::string why)
{
    return fail(ErrorCode::unavailable, std::move(why) + "; nothing was changed, try again");
}

}  // namespace

Line::Line(LineOptions const& options, Now const& now)
    : options_(options)
    , now_(now)
{ }

void Line::ask(Question question, OnAnswer then)
{
    if (pending_.size() >= options_.questions_max)
        return refuse(fail(ErrorCode::busy, "the rules of this game have too much to decide now"),
            std::move(then));
    if (phase_ == Phase::ready && !tag(question.game))
        return refuse(nobody_decided("the rules that are connected do not know this game"),
            std::move(then));
    auto const number = ++asked_;
    pending_.emplace(number,
        Pending{std::move(question), std::move(then), now_.steady + options_.deadline});
    waiting_.insert(number);
}

void Line::refuse(std::unexpected<Error> error, OnAnswer then)
{
    if (on_settled_)
        on_settled_({}, error.error().code);
    then(std::move(error));
}

std::optional<std::string_view> Line::tag(std::string_view game) const
{
    if (!hello_)
        return {};
    auto const found = hello_->games.find(game);
    return found == hello_->games.end() ? std::nullopt
                                        : std::optional<std::string_view>(found->second);
}

// Whoever asked may ask the next question in here.
void Line::settle(std::uint64_t number, Result<Answer> answer)
{
    waiting_.erase(number);
    auto const found = pending_.find(number);
    auto then = std::move(found->second.then);
    if (on_settled_)
        on_settled_(now_.steady - (found->second.until - options_.deadline),
            answer ? std::nullopt : std::optional(answer.error().code));
    pending_.erase(found); // The state is not lent any more: it may change in place.
    then(std::move(answer));
}

// ---- The connection

void Line::connected()
{
    phase_ = Phase::connected;
    connection_++;
    hello_until_ = now_.steady + options_.hello_max;
}

void Line::disconnected()
{
    constexpr int cuts_max = 2;
    if (phase_ == Phase::away)
        return; // A dial that failed: it cut nothing off.
    phase_ = Phase::away;
    hello_.reset();
    received_.clear();
    std::vector<std::uint64_t> lost;
    for (auto& [number, each] : pending_) {
        if (each.asked_over != connection_)
            continue;
        waiting_.insert(number);
        if (++each.cuts == cuts_max)
            lost.push_back(number);
    }
    for (auto const number : lost)
        settle(number, nobody_decided("the rules of this game went away while they decided"));
}

bool Line::is_held(Question const& question) const
{
    return question.held && question.held->connection == connection_;
}

bool Line::write(std::string& out)
{
    auto const begin = out.size();
    out.append(prefix_size, '\0');
    json::Writer frame(out);
    frame.array();
    bool is_empty = true;
    if (phase_ == Phase::connected) {
        frame.object().key("hello").value(protocol).end_object();
        phase_ = Phase::greeted;
        is_empty = false;
    }
    while (phase_ == Phase::ready && !waiting_.empty()) {
        auto const number = *waiting_.begin();
        auto& each = pending_.at(number);
        auto const before = out.size();
        frame.raw({});
        append_question(out, number, each.question,
            is_held(each.question) ? WithState::no : WithState::yes,
            each.cuts > 0 ? Again::yes : Again::no);
        if (!is_empty && out.size() - begin > frame_size_max) {
            out.resize(before);
            break;
        }
        is_empty = false;
        each.asked_over = connection_;
        each.asked_at = now_.steady;
        each.heard = heard_;
        waiting_.erase(waiting_.begin());
    }
    frame.end_array();
    if (is_empty)
        out.resize(begin);
    else
        set_prefix(out, begin);
    return !is_empty;
}

// ---- Answers

Result<void> Line::received(std::string_view bytes)
{
    received_ += bytes;
    heard_ += bytes.size();
    std::string_view rest = received_;
    while (rest.size() >= prefix_size) {
        auto const size = size_of_frame(rest);
        if (size > frame_size_max)
            return breach("a frame of " + std::to_string(size) + " bytes; "
                + std::to_string(frame_size_max) + " fit");
        if (rest.size() - prefix_size < size)
            break;
        auto const frame = json::Tree::parse(rest.substr(prefix_size, size));
        if (!frame)
            return breach(frame.error().message);
        if (frame->kind() != json::Kind::array)
            return breach("a frame that is no array of messages");
        for (auto const& message : frame->elements())
            GH_CHECK(take(message));
        rest.remove_prefix(prefix_size + size);
    }
    received_.erase(0, received_.size() - rest.size());
    return {};
}

Result<void> Line::take(json::Tree const& message)
{
    return std::visit([this](auto&& each) { return take(std::move(each)); },
        GH_TRY(read_message(message)));
}

Result<void> Line::take(Hello hello)
{
    if (phase_ == Phase::connected)
        return breach("hello before it was said to");
    phase_ = Phase::ready;
    hello_ = std::move(hello);
    hellos_++;
    std::vector<std::uint64_t> unknown;
    for (auto const number : waiting_)
        if (!tag(pending_.at(number).question.game))
            unknown.push_back(number);
    for (auto const number : unknown)
        settle(number, nobody_decided("the rules that are connected do not know this game"));
    return {};
}

// What nobody waits for any more is passed over: its deadline was faster, or it was answered twice.
Result<void> Line::take(Reply reply)
{
    if (phase_ != Phase::ready)
        return breach("an answer before hello");
    answers_++;
    if (reply.question > asked_)
        return breach("an answer to question " + std::to_string(reply.question)
            + ", which was never asked");
    auto const found = pending_.find(reply.question);
    if (found == pending_.end() || found->second.asked_over != connection_)
        return {};
    if (!reply.needs_state) {
        if (reply.answer)
            reply.answer->held = {connection_, reply.question};
        settle(reply.question, std::move(reply.answer));
        return {};
    }
    auto& question = found->second.question;
    if (!is_held(question)) {
        settle(reply.question, fail(ErrorCode::internal,
            "the rules of this game answered what cannot be used",
            "they need a state that they were sent"));
        return {};
    }
    question.held.reset();
    waiting_.insert(reply.question);
    return {};
}

// ---- Time

std::optional<TimePoint> Line::alarm() const
{
    std::optional<TimePoint> alarm;
    if (!pending_.empty())
        alarm = pending_.begin()->second.until;
    bool const awaits_hello = phase_ == Phase::connected || phase_ == Phase::greeted;
    if (awaits_hello && (!alarm || hello_until_ < *alarm))
        alarm = hello_until_;
    return alarm;
}

// Half of its time at least it had: what waited for a connection does not count against that one.
bool Line::is_proof_of_silence(Pending const& late) const
{
    return phase_ == Phase::ready && late.asked_over == connection_ && late.heard == heard_
        && now_.steady - late.asked_at >= options_.deadline / 2;
}

Result<void> Line::ring()
{
    bool is_silent = false;
    while (!pending_.empty() && pending_.begin()->second.until <= now_.steady) {
        is_silent = is_silent || is_proof_of_silence(pending_.begin()->second);
        settle(pending_.begin()->first, nobody_decided("the rules of this game did not answer"));
    }
    if (is_silent)
        return fail(ErrorCode::unavailable, "the rules process hangs", "it does not answer");
    bool const awaits_hello = phase_ == Phase::connected || phase_ == Phase::greeted;
    if (awaits_hello && hello_until_ <= now_.steady)
        return breach("no hello in time");
    return {};
}

}  // namespace gatehouse::remote
