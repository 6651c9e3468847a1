// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/note.hpp"
#include "config/settings_services.hpp"

namespace gatehouse::config {

template <> struct Keys<Service> {
    static void each(auto& at, auto&& key)
    {
        key("endpoints", at.endpoints,
            Note {.help = "Its instances.",
                .example = "[10.0.0.4:8080, 10.0.0.5:8080]",
                .is_required = true});
        key("balance", at.balance,
            Note {.help = "Which instance takes a request.", .example = "round_robin"});
        key("timeout", at.timeout,
            Note {.help = "The longest wait for an answer.", .example = "10s"});
        key("connect_timeout", at.connect_timeout,
            Note {.help = "The longest wait for a connection.", .example = "500ms"});
        key("health", at.health,
            Note {.help = "Active checks of each instance. Short form: the path alone.",
                .example = "/health"});
        key.later("discover", "discovery by DNS");
        key.later("breaker", "circuit breaking");
        key.later("retry", "retries");
    }
};

template <> struct Keys<Health> {
    static void each(auto& at, auto&& key)
    {
        key("path", at.path,
            Note {.help = "What is asked for; 2xx is healthy. Left out: no checks.",
                .example = "/health"});
        key("interval", at.interval, Note {.help = "Time between checks.", .example = "5s"});
        key("timeout", at.timeout,
            Note {.help = "The longest wait for the answer.", .example = "2s"});
        key("up", at.up,
            Note {.help = "Good answers in a row that bring an instance back.",
                .example = "2",
                .max = 100});
        key("down", at.down,
            Note {.help = "Bad ones in a row that take it out.", .example = "3", .max = 100});
    }
};

} // namespace gatehouse::config
