// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "projections/views.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace gatehouse::projections::testing {

// Rows in maps: what the others are held against. A test may have it break off.
class MemoryViews final : public Views {
public:
    struct Contents final : Rows {
        std::optional<Room> room(std::string_view id) override
        {
            auto const found = rooms.find(std::string(id));
            return found == rooms.end() ? std::nullopt : std::optional(found->second);
        }
        std::vector<Played> played(std::string_view room) override
        {
            std::vector<Played> all;
            for (auto const& [key, each] : seats)
                if (key.first == room)
                    all.push_back(each);
            return all;
        }
        std::optional<Player> player(
            std::string_view game, std::string_view period, std::string_view id) override
        {
            auto const found
                = players.find({std::string(game), std::string(period), std::string(id)});
            return found == players.end() ? std::nullopt : std::optional(found->second);
        }
        void put(Room const& room) override { rooms[room.id] = room; }
        void put(Played const& played) override { seats[{played.room, played.seat}] = played; }
        void put(Player const& player) override { players[key_of(player)] = player; }
        void remove_played(std::string_view room) override
        {
            std::erase_if(seats, [&](auto const& each) { return each.first.first == room; });
        }
        void remove(Player const& player) override { players.erase(key_of(player)); }

        static std::tuple<std::string, std::string, std::string> key_of(Player const& player)
        {
            return {player.game, player.period, player.id};
        }

        std::map<std::string, Room> rooms{};
        std::map<std::pair<std::string, int>, Played> seats{};
        std::map<std::tuple<std::string, std::string, std::string>, Player> players{};
    };

    // What becomes of the next transaction.
    enum class Fate : std::uint8_t { kept, lost, kept_unknown };

    Result<Checkpoint> checkpoint() override { return checkpoint_; }
    Result<void> begin(std::string const& source) override
    {
        contents = {};
        checkpoint_ = {.source = source};
        return {};
    }
    Result<bool> advance(Checkpoint const& from, Checkpoint const& to,
        std::function<void(Rows&)> const& change) override
    {
        if (from != checkpoint_)
            return false;
        auto const fate = std::exchange(next, Fate::kept);
        auto changed = contents;
        change(changed);
        if (fate == Fate::lost)
            return fail(ErrorCode::unavailable, "lost");
        contents = std::move(changed);
        checkpoint_ = to;
        if (fate == Fate::kept_unknown)
            return fail(ErrorCode::internal, "unknown");
        return true;
    }
    Result<void> settle() override { return {}; }
    Result<void> forget(std::string const& player) override
    {
        for (auto& [key, played] : contents.seats)
            if (played.player == player)
                played.player.clear();
        std::erase_if(contents.players, [&](auto& each) { return each.second.id == player; });
        return {};
    }

    Result<std::vector<Player>> leaders(LeadersQuestion const& question) override
    {
        auto const value = [&](Player const& player) -> std::int64_t {
            return question.by == By::wins ? player.wins
                : question.by == By::points ? player.points
                                            : player.rating;
        };
        std::vector<Player> all;
        for (auto const& [key, player] : contents.players)
            if (player.game == question.game && player.period == question.period)
                all.push_back(player);
        std::ranges::stable_sort(all, std::ranges::greater{}, value);
        all.resize(std::min({all.size(), question.limit, answer_rows_max}));
        return all;
    }
    Result<std::vector<Player>> stats(std::string const& id) override
    {
        std::vector<Player> all;
        for (auto const& [key, player] : contents.players)
            if (player.id == id && player.period.empty())
                all.push_back(player);
        return all;
    }
    Result<std::vector<FinishedRoom>> finished(FinishedQuestion const& question) override
    {
        using Place = std::pair<std::int64_t, std::string>;
        std::map<Place, FinishedRoom, std::greater<>> all;
        for (auto const& [id, room] : contents.rooms) {
            if (room.game != question.game || !room.finished_at)
                continue;
            Place const place{room.finished_at->ms, id};
            if (question.after && place >= Place{question.after->at.ms, question.after->room})
                continue;
            FinishedRoom found{id, room.opened_at, *room.finished_at};
            bool is_theirs = question.player.empty();
            for (auto const& played : contents.played(id)) {
                is_theirs = is_theirs || played.player == question.player;
                auto const player = contents.player(played.game, "", played.player);
                found.seats.push_back({played, player ? player->name : ""});
            }
            if (is_theirs)
                all.emplace(place, std::move(found));
        }
        std::vector<FinishedRoom> answer;
        for (auto& [place, room] : all)
            if (answer.size() < std::min(question.limit, answer_rows_max))
                answer.push_back(std::move(room));
        return answer;
    }

    Contents contents{};
    Fate next = Fate::kept;

private:
    Checkpoint checkpoint_{};
};

} // namespace gatehouse::projections::testing
