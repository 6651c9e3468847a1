// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::load {

// A broken promise of PROTOCOL.md.
enum class Fault : std::uint8_t {
    lost,   // An acked action is not in history, or not where the ack said.
    twice,  // An action was applied more than once.
    gap,    // Updates that do not follow each other, or history with a hole.
    unseen, // Somebody was shown what history does not hold.
    differ, // Two who should see the same do not.
};
inline constexpr std::array<std::string_view, 5> fault_names{
    "lost", "twice", "gaps", "unseen", "differ"};

// Counts faults, and keeps words for the first twenty.
class Verdict {
public:
    void acked() { acked_++; }
    void blame(Fault fault, std::string why);
    void merge(Verdict&& other);

    [[nodiscard]] std::uint64_t acks() const { return acked_; }
    [[nodiscard]] std::uint64_t count(Fault fault) const;
    [[nodiscard]] bool is_clean() const;
    [[nodiscard]] std::vector<std::string> const& reasons() const { return reasons_; }
    // "acked 12345  lost 0  twice 0  gaps 0  unseen 0  differ 0"
    [[nodiscard]] std::string tally() const;

private:
    std::uint64_t acked_ = 0;
    std::array<std::uint64_t, fault_names.size()> counts_{};
    std::vector<std::string> reasons_;
};

// One event of a room's history, as the admin API tells it.
struct Past {
    std::uint64_t version = 0;
    std::string type{};
    std::uint64_t actor = 0; // 0: nobody's action.
    std::uint64_t action = 0;
    std::string principal{}; // Of room.came: who is the next actor.
};

struct Page {
    std::vector<Past> events;
    bool is_last = true;
};

// The answer to GET /admin/rooms/{id}/events.
[[nodiscard]] std::optional<Page> read_page(json::Node answer);

// Says who came, where history seals it, by the answer to GET /admin/rooms/{id}/keys. False where
// it is none.
bool name_those_who_came(std::span<Past> history, json::Node answer);

// What the clients of one room were told, together: every ack, and what each audience saw at each
// version. Two who see the same room through the same eyes must see the same, and in the end
// history must hold everything. Bound: 2^20 versions a room. Belongs to one thread.
class RoomRecord {
public:
    RoomRecord(std::string room, Verdict& verdict) : room_(std::move(room)), verdict_(&verdict) {}

    [[nodiscard]] std::string const& room() const { return room_; }

    void acked(std::string_view principal, std::uint64_t action, std::uint64_t version);
    // `seat` is -1 for spectators.
    void saw(int seat, std::uint64_t version, std::uint64_t digest);
    void blame(Fault fault, std::string_view why);

    // Nobody is in the room any more: what was seen is not compared again, only how far it went.
    void forget_views() { views_.clear(); }
    void forget_acks() { acks_ = {}; }

    // The whole history, from version 1 on. Empty: there is no such room.
    void compare(std::span<Past const> history, Verdict& verdict) const;

private:
    struct Ack {
        std::uint32_t who; // In principals_.
        std::uint64_t action;
        std::uint64_t version;
    };

    void compare_versions(std::span<Past const> history, Verdict& verdict) const;
    void compare_acks(std::span<Past const> history, Verdict& verdict) const;

    std::string room_;
    Verdict* verdict_; // Of the thread that plays.
    std::vector<std::string> principals_;
    std::vector<Ack> acks_;
    std::map<int, std::vector<std::uint64_t>> views_; // By seat; digests by version, 0: not seen.
    std::uint64_t version_seen_max_ = 0;
};

}  // namespace gatehouse::load
