// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/note.hpp"
#include "config/settings_rooms.hpp"

namespace gatehouse::config {

template <> struct Keys<Rooms> {
    static void each(auto& at, auto&& key)
    {
        key("durability", at.durability,
            Note {.help = "durable: an acked action survives any crash.", .example = "durable"});
        key("absence", at.absence, Note {.help = "What happens while a player is away."});
        key("bot_think", at.bot_think, Note {.help = "How long a bot thinks.", .example = "700ms"});
        key("seat_reserved", at.seat_reserved,
            Note {.help = "How long a reserved seat waits for whom it is reserved.",
                .example = "2m"});
        key("max_rooms", at.max_rooms,
            Note {.help = "Open rooms on this node; more are refused.",
                .example = "10000",
                .max = 10'000'000});
        key("match", at.match,
            Note {.help = "Puts together players who look for others: POST /v1/matches. {} for "
                          "the usual. See lobby.md."});
        key("archive", at.archive, Note {.help = "When this game's rooms go, and for how long."});
        key("rate", at.rate,
            Note {.help = "How much one player may ask of a room, in bursts of as many; more is "
                          "refused.",
                .example = "20/s"});
        key("rules", at.rules,
            Note {.help = "Where the process listens that decides this game, if it is not built "
                          "in: unix:PATH. See rules-protocol.md.",
                .example = "unix:run/rules.sock"});
        key("seats", at.seats, Note {.help = "With rules: how many may sit in a room."});
        key("title", at.title,
            Note {.help = "With rules: what people call the game. Left out: its name.",
                .example = "Nim"});
    }
};

template <> struct Keys<Matching> {
    static void each(auto& at, auto&& key)
    {
        key("players", at.players,
            Note {.help = "So many play together. Left out: as many as the game has seats.",
                .example = "4",
                .max = 64});
        key("players_min", at.players_min,
            Note {.help = "After the patience so many will do. Left out: as many as the game "
                          "needs.",
                .example = "2",
                .max = 64});
        key("patience", at.patience,
            Note {.help = "Who waited this long also takes a smaller group.", .example = "30s"});
        key("window", at.window,
            Note {.help = "So many points of rating may lie between who waits and the others.",
                .example = "100",
                .min = 0,
                .max = 100'000});
        key("growth", at.growth,
            Note {.help = "So many more for each second of waiting.",
                .example = "10",
                .min = 0,
                .max = 100'000});
        key("window_max", at.window_max,
            Note {.help = "So many at most.", .example = "1000", .min = 0, .max = 100'000});
        key("waiting_max", at.waiting_max,
            Note {.help = "Who waits at once; more are refused.",
                .example = "10000",
                .max = 1'000'000});
        key("join_within", at.join_within,
            Note {.help = "How long the seats of a room that was found wait.", .example = "60s"});
    }
};

template <> struct Keys<Seats> {
    static void each(auto& at, auto&& key)
    {
        key("min", at.min,
            Note {.help = "So many at least, before it can be played.", .example = "2", .max = 64});
        key("max", at.max,
            Note {.help = "So many at most.", .example = "4", .is_required = true, .max = 64});
    }
};

template <> struct Keys<Absence> {
    static void each(auto& at, auto&& key)
    {
        key("bot_after", at.bot_after,
            Note {.help = "A player who is away this long is absent.", .example = "20s"});
        key("then", at.then,
            Note {.help = "bot: one plays until they come back. wait: nothing. default: when it is "
                          "their turn, the game's alarm rings at once. forfeit: they are out.",
                .example = "forfeit"});
    }
};

} // namespace gatehouse::config
