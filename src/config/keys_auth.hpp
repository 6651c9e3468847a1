// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/note.hpp"
#include "config/settings_auth.hpp"

namespace gatehouse::config {

template <> struct Keys<Auth> {
    static void each(auto& at, auto&& key)
    {
        key("anonymous", at.anonymous,
            Note {.help = "Guests: POST /v1/sessions gives anyone a session."});
        key.later("jwt", "identity by JWT");
        key.later("mtls", "identity by client certificate");
        key.later("api_keys", "identity by API key");
    }
};

template <> struct Keys<Anonymous> {
    static void each(auto& at, auto&& key)
    {
        key("ttl", at.ttl, Note {.help = "How long a session lasts.", .example = "24h"});
        key("key", at.key,
            Note {.help
                = "Signs the tokens. Left out, a key is made once and kept in the store's folder.",
                .example = "env:GUEST_KEY"});
    }
};

} // namespace gatehouse::config
