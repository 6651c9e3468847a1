// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/result.hpp"
#include "remote/line.hpp"
#include "rooms/rules.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::remote {

// What gatehouse is told of such a game beforehand, and not by the process.
struct RemoteGame {
    std::string name;
    std::string title;
    int seats_min;
    int seats_max;
};

// A game that is decided by whoever is at the other end of a line. To the rooms its version is 1
// for ever: which rules made a state it says itself, by their tag, and newer ones prepare it for
// themselves. Belongs to one shard; the line outlives it, and it its plays.
class RemoteRules final : public rooms::Rules {
public:
    // As JSON.
    static constexpr std::size_t options_size_max = 16 * 1024;

    RemoteRules(RemoteGame game, Line& line)
        : game_(std::move(game))
        , line_(line)
    { }

    [[nodiscard]] rooms::About about() const override
    {
        return {game_.name, game_.title, 1, game_.seats_min, game_.seats_max};
    }
    // Any object: the process judges them when it sets the room up.
    [[nodiscard]] Result<std::string> read_options(json::Node options) const override;
    [[nodiscard]] Result<std::unique_ptr<rooms::Play>> begin(
        std::string_view options) const override;
    [[nodiscard]] Result<std::unique_ptr<rooms::Play>> resume(
        std::string_view state) const override;

private:
    RemoteGame game_;
    Line& line_;
};

} // namespace gatehouse::remote
