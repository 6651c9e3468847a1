// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "conform/client.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::conform {

struct Room {
    std::string id;
    std::string code;
};

// A player who is welcomed and sits alone in a room of their own.
struct Table {
    Login login;
    Room room;
    std::unique_ptr<Client> client;
};

// What cases stand on: logins, rooms and clients of the server that is looked at. Nothing is shared
// between cases but what was seen of laws.
class Stage {
public:
    // An empty game: the first that the server has. An empty token: guests.
    Stage(Target target, std::string game, std::string token)
        : target_(std::move(target))
        , game_(std::move(game))
        , token_(std::move(token))
    { }

    // Who the cases are about: of the token, or a new guest.
    [[nodiscard]] Seen<Login> somebody();
    // Never the same twice. Skips where the server knows no guests.
    [[nodiscard]] Seen<Login> guest();
    // Skips where the server has no game.
    [[nodiscard]] Seen<Room> room(Login const& login);
    [[nodiscard]] Seen<std::string> game();

    // Connected, and nothing said yet.
    [[nodiscard]] Seen<std::unique_ptr<Client>> connect(Way way = Way::json);
    [[nodiscard]] Seen<std::unique_ptr<Client>> welcomed(Login const& login, Way way = Way::json);
    [[nodiscard]] Seen<Table> table(Way way = Way::json);

    [[nodiscard]] Target const& target() const { return target_; }
    [[nodiscard]] Ledger& ledger() { return ledger_; }

private:
    Target target_;
    std::string game_;
    std::string token_;
    Ledger ledger_{};
};

// One rule, and how it is found out whether it is kept.
template <typename On>
struct CaseOn {
    std::string_view name;
    std::string_view sentence; // Of docs/protocol.md, word for word.
    Seen<void> (*run)(On& on);
    int seconds = 0; // About how long it takes, where that is long.
};
using Case = CaseOn<Stage>;

// In the order in which they run.
[[nodiscard]] std::span<Case const> arrival_cases();
[[nodiscard]] std::span<Case const> frame_cases();
[[nodiscard]] std::span<Case const> room_cases();
[[nodiscard]] std::span<Case const> action_cases();
[[nodiscard]] std::span<Case const> resume_cases();
[[nodiscard]] std::span<Case const> dialect_cases();
[[nodiscard]] std::span<Case const> law_cases();

} // namespace gatehouse::conform
