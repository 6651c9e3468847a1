// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"
#include "storage/archive/archive.hpp"
#include "storage/archive/compacted.hpp"
#include "storage/clock_doubt.hpp"
#include "storage/log.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace gatehouse::storage::archive {

// Of the rooms of a game.
struct Policy {
    Duration after{};               // Finished this long, they leave the store.
    std::optional<Duration> keep{}; // Finished this long, they are deleted. None: never.
    // So many events that a snapshot tells of leave the store before the room is finished. None:
    // they stay.
    std::optional<events::Version> compact{};
};

// What a clock is believed that leaps forward over a day (clock_doubt.hpp).
enum class Leaps : std::uint8_t { are_believed, delete_nothing };

struct ArchivistOptions {
    Policy others;
    std::map<std::string, Policy, std::less<>> games{};
    Leaps leaps = Leaps::are_believed;

    [[nodiscard]] Policy const& of(std::string_view game) const;
};

// What a round came to.
struct Round {
    struct Refused {
        std::string room;
        Error error;
    };
    std::size_t rooms = 0; // That left the store.
    std::uint64_t events = 0;
    std::uint64_t bytes = 0; // Of their packs.
    static constexpr std::size_t deleted_rooms_max = 256;
    std::size_t deleted = 0; // Packs that were kept long enough.
    std::vector<std::string> deleted_rooms{}; // Of these, the first ones.
    bool deletes_nothing = false; // For now, though something may be due: see Leaps.
    std::size_t compacted = 0; // Rooms that are not finished, and smaller now.
    std::uint64_t compacted_events = 0;
    bool gave_up = false;    // After many refusals in a row; what was not asked is next.
    std::size_t waiting = 0; // Rooms with events that are not in the backup yet.
    std::vector<Refused> refused{};
};

// Keeps the store small and the archive in order, in rounds: rooms that are finished long enough
// move into packs, packs that were kept long enough are deleted unless they are held. Of long rooms
// that are not finished, what a snapshot tells of may move into parts; their pack, in the end, is
// the same as if it never had.
//
// A room leaves the store when its pack was written, read back from the service, found whole, and
// every event in it equal to the store's, read once more. Whatever breaks off before leaves the
// room where it was; the next round writes the same pack under the same name. Events are compacted
// when their part was read back in the same way; a part that came before its compaction is the
// first thing that the next round looks at, so that there is never a second one of the same events.
// Where the store has a backup, nothing leaves the store before it is there: what follows in the
// backup would have nothing to follow on.
//
// Asks for the log in small pieces, so that what else needs it waits for a few milliseconds. Holds
// one pack or part, the entries of one day, and the names of some thousand packs that are due.
// Belongs to one thread.
class Archivist {
public:
    // Runs a piece with the log and comes back when it is done; fails where it cannot run.
    using WithLog = std::function<Result<void>(std::function<void(Log&)>)>;
    // The version of the rules that the room of this first event began with.
    using RulesOf = std::function<Result<std::uint64_t>(events::Event const&)>;
    // Whether all that is durable now is in the backup; may wait for it. None: there is no backup.
    using IsBackedUp = std::function<bool()>;

    Archivist(Objects& objects, ArchivistOptions options, WithLog with_log, RulesOf rules_of,
        IsBackedUp is_backed_up = {})
        : archive_(objects)
        , options_(std::move(options))
        , with_log_(std::move(with_log))
        , rules_of_(std::move(rules_of))
        , is_backed_up_(std::move(is_backed_up))
    { }
    Archivist(Archivist const&) = delete;

    // A room that cannot be archived is refused, and the others go on. By its own fault, it is left
    // alone from then on, else for ever longer. Fails where nothing can be done: service, store.
    [[nodiscard]] Result<Round> round(WallTime now);

    // Moves one room, whatever its age. `unsupported` where the archive has another history under
    // the name of its pack: it stays there, and the room in the store.
    [[nodiscard]] Result<Entry> move(events::StreamHead const& head);

private:
    using Days = std::map<std::pair<std::string, std::string>, std::vector<Entry>>;

    struct Moving;

    // Answers when the newest event of the store happened.
    Result<std::optional<WallTime>> move_all(WallTime now, Round& round);
    Result<void> move_some(std::vector<events::StreamHead> const& heads, Moving& moving);
    Result<void> move_one(events::StreamHead const& head, Moving& moving);
    Result<void> index(Days const& days);
    bool rests(std::string const& room) const;
    void let_rest(std::string const& room);
    Result<bool> may_delete(WallTime now, std::optional<WallTime> newest);
    Result<std::optional<WallTime>> newest_day();
    Result<void> expire(WallTime now, Round& round);
    Result<void> delete_packs(std::vector<PackName> const& due, WallTime now, Round& round);
    Result<bool> is_due(Entry const& entry, WallTime until);
    Result<bool> remove(PackName const& name, bool is_last, Days& days);
    Result<void> settle_deletions();
    Result<void> drop_keys(std::string const& room);

    bool is_long(events::StreamHead const& head) const;
    bool may_leave(events::StreamHead const& head, events::Version version, Moving& moving);
    Result<events::Version> compact(events::StreamHead const& head, Moving& moving);
    Result<events::Version> settle(events::StreamHead const& head);
    Result<Part> next_part(
        events::StreamHead const& head, events::Version after, events::Snapshot snapshot);
    Result<bool> is_stored(Part const& part, events::StreamHead const& head);
    Result<events::Version> compact_to(events::StreamHead const& head, events::Version version);
    Result<void> sweep();
    Result<void> remove_parts(std::string const& room);

    Result<std::vector<events::Event>> read(
        events::StreamHead const& head, events::Version after);
    Result<std::string> pack(PackHeader const& header, events::StreamHead const& head);
    Result<Pack> compare(PackHeader const& header, events::StreamHead const& head);
    Result<bool> is_there(PackHeader const& header, events::StreamHead const& head);

    template <typename Question>
    std::invoke_result_t<Question, Log&> ask(Question question)
    {
        std::invoke_result_t<Question, Log&> answer
            = fail(ErrorCode::unavailable, "The store did not answer.");
        GH_CHECK(with_log_([&](Log& log) { answer = question(log); }));
        return answer;
    }

    Archive archive_;
    Compacted compacted_{archive_};
    ArchivistOptions options_;
    WithLog with_log_;
    RulesOf rules_of_;
    IsBackedUp is_backed_up_;
    std::set<std::string, std::less<>> left_alone_;
    std::set<std::string, std::less<>> left_long_; // Not compacted any further.
    std::set<std::string, std::less<>> in_parts_; // Rooms that have some, once
    bool has_swept_ = false;                      // they were looked for.
    bool has_settled_ = false; // No deletion is begun and not ended.
    struct Rest {
        std::uint64_t until = 0; // Of rounds.
        std::uint64_t rounds = 1;
    };
    std::map<std::string, Rest, std::less<>> resting_;
    std::uint64_t rounds_ = 0;
    WallTime next_deletion_at_{};
    ClockDoubt doubt_{};
    bool is_doubted_ = false;
    bool has_begun_doubt_ = false; // When it is known what has passed for sure.
};

} // namespace gatehouse::storage::archive
