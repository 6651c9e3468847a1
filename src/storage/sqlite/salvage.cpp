// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/salvage.hpp"

#include "events/chain.hpp"
#include "storage/sqlite/open.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace gatehouse::storage::sqlite {

Result<Salvage> Salvage::open(std::filesystem::path const& file)
{
    auto database = GH_TRY(open_database({.file = file, .access = Access::read_only}));
    auto tables = GH_TRY(Tables::prepare(database));
    return Salvage(std::move(database), std::move(tables));
}

Result<std::vector<SalvagedStream>> Salvage::streams(std::span<std::string const> names)
{
    std::map<StreamId, SalvagedStream> found;
    read_events(found);
    auto last = found.empty() ? StreamId{0} : found.rbegin()->first;
    for (auto const* const sql : {"SELECT max(id) FROM stream", "SELECT max(stream) FROM snapshot"})
        if (auto const id = database_.integer(sql); id && *id > last && *id < INT32_MAX)
            last = static_cast<StreamId>(*id);
    for (StreamId id = 1; id <= last; id++) {
        auto const known = found.try_emplace(id).first;
        known->second.id = id;
        read_stream(known->second);
    }
    std::set<std::string> intact;
    for (auto const& [id, stream] : found)
        if (!stream.category.empty())
            intact.insert(stream.category);
    std::vector<std::string> const categories(intact.begin(), intact.end());
    std::vector<SalvagedStream> all;
    for (auto& [id, stream] : found) {
        if (stream.name.empty() && stream.rows.empty() && !stream.snapshot)
            continue; // It was erased.
        if (stream.name.empty())
            find_name(stream, names, categories);
        all.push_back(std::move(stream));
    }
    return all;
}

// By their numbers, one by one: so a page that is lost takes no other with it.
void Salvage::read_events(std::map<StreamId, SalvagedStream>& streams)
{
    constexpr RowId beyond = 100'000; // How far events may reach that nothing tells of.
    auto const checkpoint = tables_.checkpoint();
    auto const counted = database_.integer("SELECT max(id) FROM event");
    RowId last = checkpoint ? checkpoint->row : 0;
    bool const is_sure = checkpoint && counted;
    if (counted)
        last = std::max(last, static_cast<RowId>(*counted));
    RowId last_read = 0;
    std::vector<RowId> missing;
    for (RowId row = 1; row <= last + (is_sure ? 0 : beyond); row++) {
        auto const record = tables_.event(row);
        if (!record) {
            missing.push_back(row);
            continue;
        }
        last_read = row;
        streams[record->place.stream].rows.emplace(record->event.version, row);
    }
    for (auto const row : missing) {
        if (row > std::max(last, last_read))
            break;
        auto const is_hole = tables_.is_hole(row, row);
        unreadable_ += is_hole && *is_hole ? 0 : 1;
    }
}

void Salvage::read_stream(SalvagedStream& stream)
{
    auto snapshot = tables_.snapshot(stream.id);
    stream.had_damaged_snapshot = !snapshot;
    if (snapshot)
        stream.snapshot = *std::move(snapshot);
    auto const row = tables_.stream(stream.id);
    if (!row || !*row)
        return;
    stream.name = (*row)->name;
    stream.category = (*row)->category;
    stream.version = (*row)->version;
    stream.floor = (*row)->floor;
    stream.state = (*row)->state;
    stream.at = (*row)->at;
}

std::optional<std::string> Salvage::text(char const* sql, StreamId id)
{
    auto query = database_.prepare(sql);
    if (!query)
        return std::nullopt;
    auto row = query->run(std::int64_t{id});
    if (!row.next())
        return std::nullopt;
    return std::string(row.bytes(0));
}

// A name is proved by the link of the first event, or, where that is gone, by the table and the
// index having the same. A category that other streams have is no accident.
void Salvage::find_name(SalvagedStream& stream, std::span<std::string const> names,
    std::span<std::string const> categories)
{
    auto const in_row = text("SELECT name FROM stream NOT INDEXED WHERE id = ?1", stream.id);
    auto const in_index
        = text("SELECT name FROM stream INDEXED BY stream_name WHERE +id = ?1", stream.id);
    auto const category = text("SELECT category FROM stream NOT INDEXED WHERE id = ?1", stream.id);
    std::vector<std::string> candidates(names.begin(), names.end());
    for (auto const& each : {in_row, in_index})
        if (each)
            candidates.push_back(*each);
    auto const first = stream.rows.find(1);
    auto const record = first == stream.rows.end() ? Result<Record>(damaged("it is gone"))
                                                   : tables_.event(first->second);
    if (record) {
        for (auto const& each : candidates)
            if (events::chain_link(events::chain_start(each), record->event)
                == record->event.link)
                stream.name = each;
    } else if (in_row && in_row == in_index) {
        stream.name = *in_row;
    }
    if (category && std::ranges::find(categories, *category) != categories.end())
        stream.category = *category;
    if (!stream.rows.empty())
        stream.floor = stream.rows.begin()->first - 1;
    else if (stream.snapshot)
        stream.floor = stream.snapshot->version;
    stream.is_renamed = true;
}

std::optional<WallTime> Salvage::last_restoration()
{
    auto const at = database_.integer("SELECT max(at) FROM restoration");
    return at && *at > 0 ? std::optional(WallTime{*at}) : std::nullopt;
}

} // namespace gatehouse::storage::sqlite
