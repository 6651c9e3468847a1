// SPDX-License-Identifier: Apache-2.0
#include "storage/backup/restore.hpp"

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "events/chain.hpp"
#include "runtime/descriptor.hpp"
#include "storage/archive/pack.hpp"
#include "storage/backup/catalogue.hpp"
#include "storage/backup/chain_reader.hpp"
#include "storage/backup/key_catalogue.hpp"
#include "storage/sqlite/files.hpp"
#include "storage/sqlite/key_file.hpp"
#include "storage/sqlite/open.hpp"
#include "storage/sqlite/replacement.hpp"
#include "storage/sqlite/restoration.hpp"
#include "storage/sqlite/sqlite_log.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <system_error>
#include <unistd.h>
#include <unordered_map>
#include <utility>

namespace gatehouse::storage::backup {

namespace fs = std::filesystem;
using events::Link;
using sqlite::SqliteLog;

namespace {

std::unexpected<Error> damaged(std::string why)
{
    return fail(ErrorCode::internal, "The backup is damaged.", std::move(why));
}

// A restored file in the making: gone with it, unless it came to its name.
class Draft {
public:
    explicit Draft(fs::path const& file)
        : path_(sqlite::draft_of(file))
    {
        remove_all();
    }
    Draft(Draft const&) = delete;
    Draft& operator=(Draft const&) = delete;
    ~Draft() { remove_all(); }

    [[nodiscard]] fs::path const& path() const { return path_; }

    // Keys first: events without them are a store whose names are lost.
    Result<void> become(fs::path const& file)
    {
        GH_CHECK(become(sqlite::keys_of(path_), sqlite::keys_of(file)));
        return become(path_, file);
    }

private:
    // Durably: what was not written by SQLite itself was not synced yet.
    static Result<void> become(fs::path const& draft, fs::path const& file)
    {
        std::error_code missing;
        if (auto const left = fs::file_size(draft.native() + "-wal", missing); !missing && left > 0)
            return fail(ErrorCode::unavailable, "The restored store cannot be closed.",
                draft.native() + "-wal is not empty: is the disk full?");
        runtime::Descriptor const written(::open(draft.c_str(), O_RDWR | O_CLOEXEC));
        if (!written || ::fsync(written.get()) != 0)
            return fail(ErrorCode::unavailable, "The restored store cannot be made durable.",
                draft.native());
        std::error_code error;
        fs::rename(draft, file, error);
        if (error)
            return fail(ErrorCode::unavailable, "The restored store cannot be named.",
                fmt::format("{}: {}", file.native(), error.message()));
        return {};
    }

    void remove_all()
    {
        std::error_code ignored;
        for (auto const* ending :
            {"", "-wal", "-shm", "-journal", ".ballast", ".keys", ".keys-wal", ".keys-shm",
                ".keys-journal"})
            fs::remove(path_.native() + ending, ignored);
    }

    fs::path path_;
};

// Appends segments to a restored base, and lets no event pass that is not the next of its stream.
class Appender {
public:
    explicit Appender(SqliteLog& log)
        : log_(log)
    { }

    // Up to the first event after `until`. False where there was one.
    Result<bool> append(Segment segment, std::optional<WallTime> until)
    {
        std::vector<events::StreamAppend> batch;
        std::vector<std::uint64_t> positions;
        bool is_whole = true;
        for (auto& stretch : segment.stretches) {
            auto& append = stretch.append;
            is_whole = !until || append.events.front().at <= *until;
            if (!is_whole)
                break;
            GH_CHECK(check_links(append, segment.header));
            last_at_ = std::max(last_at_, append.events.back().at);
            events_ += append.events.size();
            positions.push_back(stretch.first_position);
            batch.push_back(std::move(append));
        }
        if (!batch.empty())
            GH_CHECK(append(std::move(batch), positions, segment.header));
        return is_whole;
    }

    [[nodiscard]] std::uint64_t events() const { return events_; }
    [[nodiscard]] WallTime last_at() const { return last_at_; }

private:
    static std::unexpected<Error> wrong(
        SegmentHeader const& segment, std::string_view stream, std::string const& why)
    {
        return damaged(fmt::format(
            "segment {} of chain {}: room {}: {}", segment.number, segment.chain, stream, why));
    }

    Result<void> check_links(events::StreamAppend const& append, SegmentHeader const& segment)
    {
        auto known = links_.find(append.stream);
        if (known == links_.end())
            known = links_.emplace(append.stream, GH_TRY(link_of(append))).first;
        for (auto const& event : append.events) {
            if (!archive::is_linked(append.stream, known->second, event))
                return wrong(segment, append.stream,
                    fmt::format("event {} does not follow the one before", event.version));
            known->second = event.link;
        }
        return {};
    }

    // Of the event that the base has before these.
    Result<Link> link_of(events::StreamAppend const& append)
    {
        if (append.expected == 0)
            return events::chain_start(append.stream);
        auto const before = log_.read(append.stream, append.expected - 1, 1);
        if (before && !before->empty())
            return before->front().link;
        auto const history = GH_TRY(log_.hydrate(append.stream, 1));
        if (history.snapshot && history.snapshot->version == append.expected)
            return history.snapshot->link;
        return damaged(fmt::format("room {}: the event before {} is missing", append.stream,
            append.expected + 1));
    }

    Result<void> append(std::vector<events::StreamAppend> batch,
        std::vector<std::uint64_t> const& positions, SegmentHeader const& segment)
    {
        std::vector<std::string> streams;
        for (auto const& each : batch)
            streams.push_back(each.stream);
        auto const answers = log_.append(std::move(batch));
        for (std::size_t i = 0; i < answers.size(); i++) {
            if (!answers[i] && answers[i].error().code != ErrorCode::stale_base)
                return std::unexpected(answers[i].error());
            if (!answers[i])
                return wrong(segment, streams[i], "versions are missing");
            if (answers[i]->first_position != positions[i])
                return wrong(segment, streams[i],
                    fmt::format("position {} became {}: events before it were never shipped",
                        positions[i], answers[i]->first_position));
        }
        return {};
    }

    SqliteLog& log_;
    std::unordered_map<std::string, Link> links_;
    std::uint64_t events_ = 0;
    WallTime last_at_{};
};

// The base from which `until` can be reached.
Result<Manifest> find_base(Catalogue& catalogue, RestoreOptions const& options)
{
    auto chains = GH_TRY(catalogue.chains());
    if (!options.chain.empty())
        std::erase_if(chains, [&](std::string const& each) { return each != options.chain; });
    std::ranges::reverse(chains);
    for (auto const& chain : chains) {
        auto bases = GH_TRY(catalogue.bases(chain));
        if (options.from == From::newest_base)
            std::ranges::reverse(bases);
        for (auto& base : bases)
            if (!options.until || base.last_at <= *options.until)
                return std::move(base);
    }
    return fail(ErrorCode::not_found, "There is no backup of that moment.",
        chains.empty() ? "the target holds no chain of that name; gatehouse backup ls lists them"
                       : "the oldest base is younger; gatehouse backup ls lists them");
}

// The newest keys of the store that the base is of, as the ring that they were: so the next server
// goes on with their generation.
Result<void> restore_keys(archive::Objects& objects, fs::path const& file, Restored& restored)
{
    KeyCatalogue catalogue(objects);
    auto const lose = [&](std::string what) { restored.lost_keys.push_back(std::move(what)); };
    auto ring = restored.base.ring;
    if (ring.empty()) { // A base from before there were keys; segments behind it may need some.
        auto const rings = GH_TRY(catalogue.rings());
        if (rings.size() > 1)
            lose("the base does not say whose keys are its own");
        if (rings.size() != 1)
            return {};
        ring = rings[0];
    }
    auto const newest = catalogue.newest(ring);
    if (!newest && newest.error().code != ErrorCode::internal)
        return std::unexpected(newest.error());
    if (!newest || !*newest) {
        lose(newest ? fmt::format("there are no keys of ring {}", ring) : newest.error().detail);
        return {};
    }
    auto const keys = GH_TRY(sqlite::KeyFile::open({.file = file, .ballast_bytes = 0}));
    GH_CHECK(keys->restore({.id = from_hex(ring), .forgotten = (*newest)->forgotten}));
    return catalogue.read(
        **newest,
        [&](std::span<events::Membership const> part) {
            restored.keys += part.size();
            return keys->restore(part);
        },
        lose);
}

// Nothing of a store that was there may be left: SQLite would replay an old WAL over the restored
// one, and one of the keys brings back who was erased.
Result<void> check_is_free(fs::path const& file)
{
    auto files = sqlite::files_of(file);
    files.push_back(sqlite::repaired_of(file)); // Which would be put in its place.
    std::string there;
    for (auto const& each : files) {
        std::error_code ignored;
        if (fs::exists(fs::symlink_status(each, ignored)))
            there += (there.empty() ? "" : ", ") + each.native();
    }
    if (there.empty())
        return {};
    return fail(ErrorCode::bad_request, "Nothing is restored over a file that exists.",
        there + ": move all that begins with " + file.filename().native()
            + " away together (what is left would be taken for the restored store's own), or name "
              "another file");
}

Result<void> check_opens(fs::path const& file)
{
    auto const log = GH_TRY(SqliteLog::open({.file = file, .access = sqlite::Access::read_only}));
    std::string after;
    while (true) {
        auto const page = GH_TRY(log->streams(after, 1000));
        if (page.empty())
            return {};
        after = page.back().stream;
    }
}

Result<Restored> restore_from(Manifest base, archive::Objects& objects,
    RestoreOptions const& options, OnRestored const& progress)
{
    Catalogue catalogue(objects);
    Restored restored;
    restored.base = std::move(base);
    auto chain = GH_TRY(ChainReader::open(catalogue, restored.base));
    RestoreProgress so_far{
        .base_bytes_total = restored.base.bytes, .segments_total = chain.total()};
    Draft draft(options.file);
    GH_CHECK(fetch_base(objects, restored.base, draft.path(), [&](std::uint64_t bytes) {
        so_far.base_bytes = bytes;
        progress(so_far);
    }));

    auto log = GH_TRY(SqliteLog::open({.file = draft.path(), .ballast_bytes = 0}));
    Appender appender(*log);
    for (bool goes_on = true; goes_on;) {
        auto segment = GH_TRY(chain.next());
        if (!segment)
            break;
        goes_on = GH_TRY(appender.append(*std::move(segment), options.until));
        restored.segments++;
        so_far.segments++;
        so_far.events = appender.events();
        progress(so_far);
    }
    log.reset();
    restored.restored_before = GH_TRY(sqlite::last_restoration(draft.path()));
    GH_CHECK(restore_keys(objects, draft.path(), restored));
    restored.events = appender.events();
    restored.last_at = std::max(restored.base.last_at, appender.last_at());
    {
        auto database = GH_TRY(sqlite::open_database({.file = draft.path(), .ballast_bytes = 0}));
        GH_CHECK(sqlite::note_restoration(database, options.now));
    }
    GH_CHECK(check_opens(draft.path()));
    GH_CHECK(check_is_free(options.file)); // Somebody may have started a server there meanwhile.
    GH_CHECK(draft.become(options.file));
    return restored;
}

// What no moment that is kept needs is removed at any time, its manifest first.
Result<bool> is_there(Catalogue& catalogue, Manifest const& base)
{
    auto const bases = GH_TRY(catalogue.bases(base.chain));
    return std::ranges::find(bases, base.number, &Manifest::number) != bases.end();
}

} // namespace

Result<Restored> restore(
    archive::Objects& objects, RestoreOptions const& options, OnRestored const& progress)
{
    constexpr int tries_max = 3;
    GH_CHECK(check_is_free(options.file));
    std::error_code ignored;
    if (options.file.has_parent_path())
        fs::create_directories(options.file.parent_path(), ignored);
    Catalogue catalogue(objects);
    for (int tries = 1;; tries++) {
        auto const base = GH_TRY(find_base(catalogue, options));
        auto restored = restore_from(base, objects, options, progress);
        if (restored || tries == tries_max || GH_TRY(is_there(catalogue, base)))
            return restored;
    }
}

namespace {

Result<void> verify_keys(archive::Objects& objects, Verified& verified)
{
    KeyCatalogue catalogue(objects);
    for (auto const& ring : GH_TRY(catalogue.rings())) {
        auto const found = [&](std::string what) {
            verified.findings.push_back({"keys " + ring, std::move(what)});
        };
        auto const newest = catalogue.newest(ring);
        if (!newest && newest.error().code != ErrorCode::internal)
            return std::unexpected(newest.error());
        if (!newest || !*newest) {
            found(newest ? "no generation of them is complete" : newest.error().detail);
            continue;
        }
        auto const count = [&](std::span<events::Membership const> part) -> Result<void> {
            verified.keys += part.size();
            return {};
        };
        GH_CHECK(catalogue.read(**newest, count, found));
    }
    return {};
}

} // namespace

Result<Verified> verify(archive::Objects& objects, OnRestored const& progress)
{
    Catalogue catalogue(objects);
    Verified verified;
    RestoreProgress so_far;
    for (auto const& name : GH_TRY(catalogue.chains())) {
        verified.chains++;
        auto const bases = catalogue.bases(name);
        if (!bases || bases->empty()) {
            verified.findings.push_back({name, bases ? "it has no base" : bases.error().detail});
            continue;
        }
        for (auto const& base : *bases) {
            auto const checked = read_base(
                objects, base, [](std::string_view) { return Result<void>(); });
            if (!checked && checked.error().code == ErrorCode::unavailable)
                return std::unexpected(checked.error());
            if (!checked)
                verified.findings.push_back({name, checked.error().detail});
            verified.bases++;
        }
        auto chain = GH_TRY(ChainReader::open(catalogue, bases->front()));
        so_far.segments_total += chain.total();
        while (true) {
            auto segment = chain.next();
            if (!segment && segment.error().code == ErrorCode::unavailable)
                return std::unexpected(segment.error());
            if (!segment)
                verified.findings.push_back({name, segment.error().detail});
            if (!segment || !*segment)
                break;
            verified.segments++;
            verified.events += (*segment)->header.events;
            so_far.segments++;
            progress(so_far);
        }
    }
    GH_CHECK(verify_keys(objects, verified));
    return verified;
}

} // namespace gatehouse::storage::backup
