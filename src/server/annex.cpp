// SPDX-License-Identifier: Apache-2.0
#include "server/annex.hpp"

#include "events/page.hpp"
#include "server/archiver.hpp"
#include "storage/archive/packed.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gatehouse::server {

using events::Event;
using events::Version;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t keys_a_piece = 1000;
constexpr std::size_t notes_a_piece = 8; // Half a second of a service that is far away.
constexpr Duration pause_min = 1s;
constexpr Duration pause_max = 60s;

} // namespace

// Asks the store first: what it has was never anywhere else.
class Annex::Joined final : public events::EventStore {
public:
    Joined(Annex& annex, events::EventStore& store, runtime::Reactor& shard)
        : annex_(annex)
        , store_(store)
        , shard_(shard)
    { }

    void append(std::vector<events::StreamAppend> batch, OnAppended done) override
    {
        store_.append(std::move(batch), std::move(done));
    }
    void read(std::string stream, Version after, std::size_t events_max, OnEvents done) override
    {
        auto asked = stream;
        store_.read(std::move(asked), after, events_max,
            [this, stream = std::move(stream), after, events_max, done = std::move(done)](
                Result<std::vector<Event>> events) mutable {
                if (events || events.error().code != ErrorCode::not_found || !annex_.archive_)
                    return done(std::move(events));
                find_floor(std::move(stream), after, events_max, std::move(done));
            });
    }
    void hydrate(std::string stream, std::size_t events_max, OnHistory done) override
    {
        store_.hydrate(std::move(stream), events_max, std::move(done));
    }
    void keep(events::StreamSnapshot snapshot, OnKept done) override
    {
        store_.keep(std::move(snapshot), std::move(done));
    }
    void heads(Slot slot, OnHeads done) override { store_.heads(slot, std::move(done)); }
    void find(std::string name, OnHeads done) override
    {
        store_.find(std::move(name), std::move(done));
    }
    void streams(std::string after, std::size_t streams_max, OnHeads done) override
    {
        store_.streams(std::move(after), streams_max, std::move(done));
    }
    void memberships(std::string subject, std::string after, std::size_t memberships_max,
        OnMemberships done) override
    {
        store_.memberships(
            std::move(subject), std::move(after), memberships_max, std::move(done));
    }
    void forget(std::string subject, OnForgotten done) override
    {
        name_keys(std::make_shared<Forgetting>(std::move(subject), std::move(done)));
    }
    void archived(std::string category, std::vector<std::string> streams, WallTime since,
        OnNames done) override
    {
        if (!annex_.archive_)
            return done(std::vector<std::string>());
        annex_.find_packed(
            std::move(category), std::move(streams), since, shard_, std::move(done));
    }
    void log(events::LogCursor from, std::size_t events_max, OnPage done) override
    {
        store_.log(from, events_max, std::move(done));
    }

private:
    struct Forgetting {
        std::string subject;
        OnForgotten done;
        ErasedKeys keys{};
        std::string last{};
    };

    // All of them, for the store deletes whichever it likes first. Where that they are owed cannot
    // be kept, they are deleted, but it is not done: not until there are none, and it is.
    void name_keys(std::shared_ptr<Forgetting> forgetting)
    {
        store_.memberships(forgetting->subject, forgetting->last, keys_a_piece,
            [this, forgetting](Result<std::vector<events::Membership>> const& found) {
                if (!found)
                    return forgetting->done(std::unexpected(found.error()));
                for (auto const& each : *found) {
                    forgetting->keys.insert(storage::archive::name_of_key(each.member.key));
                    forgetting->last = each.stream;
                }
                if (found->size() == keys_a_piece)
                    return name_keys(forgetting);
                annex_.owe(forgetting->keys, shard_,
                    [this, forgetting](Result<void> const& owed) {
                        bool const is_last = forgetting->keys.empty();
                        if (!owed && (is_last || owed.error().code == ErrorCode::busy))
                            return forgetting->done(std::unexpected(owed.error()));
                        store_.forget(std::move(forgetting->subject), std::move(forgetting->done));
                    });
            });
    }

    void find_floor(std::string stream, Version after, std::size_t events_max, OnEvents done)
    {
        auto asked = stream;
        store_.find(std::move(asked),
            [this, stream = std::move(stream), after, events_max, done = std::move(done)](
                Result<std::vector<events::StreamHead>> const& heads) mutable {
                if (!heads)
                    return done(std::unexpected(heads.error()));
                auto const floor = heads->empty() ? 0 : heads->front().floor;
                read_compacted(std::move(stream), after, floor, events_max, std::move(done));
            });
    }
    // A page ends where the stream does and not before: what the parts leave of it the store fills.
    void read_compacted(std::string stream, Version after, Version floor, std::size_t events_max,
        OnEvents done)
    {
        auto asked = stream;
        annex_.read(std::move(asked), after, floor, events_max, shard_,
            [this, stream = std::move(stream), events_max, done = std::move(done)](
                Result<std::vector<Event>> old) mutable {
                if (!old || old->empty() || !events::is_last_page(*old, events_max))
                    return done(std::move(old));
                auto const last = old->back().version;
                store_.read(std::move(stream), last, events_max - old->size(),
                    [page = *std::move(old), done = std::move(done)](
                        Result<std::vector<Event>> rest) mutable {
                        if (!rest)
                            return done(std::move(rest));
                        std::ranges::move(*rest, std::back_inserter(page));
                        done(std::move(page));
                    });
            });
    }

    Annex& annex_;
    events::EventStore& store_;
    runtime::Reactor& shard_;
};

Result<std::unique_ptr<Annex>> Annex::create(config::Settings const& settings,
    storage::Committer& committer, runtime::Clock& clock, std::uint64_t history,
    ErasedAgain looked, News news)
{
    std::stop_source stop;
    auto targets = GH_TRY(erasure_targets(settings, stop.get_token()));
    if (targets.empty())
        return nullptr;
    std::unique_ptr<storage::archive::Objects> archive;
    if (settings.archive.to.kind != config::ObjectStore::Kind::none)
        archive = GH_TRY(open_objects(settings.archive, stop.get_token()));
    std::vector<std::string> names;
    for (auto const& target : targets)
        names.push_back(target.name);
    auto owed = GH_TRY(OwedNotes::open(data_folder(settings), std::move(names)));
    return std::unique_ptr<Annex>(new Annex(settings, committer, clock, history, std::move(looked),
        std::move(news), std::move(stop), std::move(archive), std::move(targets),
        std::move(owed)));
}

Annex::Annex(config::Settings const& settings, storage::Committer& committer,
    runtime::Clock& clock, std::uint64_t history, ErasedAgain looked, News news,
    std::stop_source stop, std::unique_ptr<storage::archive::Objects> archive,
    ErasureTargets targets, OwedNotes owed)
    : committer_(committer)
    , history_(history)
    , looked_(std::move(looked))
    , news_(std::move(news))
    , remembered_(settings)
    , stop_(std::move(stop))
    , objects_(std::move(archive))
    , targets_(std::move(targets))
    , owed_(std::move(owed))
    , worker_(clock, {.name = "gh-annex"})
    , next_([this] { tend(); })
{
    if (objects_)
        compacted_.emplace(archive_.emplace(*objects_));
    worker_.reactor().mailbox().post_answer([this] { tend(); });
}

void Annex::stop()
{
    stop_.request_stop();
    worker_.stop();
}

std::unique_ptr<events::EventStore> Annex::beside(
    events::EventStore& store, runtime::Reactor& shard)
{
    return std::make_unique<Joined>(*this, store, shard);
}

// Answers on the shard what the thread of the annex has found.
template <typename Done, typename Answer>
void Annex::ask(runtime::Reactor& shard, Done done, Answer answer)
{
    auto waiting = std::make_shared<Done>(std::move(done));
    runtime::Task task = [&shard, waiting, answer = std::move(answer)]() mutable {
        shard.mailbox().post_answer([waiting, found = answer()]() mutable {
            (*waiting)(std::move(found));
        });
    };
    if (!worker_.reactor().mailbox().try_post(std::move(task)))
        (*waiting)(fail(ErrorCode::busy, "Too much is asked of the archive; try again."));
}

void Annex::read(std::string stream, Version after, Version floor, std::size_t events_max,
    runtime::Reactor& shard, events::EventStore::OnEvents done)
{
    ask(shard, std::move(done), [this, stream = std::move(stream), after, floor, events_max] {
        return compacted_->read(stream, after, floor, events_max);
    });
}

void Annex::find_packed(std::string game, std::vector<std::string> rooms, WallTime since,
    runtime::Reactor& shard, events::EventStore::OnNames done)
{
    ask(shard, std::move(done), [this, game = std::move(game), rooms = std::move(rooms), since] {
        return storage::archive::packed_since(*objects_, game, rooms, since);
    });
}

void Annex::owe(ErasedKeys keys, runtime::Reactor& shard, OnOwed done)
{
    ask(shard, std::move(done), [this, keys = std::move(keys)]() -> Result<void> {
        auto owed = owed_.owe(keys);
        news_.owes(owed_.count());
        worker_.reactor().timers().arm(next_, worker_.reactor().now().steady);
        if (!owed && owed.error().code != ErrorCode::busy)
            owed.error().message
                = "nobody can read their names, but a copy of the store may bring them back, for "
                  "it could not be kept that they were erased: " + owed.error().message;
        return owed;
    });
}

// ---- What is owed, and to whom

void Annex::tend()
{
    auto& reactor = worker_.reactor();
    auto const paid = pay_some();
    auto const asked = ask_some();
    if (stop_.stop_requested())
        return;
    news_.owes(owed_.count());
    tell(paid ? asked : paid);
    bool const is_done = owed_.count() == 0 && looked_.unasked.empty();
    if (is_done)
        remember();
    if (paid && asked)
        pause_ = is_done ? pause_max : Duration::zero();
    else
        pause_ = std::clamp(2 * pause_, pause_min, pause_max);
    reactor.timers().arm(next_, reactor.now().steady + pause_);
}

// One target that is away is not in the way of the other.
Result<void> Annex::pay_some()
{
    Result<void> paid;
    for (auto const& target : targets_) {
        auto const keys = owed_.some(target.name, notes_a_piece);
        if (keys.empty())
            continue;
        auto done = storage::archive::note_erased(
            *target.objects, keys, worker_.reactor().now().wall);
        if (done)
            done = owed_.note_paid(target.name, keys);
        if (!done)
            paid = std::move(done);
    }
    return paid;
}

Result<void> Annex::ask_some()
{
    Result<void> asked;
    for (auto const& target : targets_) {
        auto const unasked = std::ranges::find(looked_.unasked, target.name);
        if (unasked == looked_.unasked.end())
            continue;
        auto const keys = ask_target(target, looked_.used);
        auto done = keys ? erase_again(*keys) : std::unexpected(keys.error());
        if (done) {
            looked_.used.insert(target.name);
            looked_.unasked.erase(unasked);
        } else {
            asked = std::move(done);
        }
    }
    return asked;
}

// Rooms may have brought a key of theirs on the way to the store, until they are told.
Result<void> Annex::erase_again(ErasedKeys const& keys)
{
    constexpr int rounds_max = 8;
    for (int rounds = 0; rounds < rounds_max; rounds++) {
        storage::archive::ErasingAgain erasing(keys);
        while (!erasing.is_done()) {
            Result<void> done;
            GH_CHECK(with_log([&](storage::Log& log) { done = erasing.step(log); }));
            GH_CHECK(done);
        }
        if (erasing.keys_gone() == 0)
            return {};
        news_.erased_again(erasing.subjects());
    }
    return fail(ErrorCode::busy, "who was erased comes back again and again");
}

// So that a copy from before an erasure is not taken for this store.
void Annex::remember()
{
    Remembered::Sight sight;
    if (with_log([&](storage::Log& log) { sight = remembered_.sight_of(log, history_); }))
        remembered_.save(sight, looked_.used);
}

void Annex::tell(Result<void> const& tended)
{
    auto const what = tended ? std::string() : tended.error().message;
    if (what != std::exchange(trouble_, what) && !what.empty())
        news_.trouble(what, tended.error().detail);
}

Result<void> Annex::with_log(std::function<void(storage::Log&)> const& piece)
{
    if (stop_.stop_requested())
        return fail(ErrorCode::busy, "The server stops.");
    return committer_.keep_up_with(piece);
}

} // namespace gatehouse::server
