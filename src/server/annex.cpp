// SPDX-License-Identifier: Apache-2.0
#include "server/annex.hpp"

#include "events/page.hpp"
#include "server/archiver.hpp"
#include "server/ask.hpp"
#include "storage/archive/erasures.hpp"
#include "storage/archive/packed.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gatehouse::server {

using events::Event;
using events::Version;
using storage::archive::ErasedKeys;

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
            [this, page = Page{std::move(stream), after, events_max, std::move(done)}](
                Result<std::vector<Event>> events) mutable {
                if (events || events.error().code != ErrorCode::not_found || !annex_.archive_)
                    return page.done(std::move(events));
                find_floor(std::move(page));
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
        auto asked = subject;
        store_.memberships(std::move(asked), "", storage::forget_max,
            [this, subject = std::move(subject), done = std::move(done)](
                Result<std::vector<events::Membership>> const& found) mutable {
                if (!found)
                    return done(std::unexpected(found.error()));
                ErasedKeys keys;
                for (auto const& each : *found)
                    keys.insert(storage::archive::name_of_key(each.member.key));
                forget(std::move(subject), std::move(keys), std::move(done));
            });
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
    // The store deletes those that it lists first. Where it cannot be kept that they are owed, or
    // gone, they are deleted, but it is not done: not until there are none, and it is.
    void forget(std::string subject, ErasedKeys keys, OnForgotten done)
    {
        bool const is_last = keys.empty();
        annex_.notary_->owe(std::move(keys), shard_,
            [this, is_last, subject = std::move(subject), done = std::move(done)](
                Result<void> const& owed) mutable {
                if (!owed && (is_last || owed.error().code == ErrorCode::busy))
                    return done(std::unexpected(owed.error()));
                store_.forget(std::move(subject),
                    [this, done = std::move(done)](Result<std::uint64_t> const& gone) mutable {
                        note_deleted(gone, std::move(done));
                    });
            });
    }
    void note_deleted(Result<std::uint64_t> const& gone, OnForgotten done)
    {
        annex_.notary_->note_deleted(
            shard_, [gone, done = std::move(done)](Result<void> const& kept) mutable {
                if (gone && *gone == 0 && !kept)
                    return done(std::unexpected(kept.error()));
                done(gone);
            });
    }

    struct Page {
        std::string stream;
        Version after;
        std::size_t events_max;
        OnEvents done;
        int tries = 5; // More is compacted while it is read, but not for ever.
    };

    void find_floor(Page page)
    {
        auto asked = page.stream;
        store_.find(std::move(asked),
            [this, page = std::move(page)](
                Result<std::vector<events::StreamHead>> const& heads) mutable {
                if (!heads)
                    return page.done(std::unexpected(heads.error()));
                if (heads->empty()) // It was there, and left for the archive.
                    return page.done(fail(ErrorCode::not_found, "There is no such room."));
                read_compacted(std::move(page), heads->front().floor);
            });
    }
    // A page ends where the stream does and not before: what the parts leave of it the store fills.
    void read_compacted(Page page, Version floor)
    {
        auto asked = page.stream;
        annex_.read(std::move(asked), page.after, floor, page.events_max, shard_,
            [this, page = std::move(page)](Result<std::vector<Event>> old) mutable {
                if (!old || old->empty() || !events::is_last_page(*old, page.events_max))
                    return page.done(std::move(old));
                read_rest(std::move(page), *std::move(old));
            });
    }
    void read_rest(Page page, std::vector<Event> old)
    {
        auto asked = page.stream;
        auto const last = old.back().version;
        auto const left = page.events_max - old.size();
        store_.read(std::move(asked), last, left,
            [this, page = std::move(page), old = std::move(old)](
                Result<std::vector<Event>> rest) mutable {
                // What follows was compacted meanwhile.
                if (!rest && rest.error().code == ErrorCode::not_found && --page.tries > 0)
                    return find_floor(std::move(page));
                if (!rest)
                    return page.done(std::move(rest));
                std::ranges::move(*rest, std::back_inserter(old));
                page.done(std::move(old));
            });
    }

    Annex& annex_;
    events::EventStore& store_;
    runtime::Reactor& shard_;
};

Result<std::unique_ptr<Annex>> Annex::create(config::Settings const& settings,
    storage::Committer& committer, runtime::Clock& clock, std::uint64_t history,
    KnownErasures& known, TargetNames const& unasked, Notary::News news)
{
    if (erasure_target_names(settings).empty())
        return nullptr;
    std::stop_source stop;
    std::unique_ptr<storage::archive::Objects> archive;
    if (settings.archive.to.kind != config::ObjectStore::Kind::none)
        archive = GH_TRY(open_objects(settings.archive, stop.get_token()));
    auto notary = GH_TRY(Notary::create(
        settings, committer, clock, history, known, unasked, std::move(news)));
    return std::unique_ptr<Annex>(
        new Annex(clock, std::move(stop), std::move(archive), std::move(notary)));
}

Annex::Annex(runtime::Clock& clock, std::stop_source stop,
    std::unique_ptr<storage::archive::Objects> archive, std::unique_ptr<Notary> notary)
    : stop_(std::move(stop))
    , objects_(std::move(archive))
    , notary_(std::move(notary))
    , worker_(clock, {.name = "gh-annex"})
{
    if (objects_)
        compacted_.emplace(archive_.emplace(*objects_));
}

void Annex::start()
{
    worker_.start();
    notary_->start();
}

void Annex::stop()
{
    stop_.request_stop();
    worker_.stop();
    notary_->stop();
}

std::unique_ptr<events::EventStore> Annex::beside(
    events::EventStore& store, runtime::Reactor& shard)
{
    return std::make_unique<Joined>(*this, store, shard);
}

void Annex::read(std::string stream, Version after, Version floor, std::size_t events_max,
    runtime::Reactor& shard, events::EventStore::OnEvents done)
{
    ask(worker_, shard, std::move(done),
        [this, stream = std::move(stream), after, floor, events_max] {
            return compacted_->read(stream, after, floor, events_max);
        });
}

void Annex::find_packed(std::string game, std::vector<std::string> rooms, WallTime since,
    runtime::Reactor& shard, events::EventStore::OnNames done)
{
    ask(worker_, shard, std::move(done),
        [this, game = std::move(game), rooms = std::move(rooms), since] {
            return storage::archive::packed_since(*objects_, game, rooms, since);
        });
}

} // namespace gatehouse::server
