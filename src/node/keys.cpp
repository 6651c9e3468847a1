// SPDX-License-Identifier: Apache-2.0
// API keys: one shard writes them (key_ring.hpp), all shards know them.
#include "node/node.hpp"

#include "base/text.hpp"
#include "events/audit.hpp"
#include "http/target.hpp"

#include <memory>
#include <utility>

namespace gatehouse::node {

using identity::ApiKey;

namespace {

constexpr std::size_t keys_per_page = 1000;
constexpr Duration ask_again_after = std::chrono::seconds(1);

std::string text_of(json::Node const& body, std::string_view name)
{
    auto const member = body.find(name);
    return std::string(member ? member->text().value_or("") : std::string_view());
}

Result<identity::ApiKeyGrant> read_grant(json::Node const& body)
{
    identity::ApiKeyGrant grant{
        .principal = text_of(body, "principal"), .note = text_of(body, "note")};
    if (auto const roles = body.find("roles")) {
        bool are_texts = roles->kind() == json::Kind::array;
        if (are_texts)
            roles->each_element([&](json::Node role) {
                are_texts = are_texts && role.text();
                grant.roles.emplace_back(role.text().value_or(""));
                return are_texts;
            });
        if (!are_texts)
            return fail(ErrorCode::bad_request, "/roles: expected a list of texts");
    }
    if (auto const expires = body.find("expires_at")) {
        auto const ms = expires->integer();
        if (!ms)
            return fail(ErrorCode::bad_request, "/expires_at: expected milliseconds since 1970");
        grant.expires_at = WallTime{*ms};
    }
    return grant;
}

// Who acts by it is said by a digest: the audit log names no person, and it may be one.
std::string told(ApiKey const& key)
{
    std::string text;
    json::Writer out(text);
    out.object().key("principal").value(audit::digest_of(key.principal)).key("roles").array();
    for (auto const& role : key.roles)
        out.value(role);
    out.end_array();
    if (key.expires_ms)
        out.key("expires_at").value(rfc3339(*key.expires_ms));
    out.end_object();
    return text;
}

void write(json::Writer& out, ApiKey const& key)
{
    out.object().key("id").value(key.id).key("principal").value(key.principal);
    out.key("roles").array();
    for (auto const& role : key.roles)
        out.value(role);
    out.end_array().key("note").value(key.note).key("created_at").value(rfc3339(key.created_ms));
    if (key.expires_ms)
        out.key("expires_at").value(rfc3339(*key.expires_ms));
    if (key.revoked_ms)
        out.key("revoked_at").value(rfc3339(*key.revoked_ms));
    out.end_object();
}

// The id and, of a key that is new, the key itself.
std::string answer_of(std::string_view id, std::string_view key)
{
    std::string text;
    json::Writer out(text);
    out.object().key("id").value(id);
    if (!key.empty())
        out.key("key").value(key);
    out.end_object();
    return text;
}

} // namespace

// A server whose configuration takes no keys reads none.
void Node::ask_for_keys()
{
    if (!ways_.pepper() || ways_.keys())
        return;
    ports_.neighbours.post(shard_of(events::keys_category),
        [home = options_.shard](Node& there) { there.tell_keys(home); });
}

// Who could not be told asks again in a while; meanwhile nobody comes by a key.
void Node::tell_keys(ShardIndex shard)
{
    key_ring_.read([this, shard](Result<KeyRing::Keys const*> keys) {
        std::shared_ptr<KeyRing::Keys const> copy;
        Error why;
        if (keys)
            copy = std::make_shared<KeyRing::Keys const>(**keys);
        else
            why = keys.error();
        ports_.neighbours.post(shard, [copy = std::move(copy), why](Node& there) {
            if (copy)
                return there.ways_.learn(*copy);
            there.log_.line(observe::Level::error, "API keys cannot be read", there.now_.wall)
                .field("error", why.message)
                .field("detail", why.detail);
            there.ways_.keys_are_away();
            there.ports_.timers.arm(there.keys_again_, there.now_.steady + ask_again_after);
        });
    });
}

Result<Node::Order> Node::read_keys_order(std::string_view what, json::Node body)
{
    if (!ways_.pepper())
        return fail(ErrorCode::bad_request,
            "no way of auth takes API keys: write auth: { partners: { api_keys: {} } }");
    if (what.empty())
        return read_new_key(body);
    auto const id = std::string(what.substr(1));
    if (what.front() != '/' || id.empty() || id.contains('/'))
        return fail(ErrorCode::not_found, "no such order");
    return Order{{.what = "key revoke", .about = id}, [this, id](OnAnswer answer) {
                     change_key(
                         [id](KeyRing& ring, WallTime now, KeyRing::OnKept done) {
                             ring.revoke(id, now, std::move(done));
                         },
                         [answer = std::move(answer)](Result<ApiKey> kept) mutable {
                             if (!kept)
                                 return answer(std::unexpected(kept.error()));
                             answer(Answer{answer_of(kept->id, {})});
                         });
                 }};
}

Result<Node::Order> Node::read_new_key(json::Node body)
{
    auto grant = GH_TRY(read_grant(body));
    auto fresh
        = GH_TRY(identity::make_api_key(std::move(grant), *ways_.pepper(), ports_.dice, now_.wall));
    audit::Asked asked{.what = "key create", .about = fresh.stored.id, .with = told(fresh.stored)};
    return Order{std::move(asked), [this, fresh = std::move(fresh)](OnAnswer answer) mutable {
                     change_key(
                         [key = std::move(fresh.stored)](
                             KeyRing& ring, WallTime now, KeyRing::OnKept done) mutable {
                             ring.add(std::move(key), now, std::move(done));
                         },
                         [text = std::move(fresh.text), answer = std::move(answer)](
                             Result<ApiKey> kept) mutable {
                             if (!kept)
                                 return answer(std::unexpected(kept.error()));
                             answer(Answer{answer_of(kept->id, text)});
                         });
                 }};
}

// By the shard that has them. All shards know of it before whoever asked does: letters of one
// sender arrive in order.
void Node::change_key(KeyChange change, KeyRing::OnKept done)
{
    ports_.neighbours.post(shard_of(events::keys_category),
        [change = std::move(change), home = options_.shard, done = std::move(done)](
            Node& there) mutable {
            change(there.key_ring_, there.now_.wall,
                [&there, home, done = std::move(done)](Result<ApiKey> kept) mutable {
                    there.publish(std::move(kept), home, std::move(done));
                });
        });
}

void Node::publish(Result<ApiKey> kept, ShardIndex home, KeyRing::OnKept done)
{
    struct Tally {
        Result<ApiKey> kept;
        KeyRing::OnKept done;
        std::size_t missing;
    };
    auto const tally
        = std::make_shared<Tally>(Tally{std::move(kept), std::move(done), options_.shards});
    auto const told = [home, tally](Node& there) {
        there.ports_.neighbours.post(home, [tally](Node&) {
            if (--tally->missing == 0)
                tally->done(std::move(tally->kept));
        });
    };
    for (ShardIndex shard = 0; shard < options_.shards; shard++)
        ports_.neighbours.post(shard,
            [told, key = tally->kept ? std::optional(*tally->kept) : std::nullopt](
                Node& there) mutable {
                if (key)
                    there.ways_.learn(*std::move(key));
                told(there);
            });
}

// What is told of keys is no secret that lets anybody in.
void Node::list_keys(gateway::LocalRequest const& request, Done done)
{
    std::string text;
    json::Writer out(text);
    auto const after = http::query_value(request.head.query, "after").value_or("");
    out.object().key("keys").array();
    bool is_last = true;
    if (auto const& keys = ways_.keys()) {
        auto at = keys->upper_bound(after);
        for (std::size_t count = 0; at != keys->end() && count < keys_per_page; ++at, count++)
            write(out, at->second);
        is_last = at == keys->end();
    }
    out.end_array().key("last").value(is_last).end_object();
    done({.body = std::move(text), .headers = {{"Cache-Control", "no-store"}}});
}

} // namespace gatehouse::node
