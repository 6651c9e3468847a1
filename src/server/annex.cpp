// SPDX-License-Identifier: Apache-2.0
#include "server/annex.hpp"

#include "events/page.hpp"
#include "server/archiver.hpp"
#include "storage/archive/packed.hpp"

#include <iterator>
#include <utility>

namespace gatehouse::server {

using events::Event;
using events::Version;

namespace {

constexpr std::size_t keys_a_piece = 1000;
constexpr std::size_t owed_max = 100'000; // Keys; beyond them nobody else is forgotten.

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

    // All of them, for the store deletes whichever it likes first. Where they cannot be noted, they
    // are deleted, but it is not done: not until there are none, and nothing is owed.
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
                annex_.note_erased(forgetting->keys, shard_,
                    [this, forgetting](Result<void> const& noted) {
                        bool const is_last = forgetting->keys.empty();
                        if (!noted && (is_last || noted.error().code == ErrorCode::busy))
                            return forgetting->done(std::unexpected(noted.error()));
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

Result<std::unique_ptr<Annex>> Annex::create(
    config::Settings const& settings, runtime::Clock& clock)
{
    std::stop_source stop;
    auto targets = GH_TRY(erasure_targets(settings, stop.get_token()));
    if (targets.empty())
        return nullptr;
    std::unique_ptr<storage::archive::Objects> archive;
    if (settings.archive.to.kind != config::ObjectStore::Kind::none)
        archive = GH_TRY(open_objects(settings.archive, stop.get_token()));
    return std::unique_ptr<Annex>(
        new Annex(clock, std::move(stop), std::move(archive), std::move(targets)));
}

Annex::Annex(runtime::Clock& clock, std::stop_source stop,
    std::unique_ptr<storage::archive::Objects> archive, ErasureTargets targets)
    : stop_(std::move(stop))
    , objects_(std::move(archive))
    , targets_(std::move(targets))
    , owed_(targets_.size())
    , worker_(clock, {.name = "gh-annex"})
{
    if (objects_)
        compacted_.emplace(archive_.emplace(*objects_));
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

void Annex::note_erased(ErasedKeys keys, runtime::Reactor& shard, OnNoted done)
{
    ask(shard, std::move(done), [this, keys = std::move(keys)]() mutable -> Result<void> {
        if (owed_.front().size() + keys.size() > owed_max)
            return fail(ErrorCode::busy, "The archive does not know yet who else was erased.");
        for (auto& owed : owed_)
            owed.insert(keys.begin(), keys.end());
        return note_owed();
    });
}

// The backup is rid of keys by itself, and tells when: its notes may come later.
Result<void> Annex::note_owed()
{
    Result<void> done;
    for (std::size_t i = 0; i < targets_.size(); i++) {
        auto const noted = storage::archive::note_erased(
            *targets_[i], owed_[i], worker_.reactor().now().wall);
        bool const is_archive = archive_ && i == 0;
        if (noted || (!is_archive && owed_[i].size() > owed_max / 2))
            owed_[i].clear();
        else if (is_archive)
            done = fail(ErrorCode::unavailable,
                "nobody can read their names, but a copy of the store may bring them back, for it "
                "could not be noted that they were erased: " + noted.error().message,
                noted.error().detail);
    }
    return done;
}

} // namespace gatehouse::server
