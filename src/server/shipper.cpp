// SPDX-License-Identifier: Apache-2.0
#include "server/shipper.hpp"

#include "runtime/clock.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unistd.h>
#include <utility>

namespace gatehouse::server {

namespace backup = storage::backup;
using namespace std::chrono_literals;

namespace {

constexpr Duration beat = 1s;
constexpr Duration pause_max = 10s;

} // namespace

Result<std::unique_ptr<storage::archive::Objects>> open_backup(
    config::Settings const& settings, std::stop_token stop, Patience patience)
{
    auto target = settings.archive;
    target.to = settings.backup.to;
    if (target.to.kind == config::ObjectStore::Kind::none)
        return fail(ErrorCode::bad_request, "There is no backup: name a target in backup.to.");
    return open_objects(target, std::move(stop), patience);
}

Result<std::unique_ptr<Shipper>> Shipper::create(config::Settings const& settings,
    storage::Committer& committer, runtime::Clock& clock, OnShipped on_shipped)
{
    std::stop_source stop;
    auto objects = GH_TRY(open_backup(settings, stop.get_token()));
    return std::unique_ptr<Shipper>(new Shipper(settings, committer, clock, std::move(on_shipped),
        std::move(stop), std::move(objects)));
}

Shipper::Shipper(config::Settings const& settings, storage::Committer& committer,
    runtime::Clock& clock, OnShipped on_shipped, std::stop_source stop,
    std::unique_ptr<storage::archive::Objects> objects)
    : options_(settings.backup)
    , committer_(committer)
    , clock_(clock)
    , on_shipped_(std::move(on_shipped))
    , stop_(std::move(stop))
    , objects_(std::move(objects))
    , shipping_({.objects = *objects_,
          .ask_log = [this](auto const& question) { return ask_log(question); },
          .now = [this] { return clock_.read(); },
          .dice = dice_,
          .draft = settings.store.path.text + ".base"})
    , log_output_(STDERR_FILENO)
    , log_(log_output_, observe::Level::info, -1)
    , worker_(clock, {.name = "gh-shipper"})
    , next_turn_([this] { turn(); })
{
    worker_.reactor().at_end_of_turn([this] { log_output_.flush(); });
    worker_.reactor().mailbox().post_answer([this] { turn(); });
}

Shipper::~Shipper()
{
    stop_.request_stop();
    worker_.stop();
}

void Shipper::start()
{
    on_shipped_(clock_.read().steady, {});
    worker_.start();
}

// A turn that is under way says nothing of the target yet: it gets its time.
void Shipper::stop()
{
    is_ending_ = true;
    if (is_away_)
        stop_.request_stop();
    std::mutex mutex;
    std::condition_variable_any over;
    std::jthread const patience([&](std::stop_token is_over) {
        std::unique_lock lock(mutex);
        over.wait_for(lock, is_over, stop_patience, [] { return false; });
        stop_.request_stop();
    });
    worker_.stop();
    is_ending_ = false;
    for (bool goes_on = shipping_.has_begun() && !is_away_; goes_on;)
        goes_on = shipping_.ship().value_or(false);
}

Result<void> Shipper::ask_log(std::function<void(storage::Log&)> const& question)
{
    if (is_ending_)
        return fail(ErrorCode::busy, "The server stops.");
    return committer_.keep_up_with(question);
}

void Shipper::turn()
{
    auto& reactor = worker_.reactor();
    has_shipped_ = false;
    auto worked = work();
    if (!worked && worked.error().code == ErrorCode::out_of_order)
        worked = begin(); // The store has other keys now: they are shipped beside the old ones.
    if (is_ending_)
        return;
    is_away_ = !has_shipped_;
    tell(worked);
    pause_ = has_shipped_ ? beat : std::clamp(2 * pause_, beat, pause_max);
    reactor.timers().arm(next_turn_, reactor.now().steady + pause_);
}

Result<void> Shipper::begin()
{
    bool const is_first = !shipping_.has_begun();
    GH_CHECK(shipping_.begin());
    if (is_first)
        doubt_.begin(shipping_.passed());
    log_.line(observe::Level::info, "the backup ships", clock_.read().wall)
        .field("chain", shipping_.chain())
        .field("after_segment", shipping_.number());
    return {};
}

Result<void> Shipper::work()
{
    if (!shipping_.has_begun())
        GH_CHECK(begin());
    look_at_clock();
    while (GH_TRY(shipping_.ship()))
        note_shipped();
    note_shipped();
    has_shipped_ = true;
    auto const erased = erase_keys(); // Before a base: there may be no room for one.
    auto const age = clock_.read().steady - shipping_.base_at();
    if (shipping_.needs_base() || age >= options_.base_every)
        GH_CHECK(renew_base());
    return erased;
}

// All keys that are left are shipped anew, which takes long where there are many: no more than a
// tenth of the time.
Result<void> Shipper::erase_keys()
{
    auto const began = worker_.reactor().now().steady;
    if (!shipping_.owes_erasure() || began < next_erasure_at_)
        return {};
    GH_CHECK(shipping_.erase_keys());
    auto const now = clock_.read();
    next_erasure_at_ = now.steady + 10 * (now.steady - began);
    log_.line(observe::Level::info, "erased keys have left the backup", now.wall);
    return {};
}

void Shipper::note_shipped()
{
    on_shipped_(shipping_.shipped_until(), shipping_.erased_until());
}

Result<void> Shipper::renew_base()
{
    auto const began = clock_.read().steady;
    auto const base = shipping_.take_base();
    GH_CHECK(shipping_.renew_keys()); // Though there be no room for a base.
    bool const taken = GH_TRY(base);
    std::size_t removed = 0;
    if (!is_doubted_)
        removed = GH_TRY(remove_old());
    if (taken)
        log_.line(observe::Level::info, "the backup has a new base", clock_.read().wall)
            .field("after_segment", shipping_.number())
            .field("ms", (clock_.read().steady - began) / 1ms)
            .field("old_objects_removed", removed);
    return {};
}

// What no moment of the last `keep` needs.
Result<std::size_t> Shipper::remove_old()
{
    auto const ms = [](auto duration) {
        return std::chrono::duration_cast<Milliseconds>(duration);
    };
    auto const horizon = clock_.read().wall + Milliseconds(-ms(options_.keep));
    auto const between = [this] { return shipping_.ship_when_due(); };
    auto removed = GH_TRY(
        backup::Catalogue(*objects_).prune(horizon, between, shipping_.chain()));
    // The last generation of a ring may be so much older than the end of its chain.
    removed += GH_TRY(backup::KeyCatalogue(*objects_).prune(shipping_.ring(),
        horizon + Milliseconds(-ms(options_.base_every)), unmarked_rings_, between));
    return removed;
}

void Shipper::look_at_clock()
{
    auto const now = clock_.read().wall;
    bool const was_doubted = std::exchange(is_doubted_, doubt_.is_doubted(now));
    if (is_doubted_ && !was_doubted)
        log_.line(observe::Level::warning,
            "the clock is more than a day ahead of all that happened: the backup removes nothing "
            "for a day (set the clock right, or leave it where it is right)", now);
    if (!is_doubted_ && was_doubted)
        log_.line(observe::Level::info,
            "the clock is believed: the backup removes again what was kept long enough", now);
}

// Once when trouble begins, every minute while it lasts, and when it is over. By the steady clock:
// the other stands still while it was set back.
void Shipper::tell(Result<void> const& worked)
{
    auto const [now, wall] = clock_.read();
    if (worked && behind_told_at_)
        log_.line(observe::Level::info, "the backup has caught up", wall);
    if (worked)
        return behind_told_at_.reset();
    if (behind_told_at_ && now - *behind_told_at_ < 60s)
        return;
    behind_told_at_ = now;
    auto const behind = std::chrono::floor<std::chrono::seconds>(now - shipping_.shipped_until());
    bool const is_ousted = worked.error().code == ErrorCode::stale_base;
    log_.line(observe::Level::warning,
            is_ousted ? "the backup is behind, and will be until this server is restarted"
                      : "the backup is behind; it catches up when its target is back", wall)
        .field("error", worked.error().message)
        .field("detail", worked.error().detail)
        .field("behind_s", shipping_.has_begun() ? behind.count() : 0)
        .field("erased_keys_wait", shipping_.owes_erasure());
}

} // namespace gatehouse::server
