// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/archive/objects.hpp"
#include "storage/archive/pack.hpp"
#include "storage/archive/part.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::storage::archive {

// What the name of a pack says: "packs/liap-tui/2026/11/21/k7qxm.9f0c2ab1.jsonl.zst".
struct PackName {
    std::string game;
    std::string day; // "2026-11-21", in UTC.
    std::string room;

    [[nodiscard]] std::string text() const;
    [[nodiscard]] static std::optional<PackName> parse(std::string_view name);

    bool operator==(PackName const&) const = default;
};

// A line of a day's index.
struct Entry {
    std::string room;
    std::string game;
    WallTime at{}; // When the room finished.
    std::uint64_t size = 0;   // Of the pack.
    std::uint64_t events = 0; // 0: the pack cannot be read.
    std::string sha256{};     // Of its lines; 64 hexadecimal digits.

    [[nodiscard]] bool is_damaged() const { return events == 0; }

    bool operator==(Entry const&) const = default;
};

// What goes with a pack that is deleted.
struct Deletion {
    std::string room;
    std::string pack{}; // Its name. Empty: an older server began it, and nobody knows.
    bool with_keys = false;
};

struct Hold {
    std::string room;
    std::string reason;
    WallTime at{};
};

// The archive as its users see it: packs by game and day, an index of each day, legal holds. The
// packs are what counts; an index says what is in them, so that nobody need read them all to list
// them, and is made again from them where it is missing or wrong.
//
//     packs/GAME/YYYY/MM/DD/ROOM.jsonl.zst    pack.hpp
//     parts/ROOM/FIRST-LAST.jsonl.zst         part.hpp: of rooms that are not finished
//     index/GAME/YYYY-MM-DD.jsonl             an Entry a line
//     holds/ROOM                              {"room":…,"reason":…,"at":…}
//     deleting/ROOM                           {"pack":…,"keys":…}: while that pack goes
//     restored/ROOM                           {"at":…}: back in the store since
//
// Blocks as its objects do; belongs to one thread at a time.
class Archive {
public:
    // `objects` outlives it.
    explicit Archive(Objects& objects)
        : objects_(objects)
    { }

    [[nodiscard]] Objects& objects() { return objects_; }

    // Visits the packs of a game (all games where it is empty), game by game and day by day, until
    // the visitor fails.
    using OnPack = std::function<Result<void>(PackName const&, std::uint64_t size)>;
    [[nodiscard]] Result<void> each_pack(std::string_view game, OnPack const& visit);

    // Visits the days of a game (of all games where it is empty) that have packs, oldest first, by
    // one pack of each; the visitor says where to go on. One question a day, however many packs.
    enum class Next : std::uint8_t { day, game };
    using OnDay = std::function<Result<Next>(PackName const& one)>;
    [[nodiscard]] Result<void> each_day(std::string_view game, OnDay const& visit);

    // The packs of a room, by its id or by the code before its dot, of one day where "@2026-11-21"
    // follows: a room that was finished twice, for it was set back, has two. Asks for all names.
    [[nodiscard]] Result<std::vector<PackName>> find(std::string_view room);

    // Reads a pack whole and checks all that can be checked.
    [[nodiscard]] Result<Pack> read(PackName const& name, OnEvent const& visit);

    // ---- The index

    // Every pack of a day, in the order of rooms; those that the index does not know, or knows with
    // another size, are read.
    [[nodiscard]] Result<std::vector<Entry>> day(std::string_view game, std::string_view day);
    // The same, and what was not in the index (or is in it and gone) is put right there. `known`
    // spares reading packs again that were just written.
    [[nodiscard]] Result<std::vector<Entry>> index_day(
        std::string_view game, std::string_view day, std::vector<Entry> const& known);

    // ---- Parts

    // Visits the parts of the rooms of this id or code (of all rooms where it is empty), room by
    // room, in the order of versions.
    using OnPart = std::function<Result<void>(PartName const&, std::uint64_t size)>;
    [[nodiscard]] Result<void> each_part(std::string_view room, OnPart const& visit);
    [[nodiscard]] Result<std::vector<PartName>> parts(std::string_view room);
    [[nodiscard]] Result<Part> read(PartName const& name);

    // ---- Holds, and what was restored

    // `not_found` where the pack is not there, or not any more; `busy` where it may be going at
    // this moment: the hold stands, and asking again tells.
    [[nodiscard]] Result<void> hold(PackName const& name, std::string_view reason, WallTime at);
    // Of a room that is not finished: its pack will be held.
    [[nodiscard]] Result<void> hold(std::string_view room, std::string_view reason, WallTime at);
    [[nodiscard]] Result<void> release(std::string_view room);
    [[nodiscard]] Result<bool> is_held(std::string_view room);
    // Before a pack is deleted: false where the room is held. Whoever places a hold from then on
    // sees that, so that a hold never seems to be in time when it is not.
    [[nodiscard]] Result<bool> begin_deletion(Deletion const& deletion);
    [[nodiscard]] Result<void> end_deletion(std::string_view room);
    // Those that have not ended; whoever began them may have died.
    [[nodiscard]] Result<std::vector<Deletion>> deletions();
    // Is there an object of just this name?
    [[nodiscard]] Result<bool> has(std::string_view name);
    [[nodiscard]] Result<std::map<std::string, Hold, std::less<>>> holds();

    [[nodiscard]] Result<void> note_restored(std::string_view room, WallTime at);
    [[nodiscard]] Result<void> forget_restored(std::string_view room);
    [[nodiscard]] Result<std::map<std::string, WallTime, std::less<>>> restored();

private:
    using Entries = std::map<std::string, Entry, std::less<>>;

    Result<Entries> read_index(std::string const& name);
    Result<Entry> read_entry(PackName const& name, std::uint64_t size);
    Result<std::vector<Entry>> look(std::string_view game, std::string_view day, Entries known);
    Result<void> each_object(std::string const& prefix,
        std::function<Result<void>(ObjectInfo const&)> const& visit);
    Result<std::vector<std::string>> names_in(std::string_view folder);

    Objects& objects_;
};

// Up to which version these parts of one room lie end to end, from version 1 on.
[[nodiscard]] events::Version reach_of(std::vector<PartName> const& parts);

} // namespace gatehouse::storage::archive
