// SPDX-License-Identifier: Apache-2.0
#include "remote/answer.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace gatehouse::remote {
namespace {

using json::Kind;
using json::Tree;

constexpr std::size_t word_size_max = 64;
constexpr std::size_t message_size_max = 1'024;
constexpr std::int64_t timer_ms_max = 366LL * 24 * 60 * 60 * 1'000;

std::unexpected<Error> broken(std::string what)
{
    return fail(ErrorCode::internal, "the rules of this game answered what cannot be used",
        std::move(what));
}

// Of an event: a snake_case word that is not the platform's.
bool is_event_name(std::string_view word)
{
    auto const is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !word.empty() && word.size() <= word_size_max && std::ranges::all_of(word, is_letter);
}

Result<rooms::Refusal> read_refusal(Tree const& no)
{
    using enum ErrorCode;
    constexpr std::array codes{bad_request, forbidden, not_found, room_full, room_closed,
        wrong_phase, not_your_turn, rejected, too_large, unsupported};
    auto const* const code = no.find("code");
    auto const* const text = no.find("msg");
    auto const name = code ? code->text() : "rejected";
    auto const message = text ? text->text() : std::nullopt;
    if (!message || message->empty() || message->size() > message_size_max)
        return broken("/no/msg: expected a text of 1 to 1024 bytes, for the player");
    auto const known = std::ranges::find_if(
        codes, [&](ErrorCode each) { return name && gatehouse::name_of(each) == *name; });
    if (known == codes.end())
        return broken("/no/code: expected one of those that a game may refuse with");
    return rooms::Refusal{*known, std::string(*message)};
}

Result<Happened> read_event(Tree const& event)
{
    auto const* const name = event.find("e");
    if (!name || !is_event_name(name->text().value_or("")))
        return broken("/ev/e: expected a snake_case word of at most 64 bytes");
    Happened happened{.name = std::string(*name->text())};
    if (auto const* const told = event.find("d"))
        happened.told = *told;
    if (auto const* const patch = event.find("p")) {
        if (patch->kind() != Kind::object)
            return broken("/ev/p: expected a merge patch, which is an object");
        happened.patch = *patch;
    }
    return happened;
}

Result<rooms::TimerChange> read_timer(Tree const& change)
{
    auto const& pair = change.elements();
    auto const name = pair.size() == 2 ? pair[0].text() : std::nullopt;
    if (!name || name->empty() || name->size() > word_size_max)
        return broken("/timers: expected [name, milliseconds or null]");
    rooms::TimerChange timer{std::string(*name), std::nullopt};
    if (pair[1].kind() == Kind::null)
        return timer;
    auto const after = pair[1].integer();
    if (!after || *after < 0 || *after > timer_ms_max)
        return broken("/timers: expected milliseconds, at most a year, or null");
    timer.after = Milliseconds(*after);
    return timer;
}

// An array of at most so many; empty where it is left out.
Result<Tree::Array> read_list(Tree const& reply, std::string_view key, std::size_t size_max)
{
    auto const* const list = reply.find(key);
    if (!list)
        return Tree::Array();
    if (list->kind() != Kind::array || list->elements().size() > size_max)
        return broken(
            "/" + std::string(key) + ": expected an array of at most " + std::to_string(size_max));
    return list->elements();
}

Result<Answer> read_answer(Tree const& reply)
{
    Answer answer;
    if (auto const* const no = reply.find("no")) {
        answer.refusal = GH_TRY(read_refusal(*no));
        return answer;
    }
    if (auto const* const failed = reply.find("failed"))
        return broken("they failed: "
            + std::string(failed->text().value_or("").substr(0, message_size_max)));
    if (!reply.find("ev"))
        return broken("expected ev, no, need or failed");
    for (auto const& event : GH_TRY(read_list(reply, "ev", events_per_answer_max)))
        answer.events.push_back(GH_TRY(read_event(event)));
    for (auto const& timer : GH_TRY(read_list(reply, "timers", timers_per_answer_max)))
        answer.timers.push_back(GH_TRY(read_timer(timer)));
    if (auto const* const over = reply.find("over")) {
        if (over->kind() != Kind::boolean)
            return broken("/over: expected true or false");
        answer.is_over = *over->boolean();
    }
    return answer;
}

Result<Hello> read_hello(Tree const& hello)
{
    auto const misread = [](std::string what) {
        return fail(ErrorCode::bad_request, "the rules process says hello in other words",
            std::move(what));
    };
    if (hello.find("hello")->text() != protocol)
        return misread("/hello: expected \"" + std::string(protocol) + "\"");
    auto const* const games = hello.find("games");
    if (!games || games->kind() != Kind::object
        || games->members().size() > games_per_process_max)
        return misread("/games: expected {name: {tag}}");
    Hello read;
    for (auto const& [name, about] : games->members()) {
        auto const* const tag = about.find("tag");
        auto const text = tag ? tag->text() : std::nullopt;
        if (!text || text->empty() || text->size() > word_size_max)
            return misread("/games/" + name + "/tag: expected a text of 1 to 64 bytes");
        read.games.emplace(name, *text);
    }
    return read;
}

}  // namespace

Result<std::variant<Hello, Reply>> read_message(Tree const& message)
{
    if (message.find("hello"))
        return GH_TRY(read_hello(message));
    auto const* const number = message.find("q");
    auto const question = number ? number->integer() : std::nullopt;
    if (!question || *question < 1)
        return fail(ErrorCode::bad_request, "a message of the rules process is no answer",
            "expected q, the number of a question");
    Reply reply{.question = static_cast<std::uint64_t>(*question)};
    auto const* const need = message.find("need");
    reply.needs_state = need && need->boolean().value_or(false);
    if (!reply.needs_state)
        reply.answer = read_answer(message);
    return reply;
}

}  // namespace gatehouse::remote
