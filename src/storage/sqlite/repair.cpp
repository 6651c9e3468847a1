// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/repair.hpp"

#include "events/chain.hpp"
#include "storage/sqlite/restoration.hpp"
#include "storage/sqlite/salvage.hpp"
#include "storage/sqlite/sqlite_log.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace gatehouse::storage::sqlite {

using events::Event;
using events::Link;
using events::StreamState;
using events::Version;

namespace {

constexpr std::size_t events_per_page = 1000;
constexpr std::size_t appends_at_once = 1000;

class LogSource final : public RepairSource {
public:
    LogSource(std::string name, storage::Log& log)
        : name_(std::move(name))
        , log_(log)
    { }

    std::string name() const override { return name_; }

    Result<std::vector<std::string>> streams() override
    {
        std::vector<std::string> names;
        while (true) {
            auto const heads
                = GH_TRY(log_.streams(names.empty() ? "" : names.back(), events_per_page));
            if (heads.empty())
                return names;
            for (auto const& head : heads)
                names.push_back(head.stream);
        }
    }

    Result<std::optional<Kept>> read(std::string const& stream) override
    {
        auto const heads = GH_TRY(log_.find(stream));
        auto const head = std::ranges::find(heads, stream, &events::StreamHead::stream);
        if (head == heads.end())
            return std::nullopt;
        Kept kept{.category = head->category, .state = head->state,
            .snapshot = GH_TRY(log_.hydrate(stream, 1)).snapshot};
        for (auto after = head->floor; after < head->version;) {
            auto page = GH_TRY(log_.read(stream, after, events_per_page));
            if (page.empty())
                break;
            after = page.back().version;
            std::ranges::move(page, std::back_inserter(kept.events));
        }
        return kept;
    }

private:
    std::string name_;
    storage::Log& log_;
};

Event const* find_event(std::vector<Event> const& events, Version version)
{
    if (events.empty() || version < events.front().version || version > events.back().version)
        return nullptr;
    return &events[version - events.front().version];
}

// Does it follow? Where the link before it is unknown, nothing speaks against it.
bool follows(std::optional<Link> const& before, Event const& event)
{
    return !before || event.link == Link{} || events::chain_link(*before, event) == event.link;
}

// An event that stays, and where it lies.
struct Held {
    Version version = 0;
    RowId row = 0; // In the damaged store, or else
    std::shared_ptr<Event const> event{}; // here.
    StreamState state{};
};

// A stream as it will be.
struct Whole {
    std::string name;
    std::string category;
    StreamState state{}; // Where no event says it.
    WallTime at{};
    Version floor = 0;
    std::optional<events::Snapshot> snapshot{};
    std::vector<Held> events{};
};

// Puts one stream together.
class Mending {
public:
    Mending(Salvage& salvage, SalvagedStream const& found,
        std::vector<RepairSource*> const& sources)
        : salvage_(salvage)
        , found_(found)
        , all_sources_(sources)
    { }

    Result<void> run(bool is_tail_sure)
    {
        whole_.name = mended_.stream = found_.name;
        whole_.category = found_.category;
        whole_.state = found_.state;
        whole_.at = found_.at;
        whole_.snapshot = found_.snapshot;
        bool const is_whole = GH_TRY(walk());
        if (is_whole && is_tail_sure && !found_.is_renamed)
            return {};
        for (auto* const source : all_sources_)
            if (auto kept = GH_TRY(source->read(found_.name)))
                sources_.push_back({source->name(), *std::move(kept)});
        if (!sources_.empty() && found_.is_renamed)
            whole_.category = sources_.front().kept.category;
        if (!whole_.snapshot || whole_.snapshot->version < found_.floor)
            borrow_snapshot();
        static_cast<void>(GH_TRY(walk()));
        return {};
    }

    // Nobody knows what it is.
    void give_up()
    {
        whole_.events.clear();
        whole_.floor = 0;
        mended_ = {.stream = found_.name};
        name_rest(1);
    }

    [[nodiscard]] Whole& whole() { return whole_; }
    [[nodiscard]] Mended& mended() { return mended_; }
    [[nodiscard]] bool is_mended() const
    {
        return !mended_.taken.empty() || !mended_.compacted.empty() || !mended_.cut.empty()
            || mended_.lost_snapshot || found_.is_renamed;
    }

private:
    struct Source {
        std::string name;
        Kept kept;
    };

    Version end() const
    {
        auto const last = found_.rows.empty() ? 0 : found_.rows.rbegin()->first;
        auto const snapshot = whole_.snapshot ? whole_.snapshot->version : 0;
        return std::max({found_.version, last, snapshot});
    }

    bool is_compacted() const
    {
        return found_.floor > 0 && whole_.snapshot && whole_.snapshot->version >= found_.floor;
    }

    // From the first event on; true where nothing was missing.
    Result<bool> walk()
    {
        whole_.events.clear();
        mended_ = {.stream = found_.name};
        whole_.floor = is_compacted() ? found_.floor : 0;
        link_ = whole_.floor == 0 ? std::optional(events::chain_start(found_.name)) : std::nullopt;
        pass_snapshot(whole_.floor);
        bool is_whole = true;
        Version next = whole_.floor + 1;
        for (; next <= end() || is_known_elsewhere(next); next++) {
            if (GH_TRY(take(next)) && pass_snapshot(next))
                continue;
            is_whole = false;
            if (!whole_.snapshot || whole_.snapshot->version < next)
                break;
            leave_below(next);
        }
        name_rest(next);
        drop_unfit_snapshot();
        return is_whole && !mended_.lost_snapshot;
    }

    bool is_known_elsewhere(Version version) const
    {
        return link_ && std::ranges::any_of(sources_, [&](Source const& source) {
            auto const* const event = find_event(source.kept.events, version);
            return event && follows(link_, *event);
        });
    }

    // Of the store, else of the first source that has it.
    Result<bool> take(Version version)
    {
        auto const row = found_.rows.find(version);
        if (row != found_.rows.end()) {
            auto const record = salvage_.event(row->second);
            if (record && follows(link_, record->event)) {
                link_ = record->event.link;
                whole_.events.push_back(
                    {.version = version, .row = row->second, .state = record->state});
                whole_.at = record->event.at;
                return true;
            }
        }
        for (auto const& [name, kept] : sources_) {
            auto const* const event = find_event(kept.events, version);
            if (!event || !follows(link_, *event) || (!link_ && !leads_back(kept, *event)))
                continue;
            bool const is_last = event == &kept.events.back();
            link_ = event->link;
            whole_.events.push_back({.version = version, .event = std::make_shared<Event>(*event),
                .state = is_last ? kept.state : StreamState{}});
            whole_.at = event->at;
            mended_.taken[name].push_back(version);
            return true;
        }
        return false;
    }

    // Where the link before an event is unknown: does what the store has go on from it?
    bool leads_back(Kept const& kept, Event const& event)
    {
        auto const* last = &event;
        while (true) {
            if (whole_.snapshot && whole_.snapshot->version == last->version)
                return whole_.snapshot->link == last->link;
            auto const row = found_.rows.find(last->version + 1);
            if (row != found_.rows.end())
                if (auto const record = salvage_.event(row->second))
                    return follows(last->link, record->event);
            auto const* const next = find_event(kept.events, last->version + 1);
            if (!next || !follows(last->link, *next))
                return false;
            last = next;
        }
    }

    // At its version the chain has the snapshot's link, or takes it up.
    bool pass_snapshot(Version version)
    {
        if (!whole_.snapshot || whole_.snapshot->version != version)
            return true;
        if (!link_ || (version == whole_.floor && version > 0))
            link_ = whole_.snapshot->link;
        return *link_ == whole_.snapshot->link;
    }

    // No source has this event, but the snapshot tells of it: the chain begins anew behind it.
    void leave_below(Version version)
    {
        for (auto each = std::max(whole_.floor, found_.floor) + 1; each <= version; each++)
            mended_.compacted.push_back({.version = each});
        whole_.events.clear();
        whole_.floor = mended_.floor = version;
        link_.reset();
        static_cast<void>(pass_snapshot(version));
    }

    // What comes behind the last one that fits.
    void name_rest(Version from)
    {
        for (auto version = from; version <= end(); version++) {
            Lost lost{.version = version};
            if (auto const row = found_.rows.find(version); row != found_.rows.end())
                if (auto const record = salvage_.event(row->second)) {
                    lost.type = record->event.type;
                    lost.at = record->event.at;
                }
            mended_.cut.push_back(std::move(lost));
        }
    }

    void drop_unfit_snapshot()
    {
        auto const last = whole_.events.empty() ? whole_.floor : whole_.events.back().version;
        mended_.lost_snapshot = found_.had_damaged_snapshot && !whole_.snapshot;
        if (whole_.snapshot && whole_.snapshot->version > last) {
            whole_.snapshot.reset();
            mended_.lost_snapshot = true;
        }
    }

    // Of a compacted stream whose own is gone: one that the next event follows.
    void borrow_snapshot()
    {
        for (auto const& [name, kept] : sources_) {
            if (!kept.snapshot || kept.snapshot->version < found_.floor)
                continue;
            auto const next = found_.rows.find(kept.snapshot->version + 1);
            bool const is_end = kept.snapshot->version == found_.version;
            auto const record = next == found_.rows.end()
                ? Result<Record>(fail(ErrorCode::not_found, "no such event"))
                : salvage_.event(next->second);
            if (is_end || (record && follows(kept.snapshot->link, record->event))) {
                whole_.snapshot = kept.snapshot;
                return;
            }
        }
    }

    Salvage& salvage_;
    SalvagedStream const& found_;
    std::vector<RepairSource*> const& all_sources_;
    std::vector<Source> sources_{}; // Asked only where something is missing.
    std::optional<Link> link_{};
    Whole whole_{};
    Mended mended_{};
};

} // namespace

std::unique_ptr<RepairSource> source_of(std::string name, storage::Log& log)
{
    return std::make_unique<LogSource>(std::move(name), log);
}

bool RepairPlan::cuts() const
{
    return unknown > 0
        || std::ranges::any_of(mended, [](Mended const& each) { return !each.cut.empty(); });
}

struct Repair::Work {
    Salvage salvage;
    RepairPlan plan{};
    std::vector<Whole> streams{};
};

Repair::Repair(std::unique_ptr<Work> work)
    : work_(std::move(work))
{ }
Repair::Repair(Repair&&) noexcept = default;
Repair::~Repair() = default;

RepairPlan const& Repair::plan() const
{
    return work_->plan;
}

Result<Repair> Repair::plan(
    std::filesystem::path const& damaged, std::vector<RepairSource*> sources)
{
    auto work = std::make_unique<Work>(Work{GH_TRY(Salvage::open(damaged))});
    auto& [salvage, plan, streams] = *work;
    std::vector<std::string> names; // That sources know.
    for (auto* const source : sources)
        for (auto& name : GH_TRY(source->streams()))
            names.push_back(std::move(name));
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());

    auto found = GH_TRY(salvage.streams(names));
    bool const is_tail_sure = salvage.unreadable() == 0;
    auto unexplained = salvage.unreadable();
    auto const explain = [&unexplained](std::size_t events) {
        unexplained -= std::min<std::uint64_t>(unexplained, events);
    };
    for (auto const& each : found) {
        std::erase(names, each.name);
        if (each.name.empty()) {
            Mended lost{.stream = "?" + std::to_string(each.id)};
            for (auto const& [version, row] : each.rows)
                lost.cut.push_back({.version = version});
            plan.mended.push_back(std::move(lost));
            continue;
        }
        Mending mending(salvage, each, sources);
        GH_CHECK(mending.run(is_tail_sure));
        auto& whole = mending.whole();
        auto& mended = mending.mended();
        for (auto const& [source, versions] : mended.taken)
            explain(versions.size());
        explain(mended.cut.size() + mended.compacted.size());
        if (whole.category.empty())
            mending.give_up();
        if (!whole.events.empty() || whole.floor > 0) {
            plan.streams++;
            plan.events += whole.events.size();
            streams.push_back(std::move(whole));
        }
        if (mending.is_mended())
            plan.mended.push_back(std::move(mended));
    }
    plan.unknown = unexplained;
    plan.missing = std::move(names);
    return Repair(std::move(work));
}

// ---- Writing

namespace {

// What no append can make: streams whose first events are gone.
Result<void> lay_floors(std::filesystem::path const& file, std::vector<Whole> const& streams)
{
    auto database = GH_TRY(open_database({.file = file, .ballast_bytes = 0}));
    auto tables = GH_TRY(Tables::prepare(database));
    StreamId id = 0;
    for (auto const& each : streams) {
        if (each.floor == 0)
            continue;
        Stream const stream{.id = ++id, .slot = slot_of(each.name), .name = each.name,
            .category = each.category, .version = each.floor, .state = each.state, .at = each.at,
            .floor = each.floor};
        GH_CHECK(tables.add_stream(stream));
        GH_CHECK(tables.keep_snapshot(id, *each.snapshot));
    }
    return {};
}

// An event, in the order in which all of them became durable.
struct Next {
    RowId after; // Of the last row of its stream that the damaged store has.
    std::size_t stream;
    std::size_t event;

    auto operator<=>(Next const&) const = default;
};

std::vector<Next> in_order(std::vector<Whole> const& streams)
{
    std::vector<Next> all;
    for (std::size_t i = 0; i < streams.size(); i++) {
        RowId after = 0;
        for (std::size_t j = 0; j < streams[i].events.size(); j++) {
            after = std::max(after, streams[i].events[j].row);
            all.push_back({after, i, j});
        }
    }
    std::ranges::sort(all);
    return all;
}

Result<void> append_all(Salvage& salvage, SqliteLog& log, std::vector<Whole> const& streams)
{
    std::vector<events::StreamAppend> batch;
    auto const write = [&]() -> Result<void> {
        for (auto const& answer : log.append(std::exchange(batch, {})))
            GH_CHECK(answer);
        return {};
    };
    for (auto const& [after, i, j] : in_order(streams)) {
        auto const& held = streams[i].events[j];
        auto event = held.row == 0 ? *held.event : GH_TRY(salvage.event(held.row)).event;
        batch.push_back({.stream = streams[i].name, .category = streams[i].category,
            .expected = held.version - 1, .events = {std::move(event)}, .state = held.state});
        if (batch.size() >= appends_at_once)
            GH_CHECK(write());
    }
    return batch.empty() ? Result<void>() : write();
}

} // namespace

Result<void> Repair::write(std::filesystem::path const& file, WallTime now)
{
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored))
        return fail(ErrorCode::bad_request, "Nothing is repaired over a file that exists.",
            file.native() + ": move it away");
    GH_CHECK(lay_floors(file, work_->streams));
    {
        auto const log = GH_TRY(SqliteLog::open({.file = file, .ballast_bytes = 0}));
        GH_CHECK(append_all(work_->salvage, *log, work_->streams));
        for (auto const& each : work_->streams)
            if (each.snapshot && each.floor == 0)
                GH_CHECK(log->keep({each.name, *each.snapshot}));
    }
    auto const restored = work_->salvage.last_restoration();
    if (!restored && !work_->plan.cuts())
        return {};
    auto database = GH_TRY(open_database({.file = file, .ballast_bytes = 0}));
    return note_restoration(database, work_->plan.cuts() ? now : *restored);
}

} // namespace gatehouse::storage::sqlite
