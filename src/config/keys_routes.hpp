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
                  "or { files: FOLDER }. Each route has this, or redirect.",
                .example = "users"});
        key("redirect", at.redirect,
            Note {.help
                = "Sends the client elsewhere, with the query. Short form: the path or the URL.",
                .example = "/new/**"});
        key("rewrite", at.rewrite,
            Note {.help
                = "The path that the service or the files see; :name and ** stand for what the "
                  "match took.",
                .example = "/v2/:id/**"});
        key("headers", at.headers, Note {.help = "Fields that are changed on the way."});
        key("cors", at.cors,
            Note {.help = "Which pages of other origins may read answers. Preflights are answered "
                          "here; what the service says of CORS is left out."});
        key("security", at.security,
            Note {.help = "What browsers are told, where an answer does not say it itself. {} for "
                          "the usual."});
        key("auth", at.auth,
            Note {.help
                = "Names of auth; any of them will do. On a route to rooms the room API itself "
                  "asks: POST /v1/sessions needs no token, and the WebSocket /v1/connect takes it "
                  "in its first message.",
                .example = "[players, guests]"});
        key("require", at.require,
            Note {.help = "Who of them may come, by role or permission; others get 403.",
                .example = "role in (designer, admin)"});
        key("limit", at.limit,
            Note {.help = "Names of limits. All of them let a request pass, or it counts at none.",
                .example = "[per_player, per_address]"});
        key("timeout", at.timeout,
            Note {.help = "In place of the service's timeout.", .example = "3s"});
        key("max_body", at.max_body,
            Note {
                .help = "The largest request body; more is answered by 413.", .example = "16KiB"});
        key("errors", at.errors,
            Note {.help
                = "Error bodies of the upstream: passed untouched, or made the one error body.",
                .example = "normalize"});
        key("validate", at.validate,
            Note {.help = "What requests must look like before the service gets them; others are "
                          "answered by 400. See validation.md."});
        key.later("retry", "retries");
        key.later("idempotency", "Idempotency-Key");
        key.later("compress", "compression");
        key.later("fallback", "fallback answers");
    }
};

template <> struct Keys<Redirect> {
    static void each(auto& at, auto&& key)
    {
        key("to", at.to,
            Note {.help = "A path or an URL; :name and ** stand for what the match took.",
                .example = "https://new.example.com/**",
                .is_required = true});
        key("status", at.status,
            Note {.help = "301, 302, 303, 307 or 308.", .example = "302", .min = 301, .max = 308});
    }
};

template <> struct Keys<Edits> {
    static void each(auto& at, auto&& key)
    {
        key("remove", at.remove,
            Note {.help = "All fields of these names.", .example = "[X-Debug]"});
        key("set", at.set,
            Note {.help = "In place of all of that name.", .example = "{ X-Tenant: liap }"});
        key("add", at.add,
            Note {.help = "Beside those of that name.", .example = "{ Vary: Accept }"});
    }
};

template <> struct Keys<HeaderEdits> {
    static void each(auto& at, auto&& key)
    {
        key("request", at.request, Note {.help = "Of the request that a service gets."});
        key("response", at.response, Note {.help = "Of the answer that the client gets."});
    }
};

template <> struct Keys<Cors> {
    static void each(auto& at, auto&& key)
    {
        key("origins", at.origins,
            Note {.help = "Of the pages: https://HOST, https://*.HOST for all below it, or \"*\".",
                .example = "[https://app.example.com]",
                .is_required = true});
        key("headers", at.headers,
            Note {.help = "That they may send beside the usual ones; \"*\" for any.",
                .example = "[Authorization, Content-Type]"});
        key("expose", at.expose,
            Note {.help = "Of the answer, that they may read beside the usual ones.",
                .example = "[X-Request-Id]"});
        key("credentials", at.credentials,
            Note {.help = "They may send cookies and the like.", .example = "on"});
        key("max_age", at.max_age,
            Note {.help = "A browser asks again after so long.", .example = "1h"});
    }
};

template <> struct Keys<Security> {
    static void each(auto& at, auto&& key)
    {
        key("nosniff", at.nosniff,
            Note {.help = "X-Content-Type-Options: nosniff.", .example = "off"});
        key("frame", at.frame,
            Note {.help = "X-Frame-Options: who may show it in a frame.", .example = "sameorigin"});
        key("referrer", at.referrer,
            Note {.help = "Referrer-Policy.", .example = "no-referrer"});
        key("csp", at.csp,
            Note {.help = "Content-Security-Policy. Left out: none.",
                .example = "\"default-src 'self'\""});
        key.later("hsts", "TLS");
    }
};

template <> struct Keys<Validate> {
    static void each(auto& at, auto&& key)
    {
        key("body", at.body,
            Note {.help = "A JSON Schema (2020-12 or draft-07) for bodies, as JSON or YAML.",
                .example = "schemas/login.json"});
        key("openapi", at.openapi,
            Note {.help = "In place of body: an OpenAPI 3.1 document, for paths, methods, "
                          "parameters and bodies.",
                .example = "api.yaml"});
        key("with", at.with,
            Note {.help = "More documents, that these refer to by their $id. Files beside them, "
                          "referred to by their names, are found.",
                .example = "[schemas/address.json]"});
        key("base", at.base,
            Note {.help = "What stands before the paths of the OpenAPI document.",
                .example = "/api/v1"});
        key("formats", at.formats,
            Note {.help = "Whether \"format\" must be kept, too.", .example = "on"});
        key("max_body", at.max_body,
            Note {.help = "In place of the route's max_body; at most 8 MiB.",
                .example = "16KiB"});
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
