// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/note.hpp"
#include "config/settings_routes.hpp"

namespace gatehouse::config {

template <> struct Keys<Route> {
    static void each(auto& at, auto&& key)
    {
        key("match", at.match,
            Note {.help
                = "Which requests. Short form: [HOST]/PATH, with :name for one segment and ** for "
                  "all that follow.",
                .example = "app.example.com/api/**",
                .is_required = true});
        key("to", at.to,
            Note {.help
                = "Where they go: the name of a service, rooms (the room API and its WebSocket), "
                  "or { files: FOLDER }.",
                .example = "users",
                .is_required = true});
        key("auth", at.auth,
            Note {.help
                = "Names of auth; any of them will do. On a route to rooms the room API itself "
                  "asks: POST /v1/sessions needs no token, and the WebSocket /v1/connect takes it "
                  "in its first message.",
                .example = "[players, guests]"});
        key("limit", at.limit, Note {.help = "A name of limits.", .example = "per_player"});
        key("timeout", at.timeout,
            Note {.help = "In place of the service's timeout.", .example = "3s"});
        key("max_body", at.max_body,
            Note {
                .help = "The largest request body; more is answered by 413.", .example = "16KiB"});
        key("errors", at.errors,
            Note {.help
                = "Error bodies of the upstream: passed untouched, or made the one error body.",
                .example = "normalize"});
        key.later("retry", "retries");
        key.later("cors", "CORS");
        key.later("validate", "validation of bodies");
        key.later("idempotency", "Idempotency-Key");
        key.later("require", "authorisation by role");
        key.later("compress", "compression");
        key.later("fallback", "fallback answers");
    }
};

template <> struct Keys<Match> {
    static void each(auto& at, auto&& key)
    {
        key("host", at.host,
            Note {.help = "The request's host; *.example.com is any below that one.",
                .example = "app.example.com"});
        key("path", at.path,
            Note {.help = "The request's path.", .example = "/api/:id", .is_required = true});
        key("method", at.methods, Note {.help = "One or several.", .example = "[GET, HEAD]"});
        key("headers", at.headers,
            Note {.help = "Fields that the request has, by name: the value, or \"*\" for any.",
                .example = "{ x-beta: \"1\" }"});
        key("query", at.query,
            Note {.help = "Parameters that its query has, in the same form.",
                .example = "{ v: \"2\" }"});
    }
};

template <> struct Keys<Target> {
    static void each(auto& at, auto&& key)
    {
        key("files", at.folder, Note {.help = "Serves the files of a folder.", .example = "page"});
        key.split(
            "a split between services is not supported yet by this version: name one service");
    }
};

} // namespace gatehouse::config
