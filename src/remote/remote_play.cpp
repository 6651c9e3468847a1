// SPDX-License-Identifier: Apache-2.0
#include "remote/remote_play.hpp"

#include "base/assert.hpp"
#include "base/fields.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::remote {
namespace {

using json::Tree;
using rooms::Refusal;
using rooms::Verdict;

// Of the room's committed seed and the moment: whoever is asked again about it, because nobody
// answered or because the answer was a refusal, is given the same chance again, and no other.
std::string seed_of(rooms::Context const& context)
{
    auto stream = context.chance.stream(context.version);
    std::string seed;
    while (seed.size() < 32) {
        auto const word = stream.next();
        for (int shift = 0; shift < 32; shift += 8)
            seed += static_cast<char>(word >> shift);
    }
    return seed;
}

decltype(Question::what) wish_of(rooms::Question const& question)
{
    using What = decltype(Question::what);
    return std::visit(
        Overload{[](rooms::SeatAction const& wish) -> What {
                     return Act{wish.seat, std::string(wish.name), wish.body.compact()};
                 },
            [](rooms::TimerRang const& rang) -> What { return Ring{std::string(rang.name)}; },
            [](auto const&) -> What { return Prepare{}; }},
        question);
}

rooms::GameEvent event_of(Happened const& happened)
{
    std::string json = "{";
    if (happened.told)
        json += R"("d":)" + happened.told->canonical();
    if (happened.patch)
        json += (happened.told ? R"(,"p":)" : R"("p":)") + happened.patch->canonical();
    json += '}';
    return {.type = happened.name, .schema = 1, .data = to_cbor(json)};
}

Result<std::optional<Tree>> patch_of(std::string_view data)
{
    auto const event = from_cbor(data);
    if (!event || event->kind() != json::Kind::object)
        return fail(ErrorCode::internal, "an event of this game cannot be read",
            event ? "expected {d, p}" : event.error().message);
    auto const* const patch = event->find("p");
    if (patch && patch->kind() != json::Kind::object)
        return fail(ErrorCode::internal, "an event of this game cannot be read",
            "/p: expected a merge patch, which is an object");
    return patch ? std::optional(*patch) : std::nullopt;
}

// Not to be tried again: the same would come of it.
Verdict too_large(std::string const& why)
{
    return {.refusal = Refusal{ErrorCode::too_large, "this game has no place for that: " + why}};
}

} // namespace

RemotePlay::RemotePlay(std::string const& game, Line& line, Document document)
    : game_(game)
    , line_(line)
    , document_(std::move(document))
{ }

// ---- Questions

std::string RemotePlay::tag() const
{
    return std::string(line_.tag(game_).value_or(""));
}

// While no process is there, what the last one made will do.
bool RemotePlay::wants_prepare(std::span<rooms::Occupant const> seats) const
{
    auto const now = line_.tag(game_);
    auto const made_by = document_.tag();
    bool const is_fitting = made_by && (!now || *now == *made_by) && document_.is_for(seats);
    return !is_fitting
        && !(prepared_ && prepared_->tag == tag() && std::ranges::equal(prepared_->seats, seats));
}

std::optional<Verdict> RemotePlay::answer_at_once(rooms::Question const& question) const
{
    if (std::holds_alternative<rooms::SeatQuery>(question))
        return Verdict{
            .refusal = Refusal{ErrorCode::unsupported, "this game answers no questions"}};
    if (std::holds_alternative<rooms::Prepare>(question) || document_.tag())
        return std::nullopt;
    if (prepared_ && prepared_->refusal)
        return Verdict{.refusal = prepared_->refusal};
    return Verdict{
        .undecided = Error{ErrorCode::unavailable, "this game is not set up yet; try again"}};
}

void RemotePlay::decide(rooms::Question const& question, rooms::Context const& context,
    std::move_only_function<void(Verdict)> answer)
{
    if (auto verdict = answer_at_once(question))
        return answer(*std::move(verdict));
    if (std::exchange(ahead_, std::nullopt))
        held_.reset(); // What it answered last did not come to be, or not all of it.
    asked_ = std::make_shared<RemotePlay*>(this);
    std::optional<Prepared> prepared;
    if (std::holds_alternative<rooms::Prepare>(question))
        prepared = Prepared{tag(), {context.seats.begin(), context.seats.end()}};
    Question asked{.game = game_,
        .room = std::string(context.room),
        .state = document_.lend(),
        .held = held_,
        .what = wish_of(question),
        .now = context.now,
        .seed = seed_of(context),
        .seats = {context.seats.begin(), context.seats.end()}};
    line_.ask(std::move(asked),
        [weak = std::weak_ptr(asked_), prepared = std::move(prepared), answer = std::move(answer)](
            Result<Answer> came) mutable {
            auto const still_asked = weak.lock();
            if (!still_asked)
                return answer(
                    {.undecided = Error{ErrorCode::unavailable, "nobody waits for this any more"}});
            auto& play = **still_asked;
            auto verdict = play.hear(std::move(came));
            if (prepared && !verdict.undecided) {
                prepared->refusal = verdict.refusal;
                play.prepared_ = std::move(prepared);
            }
            answer(std::move(verdict)); // It may be the end of the play.
        });
}

Verdict RemotePlay::hear(Result<Answer> answer)
{
    asked_.reset();
    if (!answer)
        return {.undecided = std::move(answer).error()};
    if (answer->refusal) {
        held_ = answer->held;
        return {.refusal = std::move(answer->refusal)};
    }
    return accept(*std::move(answer));
}

// What it could not read again, or not keep, is not stored.
Verdict RemotePlay::accept(Answer answer)
{
    Verdict verdict{.timers = std::move(answer.timers), .is_over = answer.is_over};
    std::vector<Tree> patches;
    for (auto const& happened : answer.events) {
        auto const& stored = verdict.events.emplace_back(event_of(happened));
        if (stored.data.size() > event_size_max)
            return too_large("one event has " + std::to_string(stored.data.size()) + " bytes; "
                + std::to_string(event_size_max) + " fit");
        auto patch = patch_of(stored.data);
        if (!patch)
            return {.undecided = std::move(patch).error()};
        if (*patch)
            patches.push_back(**std::move(patch));
    }
    if (auto const place = document_.has_place_for(patches); !place)
        return too_large(place.error().detail);
    if (verdict.events.empty())
        held_ = answer.held;
    else
        ahead_ = Ahead{answer.held, verdict.events.size()};
    return verdict;
}

// ---- The state

Result<void> RemotePlay::evolve(std::string_view type, std::uint16_t schema, std::string_view data)
{
    if (schema != 1)
        return fail(ErrorCode::unavailable, "a newer server wrote this room",
            std::string(type) + " of schema " + std::to_string(schema));
    if (auto patch = GH_TRY(patch_of(data)))
        document_.merge(*std::move(patch));
    if (!ahead_)
        held_.reset();
    else if (--ahead_->events == 0)
        held_ = std::exchange(ahead_, std::nullopt)->held;
    return {};
}

void RemotePlay::show(rooms::Seat audience, json::Writer& out)
{
    auto view = document_.view(audience);
    out.raw(view.canonical());
    shown_.insert_or_assign(audience, std::move(view));
}

bool RemotePlay::update(rooms::Seat audience, json::Writer& out)
{
    auto const last = shown_.find(audience);
    GH_ASSERT(last != shown_.end());
    auto now = document_.view(audience);
    auto const patch = Tree::patch(last->second, now);
    if (!patch)
        return false;
    out.raw(patch->canonical());
    last->second = std::move(now);
    return true;
}

} // namespace gatehouse::remote
