// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/note.hpp"
#include "config/settings_operations.hpp"

namespace gatehouse::config {

template <> struct Keys<Log> {
    static void each(auto& at, auto&& key)
    {
        key("level", at.level, Note {.help = "The least that is logged.", .example = "debug"});
        key("access", at.access, Note {.help = "One line per request.", .example = "off"});
    }
};

template <> struct Keys<Capacity> {
    static void each(auto& at, auto&& key)
    {
        key("memory", at.memory,
            Note {.help = "Memory for rooms, by the server's own estimate. With all of it taken by "
                          "rooms that somebody is in, no new room is made: busy.",
                .example = "16GiB"});
        key("short_at", at.short_at,
            Note {.help = "With so much of it taken, rooms that nobody is in leave memory sooner, "
                          "whoever has been idle longest first.",
                .example = "90%"});
        key("sleep_after", at.sleep_after,
            Note {.help = "A room that nobody is in leaves memory when nothing happens in it for "
                          "so long; it wakes for whoever comes, and for its timers.",
                .example = "1h"});
        key("stuck_after", at.stuck_after,
            Note {.help = "Where a game's code does not return for so long, the server ends, to "
                          "be started anew without what led there. See reliability.md.",
                .example = "10s"});
    }
};

template <> struct Keys<Drain> {
    static void each(auto& at, auto&& key)
    {
        key("timeout", at.timeout,
            Note {.help = "How long open work may go on after SIGTERM.", .example = "10s"});
    }
};

} // namespace gatehouse::config
