// SPDX-License-Identifier: Apache-2.0
#include "server/archiver.hpp"

#include "rooms/record.hpp"
#include "runtime/clock.hpp"
#include "storage/archive/folder.hpp"
#include "storage/archive/s3.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>
#include <variant>

namespace gatehouse::server {

namespace archive = storage::archive;
using namespace std::chrono_literals;

namespace {

Result<std::unique_ptr<archive::Objects>> open_bucket(
    config::Archive const& settings, std::stop_token stop, Patience patience)
{
    auto clock = std::make_shared<runtime::Clock>();
    archive::S3Options options{
        .endpoint = settings.endpoint.empty() ? "https://s3." + settings.region + ".amazonaws.com"
                                              : settings.endpoint,
        .bucket = settings.to.bucket,
        .prefix = settings.to.prefix,
        .region = settings.region,
        .style = settings.style == config::S3Style::host ? archive::S3Style::host
                                                         : archive::S3Style::path,
        .keys = {settings.access_key.value, settings.secret_key.value},
        .clock = [clock] { return clock->read().wall; },
        .stop = std::move(stop)};
    if (patience == Patience::brief) {
        options.tries_max = 1;
        options.call_max = 10s;
    }
    return GH_TRY(archive::S3::open(std::move(options)));
}

// Often enough that no room stays much longer than it should.
Duration pause_between_rounds(archive::ArchivistOptions const& options)
{
    auto shortest = options.others.after;
    for (auto const& [name, policy] : options.games)
        shortest = std::min(shortest, policy.after);
    return std::clamp<Duration>(shortest, 1s, 60s);
}

} // namespace

Result<std::unique_ptr<archive::Objects>> open_objects(
    config::Archive const& settings, std::stop_token stop, Patience patience)
{
    switch (settings.to.kind) {
    case config::ObjectStore::Kind::none: break;
    case config::ObjectStore::Kind::folder:
        return GH_TRY(archive::Folder::open(settings.to.folder.text));
    case config::ObjectStore::Kind::bucket: return open_bucket(settings, std::move(stop), patience);
    }
    return fail(ErrorCode::bad_request, "There is no archive: name one in archive.to.");
}

archive::ArchivistOptions archivist_options(config::Settings const& settings)
{
    auto const& all = settings.archive;
    auto const compact = all.compact ? std::optional(static_cast<events::Version>(*all.compact))
                                     : std::nullopt;
    archive::ArchivistOptions options{
        .others = {.after = all.after, .keep = all.keep, .compact = compact},
        .leaps = archive::Leaps::delete_nothing};
    for (auto const& [name, game] : settings.rooms)
        options.games[name] = {.after = game.archive.after.value_or(all.after),
            .keep = game.archive.keep ? game.archive.keep : all.keep,
            .compact = compact};
    return options;
}

Result<std::uint64_t> rules_of(events::Event const& first)
{
    auto const parts = rooms::split(first.data);
    auto const event = rooms::decode_platform(
        first.type, first.schema, parts ? parts->body : std::string_view());
    auto rules = -1;
    if (auto const* const opened = event ? std::get_if<rooms::Opened>(&*event) : nullptr)
        rules = opened->rules;
    if (auto const* const forked = event ? std::get_if<rooms::Forked>(&*event) : nullptr)
        rules = forked->rules;
    if (rules < 0)
        return fail(ErrorCode::unsupported, "The room cannot be archived.",
            "its first event does not say by which rules it is played");
    return static_cast<std::uint64_t>(rules);
}

Result<std::unique_ptr<Archiver>> Archiver::create(
    config::Settings const& settings, storage::Committer& committer, runtime::Clock& clock,
    Awaited awaited, OnRound on_round)
{
    std::stop_source stop;
    auto objects = GH_TRY(open_objects(settings.archive, stop.get_token()));
    return std::unique_ptr<Archiver>(
        new Archiver(settings, committer, clock, std::move(awaited), std::move(on_round),
            std::move(stop), std::move(objects)));
}

Archiver::Archiver(config::Settings const& settings, storage::Committer& committer,
    runtime::Clock& clock, Awaited awaited, OnRound on_round,
    std::stop_source stop,
    std::unique_ptr<archive::Objects> objects)
    : committer_(committer)
    , stop_(std::move(stop))
    , objects_(std::move(objects))
    , archivist_(*objects_, archivist_options(settings),
          [this](std::function<void(storage::Log&)> const& piece) { return with_log(piece); },
          rules_of, have(std::move(awaited)))
    , on_round_(std::move(on_round))
    , pause_(pause_between_rounds(archivist_options(settings)))
    , log_output_(STDERR_FILENO)
    , log_(log_output_, observe::Level::info, -1)
    , worker_(clock, {.name = "gh-archiver"})
    , next_round_([this] { make_round(); })
{
    worker_.reactor().at_end_of_turn([this] { log_output_.flush(); });
    worker_.reactor().mailbox().post_answer([this] { make_round(); });
}

Archiver::~Archiver()
{
    stop();
}

void Archiver::start()
{
    worker_.start();
}

void Archiver::stop()
{
    stop_.request_stop();
    worker_.stop();
}

Result<void> Archiver::with_log(std::function<void(storage::Log&)> const& piece)
{
    if (stop_.stop_requested())
        return fail(ErrorCode::busy, "The server stops.");
    return committer_.keep_up_with(piece);
}

// The shipper and the scorer have a beat of a second.
archive::Archivist::IsBackedUp Archiver::have(Awaited awaited) const
{
    if (awaited.empty())
        return {};
    return [awaited = std::move(awaited), stop = stop_.get_token()] {
        return std::ranges::all_of(
            awaited, [&stop](auto* each) { return each->await(3s, stop); });
    };
}

void Archiver::make_round()
{
    auto& reactor = worker_.reactor();
    auto const round = archivist_.round(reactor.now().wall);
    if (stop_.stop_requested())
        return;
    count(round);
    tell(round);
    reactor.timers().arm(next_round_, reactor.now().steady + pause_);
}

void Archiver::count(Result<archive::Round> const& round)
{
    tally_.rounds++;
    if (round) {
        tally_.moved += round->rooms;
        tally_.refused += round->refused.size();
        tally_.deleted += round->deleted;
        tally_.moved_events += round->events;
        tally_.compacted_events += round->compacted_events;
        tally_.bytes += round->bytes;
        tally_.last_good_round = worker_.reactor().now().wall;
    } else {
        tally_.failed_rounds++;
    }
    on_round_(tally_);
}

void Archiver::tell(Result<archive::Round> const& round)
{
    using enum observe::Level;
    auto const now = worker_.reactor().now().wall;
    if (!round) {
        log_.line(warning, "the archive is behind; rooms stay in the store until it is back", now)
            .field("error", round.error().message)
            .field("detail", round.error().detail);
        return;
    }
    bool const waited = std::exchange(waits_, round->waiting > 0);
    if (waits_ && !waited)
        log_.line(warning,
                "rooms stay in the store until backup and leaderboards have their events", now)
            .field("rooms", round->waiting);
    bool const had_given_up = std::exchange(gave_up_, round->gave_up);
    if (gave_up_ && !had_given_up)
        log_.line(warning,
                "many rooms in a row cannot be archived; the others wait for the next rounds", now)
            .field("refused", round->refused.size());
    for (auto const& [room, error] : round->refused)
        log_.line(warning, "a room cannot be archived; its events stay in the store", now)
            .field("room", room)
            .field("error", error.message)
            .field("detail", error.detail);
    if (round->rooms > 0)
        log_.line(info, "rooms moved to the archive", now)
            .field("rooms", round->rooms)
            .field("events", round->events)
            .field("bytes", round->bytes);
    if (round->compacted > 0)
        log_.line(info, "events of unfinished rooms moved to the archive", now)
            .field("rooms", round->compacted)
            .field("events", round->compacted_events);
    bool const did_delete = !std::exchange(deletes_nothing_, round->deletes_nothing);
    if (deletes_nothing_ && did_delete)
        log_.line(warning,
            "the clock is more than a day ahead of all that happened: the archive deletes nothing "
            "for a day (set the clock right, or leave it where it is right)", now);
    if (!deletes_nothing_ && !did_delete)
        log_.line(info, "the clock is believed: the archive deletes again what was kept long "
                        "enough", now);
    for (auto const& room : round->deleted_rooms)
        log_.line(info, "an archived room is deleted; it was kept long enough", now)
            .field("room", room);
    if (round->deleted > 0)
        log_.line(info, "archived rooms deleted; they were kept long enough", now)
            .field("rooms", round->deleted);
}

} // namespace gatehouse::server
