// SPDX-License-Identifier: Apache-2.0
#include "server/notary.hpp"

#include "server/ask.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace gatehouse::server {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t notes_a_piece = 8; // Half a second of a service that is far away.
constexpr Duration pause_min = 1s;
constexpr Duration pause_max = 60s;

Result<void> explained(Result<void> kept)
{
    if (!kept && kept.error().code != ErrorCode::busy)
        kept.error().message
            = "nobody can read their names, but a copy of the store may bring them back, for "
              "it could not be kept that they were erased: " + kept.error().message;
    return kept;
}

} // namespace

Result<std::unique_ptr<Notary>> Notary::create(config::Settings const& settings,
    storage::Committer& committer, runtime::Clock& clock, std::uint64_t history,
    KnownErasures& known, TargetNames const& unasked, News news)
{
    std::stop_source stop;
    std::vector<Target> targets;
    for (auto& each : GH_TRY(erasure_targets(settings, stop.get_token(), Patience::brief))) {
        bool const is_unasked = unasked.contains(each.name);
        targets.push_back({.its = std::move(each), .is_unasked = is_unasked});
    }
    return std::unique_ptr<Notary>(new Notary(committer, clock, history, known, std::move(news),
        std::move(stop), std::move(targets)));
}

Notary::Notary(storage::Committer& committer, runtime::Clock& clock, std::uint64_t history,
    KnownErasures& known, News news, std::stop_source stop, std::vector<Target> targets)
    : committer_(committer)
    , clock_(clock)
    , history_(history)
    , known_(known)
    , news_(std::move(news))
    , stop_(std::move(stop))
    , targets_(std::move(targets))
    , keeping_(clock, {.name = "gh-notary"})
    , tending_(clock, {.name = "gh-notes"})
    , next_([this] { tend(); })
{
    tending_.reactor().mailbox().post_answer([this] { tend(); });
}

void Notary::start()
{
    keeping_.start();
    tending_.start();
}

void Notary::stop()
{
    stop_.request_stop();
    keeping_.stop();
    tending_.stop();
}

void Notary::owe(storage::archive::ErasedKeys keys, runtime::Reactor& shard, OnKept done)
{
    server::ask(keeping_, shard, std::move(done), [this, keys = std::move(keys)] {
        auto const owed = known_.owe(keys);
        news_.owes(known_.owed_count());
        tending_.reactor().mailbox().post_answer([this] { tend(); });
        return explained(owed);
    });
}

void Notary::note_deleted(runtime::Reactor& shard, OnKept done)
{
    server::ask(keeping_, shard, std::move(done), [this] { return explained(remember()); });
}

// One target that is away is not in the way of the other: it is asked less and less often.
void Notary::tend()
{
    auto next_at = TimePoint::max();
    for (auto& target : targets_) {
        if (target.next_at <= clock_.read().steady || (target.trouble.empty() && !is_idle(target)))
            attend(target);
        if (stop_.stop_requested())
            return;
        next_at = std::min(next_at, target.next_at);
    }
    news_.owes(known_.owed_count());
    tending_.reactor().timers().arm(next_, next_at);
}

void Notary::attend(Target& target)
{
    auto done = pay_some(target);
    if (done && target.is_unasked)
        done = ask(target);
    if (stop_.stop_requested())
        return;
    if (!done)
        target.pause = std::clamp(2 * target.pause, pause_min, pause_max);
    else
        target.pause = is_idle(target) ? pause_max : Duration::zero();
    target.next_at = clock_.read().steady + target.pause;
    auto const what = done ? std::string() : done.error().message;
    if (what != std::exchange(target.trouble, what) && !what.empty())
        news_.trouble(what, done.error().detail);
}

Result<void> Notary::pay_some(Target& target)
{
    auto const keys = known_.some_owed(target.its.name, notes_a_piece);
    if (keys.empty())
        return {};
    GH_CHECK(storage::archive::note_erased(*target.its.objects, keys, clock_.read().wall));
    return known_.note_paid(target.its.name, keys);
}

Result<void> Notary::ask(Target& target)
{
    GH_CHECK(erase_again(GH_TRY(ask_target(target.its, known_.used()))));
    target.is_unasked = false;
    return known_.note_used({target.its.name});
}

bool Notary::is_idle(Target const& target) const
{
    return !target.is_unasked && known_.some_owed(target.its.name, 1).empty();
}

Result<void> Notary::erase_again(storage::archive::ErasedKeys const& keys)
{
    constexpr int rounds_max = 8;
    for (int rounds = 0; rounds < rounds_max; rounds++) {
        storage::archive::ErasingAgain erasing(keys, news_.before_erasing_again);
        while (!erasing.is_done()) {
            Result<void> done;
            GH_CHECK(with_log([&](storage::Log& log) { done = erasing.step(log); }));
            GH_CHECK(done);
        }
        if (erasing.has_damage() && !std::exchange(has_told_of_damage_, true) && news_.damaged)
            news_.damaged();
        if (erasing.keys_gone() == 0)
            return {};
        tell_rooms(erasing.subjects());
        keeping_.reactor().mailbox().post_answer([this] { static_cast<void>(remember()); });
    }
    return fail(ErrorCode::busy, "who was erased comes back again and again");
}

// Waits until they know it, or the server stops.
void Notary::tell_rooms(std::vector<std::string> const& subjects)
{
    struct Told {
        std::mutex mutex{};
        std::condition_variable_any changed{};
        bool is_so = false;
    };
    auto const told = std::make_shared<Told>();
    news_.erased_again(subjects, [told] {
        std::lock_guard const lock(told->mutex);
        told->is_so = true;
        told->changed.notify_all();
    });
    std::unique_lock lock(told->mutex);
    told->changed.wait(lock, stop_.get_token(), [&told] { return told->is_so; });
}

// So that a copy from before an erasure is not taken for this store. By one thread, or a look that
// is older would be kept last.
Result<void> Notary::remember()
{
    KnownErasures::Sight sight;
    GH_CHECK(with_log([&](storage::Log& log) { sight = known_.sight_of(log, history_); }));
    return known_.note_sight(sight);
}

Result<void> Notary::with_log(std::function<void(storage::Log&)> const& piece)
{
    if (stop_.stop_requested())
        return fail(ErrorCode::busy, "The server stops.");
    return committer_.keep_up_with(piece);
}

} // namespace gatehouse::server
