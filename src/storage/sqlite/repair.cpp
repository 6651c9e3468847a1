// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/repair.hpp"

#include "storage/sqlite/restoration.hpp"
#include "storage/sqlite/salvage.hpp"
#include "storage/sqlite/spool.hpp"
#include "storage/sqlite/sqlite_log.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

namespace gatehouse::storage::sqlite {

bool RepairPlan::cuts() const
{
    return unknown > 0 || !why_endless.empty()
        || std::ranges::any_of(mended,
            [](Mended const& each) {
                return !each.cut.empty() || !each.unproven.empty() || each.unproven_name;
            });
}

struct Repair::Work {
    Salvage salvage;
    Spool spool;
    CategoryOf category_of;
    RepairPlan plan{};
    std::vector<Whole> streams{};

    Result<void> mend(std::vector<SalvagedStream> const& found,
        std::vector<RepairSource*> const& sources, Tail tail)
    {
        GH_CHECK(spool.clear());
        streams.clear();
        plan.streams = plan.events = 0;
        plan.mended.clear();
        plan.unknown = salvage.unreadable();
        plan.unread.clear();
        for (auto const& each : found)
            GH_CHECK(mend(each, sources, tail));
        return {};
    }

    Result<void> mend(SalvagedStream const& found, std::vector<RepairSource*> const& sources,
        Tail tail)
    {
        Mending mending(salvage, spool, category_of, found, tail);
        if (!found.name.empty())
            GH_CHECK(mending.run(sources, plan.unread));
        auto& whole = mending.whole();
        if (whole.category.empty())
            mending.give_up();
        if (!found.name.empty())
            plan.unknown -= std::min(plan.unknown, mending.explained());
        if (!whole.events.empty() || whole.floor > 0) {
            plan.streams++;
            plan.events += whole.events.size();
            streams.push_back(std::move(whole));
        }
        if (mending.is_mended())
            plan.mended.push_back(std::move(mending.mended()));
        return {};
    }
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

Result<Repair> Repair::open(std::filesystem::path const& damaged,
    std::filesystem::path const& spool, CategoryOf category_of)
{
    auto salvage = GH_TRY(Salvage::open(damaged));
    auto spooled = GH_TRY(Spool::make(spool));
    return Repair(std::unique_ptr<Work>(
        new Work{std::move(salvage), std::move(spooled), std::move(category_of)}));
}

std::optional<WallTime> Repair::last_restoration() const
{
    return work_->salvage.last_restoration();
}

// First, what is missing is looked for in front of the end that each stream is known to have had.
// What that does not account for was behind one.
Result<void> Repair::ask(std::vector<RepairSource*> const& sources)
{
    auto& [salvage, spool, category_of, plan, streams] = *work_;
    std::vector<std::string> names; // That sources know.
    std::vector<std::string> unread;
    for (auto* const source : sources)
        if (auto const told = source->streams(names); !told)
            unread.push_back(
                source->name() + ": " + told.error().message + " " + told.error().detail);
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());

    auto const found = salvage.streams(names);
    std::set<std::string_view> here;
    for (auto const& each : found)
        here.insert(each.name);
    std::erase_if(names, [&here](std::string_view name) { return here.contains(name); });
    plan.missing = std::move(names);
    plan.why_endless = salvage.why_endless();
    GH_CHECK(work_->mend(found, sources, Tail::sure));
    if (plan.unknown > 0 || !plan.why_endless.empty())
        GH_CHECK(work_->mend(found, sources, Tail::unsure));
    plan.unread.insert(plan.unread.begin(), unread.begin(), unread.end());
    return {};
}

// ---- Writing

namespace {

// Of one repair: reads what stays from where it lies, and writes it.
class Writing {
public:
    Writing(Salvage& salvage, Spool& spool, std::vector<Whole> const& streams)
        : salvage_(salvage)
        , spool_(spool)
        , streams_(streams)
    { }

    // What no append can make: rows that begin with a later one than the first, as if those before
    // it were removed; and streams whose first events are gone.
    Result<void> lay_beginning(std::filesystem::path const& file)
    {
        auto database = GH_TRY(open_database({.file = file, .ballast_bytes = 0}));
        auto tables = GH_TRY(Tables::prepare(database));
        Checkpoint beginning{.row = salvage_.row_end() - 1};
        beginning.last_positions[unused_slot()] = beginning.row; // As many positions as rows.
        if (beginning.row > 0)
            GH_CHECK(tables.add_hole(1, beginning.row));
        GH_CHECK(tables.keep_checkpoint(beginning));
        StreamId id = 0;
        for (auto const& each : streams_) {
            if (each.floor == 0)
                continue;
            GH_CHECK(tables.add_stream({.id = ++id, .slot = slot_of(each.name), .name = each.name,
                .category = each.category, .version = each.floor, .state = each.state,
                .at = each.at, .floor = each.floor}));
            GH_CHECK(tables.keep_snapshot(id, GH_TRY(snapshot_of(each))));
        }
        return {};
    }

    Result<void> append_all(SqliteLog& log)
    {
        for (auto const& [after, i, j] : in_order()) {
            auto const& stream = streams_[i];
            auto const& held = stream.events[j];
            auto record = GH_TRY(
                held.is_taken ? spool_.event(held.row) : salvage_.event(held.row));
            bool const is_last = j + 1 == stream.events.size();
            bytes_ += record.event.data.size();
            batch_.push_back({.stream = stream.name, .category = stream.category,
                .expected = held.version - 1, .events = {std::move(record.event)},
                .state = held.is_taken && is_last ? stream.state : record.state});
            if (batch_.size() >= appends_at_once || bytes_ >= bytes_at_once)
                GH_CHECK(append(log));
        }
        return append(log);
    }

    Result<void> keep_snapshots(SqliteLog& log)
    {
        for (auto const& each : streams_)
            if (each.snapshot && each.floor == 0) {
                auto snapshot = GH_TRY(snapshot_of(each));
                GH_CHECK(log.keep({each.name, std::move(snapshot)}));
            }
        return {};
    }

private:
    static constexpr std::size_t appends_at_once = 1000;
    static constexpr std::size_t bytes_at_once = 4 << 20;

    // An event, in the order in which all of them became durable.
    struct Next {
        RowId after; // Of the last row of its stream that the damaged store has.
        std::size_t stream;
        std::size_t event;

        auto operator<=>(Next const&) const = default;
    };

    // So that what is there keeps its positions; the first one where there is none.
    Slot unused_slot() const
    {
        std::array<bool, slots_total> used{};
        for (auto const& each : streams_)
            used[slot_of(each.name)] = true;
        auto const found = std::ranges::find(used, false);
        return found == used.end() ? Slot{0} : static_cast<Slot>(found - used.begin());
    }

    std::vector<Next> in_order() const
    {
        std::vector<Next> all;
        for (std::size_t i = 0; i < streams_.size(); i++) {
            RowId after = 0;
            for (std::size_t j = 0; j < streams_[i].events.size(); j++) {
                auto const& held = streams_[i].events[j];
                after = held.is_taken ? after : std::max(after, held.row);
                all.push_back({after, i, j});
            }
        }
        std::ranges::sort(all);
        return all;
    }

    Result<events::Snapshot> snapshot_of(Whole const& stream)
    {
        auto snapshot = GH_TRY(stream.is_snapshot_taken ? spool_.snapshot(stream.id)
                                                        : salvage_.snapshot(stream.id));
        if (!snapshot)
            return damaged("a snapshot was there, and is not any more");
        return *std::move(snapshot);
    }

    Result<void> append(SqliteLog& log)
    {
        bytes_ = 0;
        for (auto const& answer : log.append(std::exchange(batch_, {})))
            GH_CHECK(answer);
        return {};
    }

    Salvage& salvage_;
    Spool& spool_;
    std::vector<Whole> const& streams_;
    std::vector<events::StreamAppend> batch_{};
    std::size_t bytes_ = 0; // Of its data.
};

} // namespace

Result<void> Repair::write(std::filesystem::path const& file, WallTime now)
{
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored))
        return fail(ErrorCode::bad_request, "Nothing is repaired over a file that exists.",
            file.native() + ": move it away");
    Writing writing(work_->salvage, work_->spool, work_->streams);
    GH_CHECK(writing.lay_beginning(file));
    {
        auto const log = GH_TRY(SqliteLog::open({.file = file, .ballast_bytes = 0}));
        GH_CHECK(writing.append_all(*log));
        GH_CHECK(writing.keep_snapshots(*log));
    }
    auto const restored = last_restoration();
    if (!restored && !work_->plan.cuts())
        return {};
    auto database = GH_TRY(open_database({.file = file, .ballast_bytes = 0}));
    bool const is_likely = restored && *restored < restoration_end;
    if (is_likely)
        GH_CHECK(note_restoration(database, *restored));
    return note_restoration(database, now);
}

} // namespace gatehouse::storage::sqlite
