// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/note.hpp"
#include "config/settings_limits.hpp"

namespace gatehouse::config {

template <> struct Keys<Limit> {
    static void each(auto& at, auto&& key)
    {
        key("rate", at.rate,
            Note {.help = "How many in the long run.", .example = "100/min", .is_required = true});
        key("burst", at.burst,
            Note {.help = "How many at once. Left out: as many as the rate counts.",
                .example = "20",
                .max = 1'000'000'000});
        key("by", at.by,
            Note {.help = "Who shares one allowance; of several, all of them together. Left out: "
                          "ip (of IPv6 the /64). room is what :room of the match stands for.",
                .example = "[principal, route]"});
        key("legacy", at.legacy,
            Note {.help = "Answers have X-RateLimit-Limit, -Remaining and -Reset, too.",
                .example = "on"});
        key("store", at.store,
            Note {.help = "Who counts: this server alone, or redis, for all servers that share it.",
                .example = "redis"});
        key("on_store_failure", at.on_store_failure,
            Note {.help = "While Redis does not answer, each server counts by itself, by its share "
                          "of the limit.",
                .example = "local"});
        key("nodes", at.nodes,
            Note {.help = "How many servers share it: what each may grant while Redis does not "
                          "answer is the limit divided by them.",
                .example = "3",
                .max = 10'000});
        key.later("quota", "an amount per day or month, which has to outlive the server");
    }
};

template <> struct Keys<Bans> {
    static void each(auto& at, auto&& key)
    {
        key("after", at.after,
            Note {.help = "How many refusals an address may have; one more, and it is banned. Of "
                          "IPv6 the /64.",
                .example = "30/min"});
        key("of", at.of,
            Note {.help = "The statuses that count as refusals.",
                .example = "[401, 404]",
                .min = 400,
                .max = 599});
        key("for", at.lasts, Note {.help = "How long.", .example = "1h"});
        key("never", at.never,
            Note {.help = "Addresses and blocks that nobody bans, not by hand either.",
                .example = "[10.0.0.0/8]"});
    }
};

} // namespace gatehouse::config
