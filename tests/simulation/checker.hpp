// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/event.hpp"
#include "rooms/rules.hpp"
#include "storage/log.hpp"
#include "store.hpp"
#include "witness.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::simulation {

// The outside checker: it knows what clients were told, and in the end what history holds, and
// nothing of what is in between.
//
//     acked            is in history, once, at the version of the ack
//     refused          is not in history
//     shown            is what history up to that version shows to that seat, and so the same for
//     all
//                      who look through the same eyes
//     real time        what was sent after another action's ack came after it, and who asked to be
//                      let in after it is shown it
//     told, answered   what `ev` tells is what happened in between, and an answer is what the
//                      asker's view gives
//     seats            are had by one, and wait for one, who gets it (seats.hpp)
//     alarms           ring, not too early, and none is left out
class Checker {
public:
    explicit Checker(Witness const& witness) : witness_(witness) {}

    // After so many steps, where the game takes any.
    void saw(std::string_view room, rooms::Seat audience, events::Version version,
        std::uint64_t tick, std::uint64_t digest);
    // The elements of `ev` of the update from one version to another; empty where there was none.
    void told(std::string_view room, rooms::Seat audience, events::Version from,
        events::Version to, std::string_view news);
    // To the question "sets".
    void answered(std::string_view room, rooms::Seat audience, events::Version version,
        std::string_view reply);
    void acked(std::string_view room, std::string_view principal, std::uint64_t action,
        events::Version version);
    void refused(std::string_view room, std::string_view principal, std::uint64_t action,
        std::string_view code);
    // An operator wants this person forgotten, of whom views may say this name;
    void will_erase(std::string_view principal, std::string_view name);
    // and was told that it is done: none of these keys may be anywhere.
    void erased(std::string_view principal, std::vector<std::string> keys, TimePoint at);
    // What reached a client over a connection that was made at `since`.
    void heard(std::string_view text, TimePoint since);
    void look_for_erased_keys(storage::Log& log, Store const& store);
    // To an operator: the room was set back, and is at this version.
    void went_back(std::string_view room, events::Version version);
    // To an operator: the room is a fork of that one, as of this version.
    void forked(std::string_view room, std::string_view from, events::Version version);
    void blame(std::string why);
    [[nodiscard]] bool has_faults() const { return !faults_.empty(); }
    [[nodiscard]] bool knows(std::string_view room) const { return rooms_.contains(room); }

    // The highest version that anybody in the room was told of an ack, or was shown.
    [[nodiscard]] events::Version acked_max(std::string_view room) const;
    [[nodiscard]] events::Version seen_max(std::string_view room) const;

    // Every alarm before `rung_until` has rung.
    void compare_with(storage::Log& log, rooms::Catalogue const& games, WallTime rung_until);
    // The store was set back to this: what was told of anything else need not come true any more.
    void go_on_with(storage::Log& log);
    // Rooms that end in the midst of what was done, where nothing rings any more, and the end of
    // what was done before.
    [[nodiscard]] std::vector<std::pair<std::string, events::Version>> stuck_rooms(
        storage::Log& log, rooms::Catalogue const& games);
    // The store was mended to this: whatever it lost and was told to anybody must be named.
    void count_losses(storage::Log& log, Losses const& losses);

    [[nodiscard]] std::vector<std::string> const& faults() const { return faults_; }
    [[nodiscard]] std::uint64_t acks() const { return acks_; }
    [[nodiscard]] std::uint64_t views() const { return views_; }
    [[nodiscard]] std::uint64_t events() const { return events_; }

private:
    struct ActionKey {
        std::string principal;
        std::uint64_t action;
        auto operator<=>(ActionKey const&) const = default;
    };
    struct News {
        events::Version from;
        std::string text;
        bool operator==(News const&) const = default;
    };
    struct Sight {
        events::Version version;
        std::uint64_t tick;
        rooms::Seat seat;
        auto operator<=>(Sight const&) const = default;
    };
    struct Room {
        // More than one where somebody's name was erased.
        std::map<Sight, std::vector<std::uint64_t>> views{};
        std::map<std::pair<events::Version, rooms::Seat>, News> news{}; // By where they end.
        std::map<std::pair<events::Version, rooms::Seat>, std::string> replies{};
        std::map<ActionKey, events::Version> acked{};
        std::map<ActionKey, std::string> refused{};
        std::multiset<events::Version> went_back{}; // By then.
        std::string forked_from{};
        events::Version forked_at = 0;
        events::Version acked_max = 0;
        events::Version seen_max = 0;
    };
    using History = std::vector<events::Event>;

    [[nodiscard]] static bool is_fork(Room const& room,
        std::map<std::string, History> const& histories, std::string const& name);

    [[nodiscard]] std::map<std::string, History> read(storage::Log& log);
    [[nodiscard]] std::map<std::string, History> read_compacted(storage::Log& log);
    // Who is known in a room, at first and after each erasure.
    using Knowledge = std::vector<std::vector<events::MemberKey>>;
    [[nodiscard]] Knowledge knowledge_of(std::string const& name, History const& history,
        std::vector<events::MemberKey> keys) const;
    void replay(std::string const& name, Room const& room, History const& history,
        Knowledge const& knowledge, rooms::Catalogue const& games, WallTime rung_until);
    void compare_told(std::string const& name, Room const& room, History const& history,
        rooms::Catalogue const& games);
    void compare_actions(std::string const& name, Room const& room, History const& history,
        std::vector<std::string> const& principals);

    struct Erasure {
        std::string principal;
        std::string shown; // As views have it.
        std::vector<std::string> keys{};
        std::optional<TimePoint> done{};
    };

    Witness const& witness_;
    std::vector<Erasure> erasures_{};
    std::map<std::string, Room, std::less<>> rooms_;
    std::vector<std::string> faults_;
    std::uint64_t acks_ = 0;
    std::uint64_t views_ = 0;
    std::uint64_t events_ = 0;
};

}  // namespace gatehouse::simulation
