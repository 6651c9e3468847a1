// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/note.hpp"
#include "config/settings_listen.hpp"

namespace gatehouse::config {

template <> struct Keys<Listen> {
    static void each(auto& at, auto&& key)
    {
        key("http", at.http,
            Note {.help = "The public listener. Without a host: all addresses.",
                .example = "\":8080\""});
        key("admin", at.admin,
            Note {.help = "The operators' listener: health, metrics, rooms. Keep it private.",
                .example = "127.0.0.1:9901"});
        key.later("https", "TLS");
    }
};

} // namespace gatehouse::config
