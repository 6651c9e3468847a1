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
        key("jwt", at.jwt, Note {.help = "Tokens of an issuer elsewhere. See identity.md."});
        key.later("mtls", "identity by client certificate");
        key("api_keys", at.api_keys,
            Note {.help = "Keys that gatehouse key create makes. {} for the usual."});
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

template <> struct Keys<Jwt> {
    static void each(auto& at, auto&& key)
    {
        key("issuer", at.issuer,
            Note {.help = "What the iss of its tokens says, byte for byte.",
                .example = "https://id.example.com",
                .is_required = true});
        key("audience", at.audience,
            Note {.help = "Tokens must name one of these. Left out: a token that names an audience "
                          "is for somebody else.",
                .example = "[game]"});
        key("jwks", at.jwks,
            Note {.help = "Its public keys (RFC 7517): file:PATH, read again when it changes; an "
                          "URL; or auto, where it says itself where they are (OpenID Connect).",
                .example = "https://id.example.com/keys.json",
                .is_required = true});
        key("skew", at.skew,
            Note {.help = "How far its clock may differ from ours.", .example = "30s"});
        key("cooldown", at.cooldown,
            Note {.help = "Keys are fetched at most once in so long, whatever tokens name.",
                .example = "10s"});
        key("roles", at.roles,
            Note {.help = "The claim that names the roles, or a path to it. Left out: its tokens "
                          "give no roles.",
                .example = "realm_access.roles"});
        key("prefix", at.prefix,
            Note {.help = "Before the sub, in the principal's id. Left out: the way's name and a "
                          "colon.",
                .example = "\"u:\""});
        key("kind", at.kind, Note {.help = "Who comes with them.", .example = "service"});
    }
};

template <> struct Keys<ApiKeys> {
    static void each(auto& at, auto&& key)
    {
        key("pepper", at.pepper,
            Note {.help = "A secret of 32 bytes at least, without which what is stored of keys is "
                          "of no use. Left out, it is made of the guests' key.",
                .example = "env:KEY_PEPPER"});
    }
};

template <> struct Keys<Role> {
    static void each(auto& at, auto&& key)
    {
        key("permissions", at.permissions,
            Note {.help = "What it may do: names, \"designs.*\" for all below designs., or \"*\".",
                .example = "[designs.write]"});
    }
};

} // namespace gatehouse::config
