// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"
#include "storage/archive/archive.hpp"
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
};

struct ArchivistOptions {
    Policy others;
    std::map<std::string, Policy, std::less<>> games{};

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
    std::size_t deleted = 0; // Packs that were kept long enough.
    std::vector<Refused> refused{};
};

// Keeps the store small and the archive in order, in rounds: rooms that are finished long enough
// move into packs, packs that were kept long enough are deleted unless they are held.
//
// A room leaves the store when its pack was written, read back from the service, found whole, and
// every event in it equal to the store's, read once more. Whatever breaks off before leaves the
// room where it was; the next round writes the same pack under the same name.
//
// Asks for the log in small pieces, so that what else needs it waits for a few milliseconds. Holds
// one pack, and the entries of one day. Belongs to one thread.
class Archivist {
public:
    // Runs a piece with the log and comes back when it is done; fails where it cannot run.
    using WithLog = std::function<Result<void>(std::function<void(Log&)>)>;
    // The version of the rules that the room of this first event began with.
    using RulesOf = std::function<Result<std::uint64_t>(events::Event const&)>;

    Archivist(Objects& objects, ArchivistOptions options, WithLog with_log, RulesOf rules_of)
        : archive_(objects)
        , options_(std::move(options))
        , with_log_(std::move(with_log))
        , rules_of_(std::move(rules_of))
    { }

    // A room that cannot be archived is refused, and the others go on; where that is its own fault,
    // it is left alone from then on. Fails where nothing can be done: the service, the store.
    [[nodiscard]] Result<Round> round(WallTime now);

    // Moves one room, whatever its age.
    [[nodiscard]] Result<Entry> move(events::StreamHead const& head);

private:
    using Days = std::map<std::pair<std::string, std::string>, std::vector<Entry>>;

    struct Moving;

    Result<void> move_all(WallTime now, Round& round);
    Result<void> move_some(std::vector<events::StreamHead> const& heads, Moving& moving);
    Result<void> index(Days const& days);
    Result<void> expire(WallTime now, Round& round);
    Result<void> expire_day(
        std::string const& game, std::string const& day, WallTime until, Round& round);

    Result<std::vector<events::Event>> read(std::string const& room, events::Version after);
    Result<std::string> pack(PackHeader const& header);
    Result<Pack> compare(PackHeader const& header);

    template <typename Question>
    std::invoke_result_t<Question, Log&> ask(Question question);

    Archive archive_;
    ArchivistOptions options_;
    WithLog with_log_;
    RulesOf rules_of_;
    std::set<std::string, std::less<>> left_alone_;
};

} // namespace gatehouse::storage::archive
