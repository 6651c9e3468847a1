// SPDX-License-Identifier: Apache-2.0
// Who is not let in: each shard knows all bans.
#include "node/gather.hpp"
#include "node/node.hpp"

#include "base/text.hpp"
#include "limits/address.hpp"

#include <algorithm>

namespace gatehouse::node {
namespace {

constexpr std::size_t reason_bytes_max = 200;

std::string text_of(json::Node const& body, std::string_view name)
{
    auto const member = body.find(name);
    return std::string(member ? member->text().value_or("") : std::string_view());
}

void write_ban(json::Writer& out, limits::Ban const& ban)
{
    out.object().key("block").value(limits::print_block(ban.block));
    out.key("reason").value(ban.reason).key("automatic").value(ban.is_automatic);
    out.key("since").value(rfc3339(ban.since.ms)).key("until");
    if (ban.until)
        out.value(rfc3339(ban.until->ms));
    else
        out.null();
    out.end_object();
}

Result<limits::Block> read_block(json::Node const& body)
{
    auto const block = limits::parse_block(text_of(body, "block"));
    if (!block)
        return fail(ErrorCode::bad_request,
            "expected {\"block\":\"192.0.2.0/24\"}: an address, or a block without bits behind "
            "its prefix");
    return *block;
}

// How long it lasts, in milliseconds; nothing: until it is lifted.
Result<std::optional<Milliseconds>> read_time(json::Node const& body)
{
    constexpr std::int64_t ms_max = 10LL * 365 * 86'400'000;
    auto const given = body.find("for_ms");
    if (!given || given->kind() == json::Kind::null)
        return std::nullopt;
    auto const ms = given->integer().value_or(0);
    if (ms < 1 || ms > ms_max)
        return fail(ErrorCode::bad_request, "for_ms: expected 1 to ten years of milliseconds");
    return Milliseconds(ms);
}

} // namespace

// ---- By themselves

// One shard counts all of a client's, which of IPv6 is a /64.
void Node::note_refusal(std::string_view address)
{
    auto const parsed = limits::parse_address(address);
    if (!parsed)
        return;
    auto const owner = owner_of(limits::print_block(limits::client_of(*parsed)));
    if (owner == options_.shard)
        return gateway_.note_refusal(address);
    ports_.neighbours.post(owner,
        [address = std::string(address)](Node& there) { there.gateway_.note_refusal(address); });
}

// Nobody asked for it, so nobody is told that it could not be recorded.
void Node::tell_all(limits::Ban const& ban)
{
    auto const block = limits::print_block(ban.block);
    log_.line(observe::Level::warning, "an address is banned", now_.wall)
        .field("block", block)
        .field("reason", ban.reason)
        .field("until", rfc3339(ban.until.value_or(WallTime{}).ms));
    metrics_.counter("gatehouse_bans", "Addresses that were banned for refusals.").add();
    for (ShardIndex shard = 0; shard < options_.shards; shard++)
        if (shard != options_.shard)
            ports_.neighbours.post(
                shard, [ban](Node& there) { static_cast<void>(there.gateway_.ban(ban)); });
    record(
        audit::Asked{
            .who = "bans", .from = "here", .what = "ban add", .about = block, .with = ban.reason},
        [this](Result<audit::Place> const& kept) {
            if (kept)
                record(audit::Ended{kept->stream, kept->version, "done"}, [](auto const&) {});
        });
}

// ---- By hand

void Node::list_bans(Done done)
{
    std::string text;
    json::Writer out(text);
    out.object().key("bans").array();
    for (auto const& each : gateway_.bans())
        write_ban(out, each);
    out.end_array().end_object();
    done({.body = std::move(text), .headers = {{"Cache-Control", "no-store"}}});
}

//     POST /admin/bans {"block","for_ms"?,"reason"?}
//     POST /admin/bans/lift {"block"}
Result<Node::Order> Node::read_ban_order(std::string_view what, json::Node body)
{
    if (!what.empty() && what != "/lift")
        return fail(ErrorCode::not_found, "no such order");
    auto const block = GH_TRY(read_block(body));
    auto about = limits::print_block(block);
    if (what == "/lift")
        return Order{{.what = "ban lift", .about = std::move(about)},
            [this, block](OnAnswer answer) { lift_everywhere(block, std::move(answer)); }};
    auto const lasts = GH_TRY(read_time(body));
    auto reason = text_of(body, "reason");
    if (reason.size() > reason_bytes_max)
        return fail(ErrorCode::bad_request, "reason: at most 200 bytes");
    return Order{{.what = "ban add", .about = std::move(about), .with = body.compact()},
        [this, block, lasts, reason = std::move(reason)](OnAnswer answer) {
            limits::Ban ban{.block = block, .reason = reason, .since = now_.wall};
            if (lasts)
                ban.until = now_.wall + *lasts;
            ban_everywhere(ban, std::move(answer));
        }};
}

// What this shard takes, the others take: they have the same rules, and a place more or less.
void Node::ban_everywhere(limits::Ban const& ban, OnAnswer answer)
{
    if (auto const taken = gateway_.ban(ban); !taken)
        return answer(std::unexpected(taken.error()));
    gather<bool>([ban](Node& there) { return there.gateway_.ban(ban).has_value(); },
        [ban, answer = std::move(answer)](std::vector<bool> const&) mutable {
            std::string text;
            json::Writer out(text);
            write_ban(out, ban);
            answer(Answer{std::move(text)});
        });
}

void Node::lift_everywhere(limits::Block const& block, OnAnswer answer)
{
    gather<bool>([block](Node& there) { return there.gateway_.lift(block); },
        [block, answer = std::move(answer)](std::vector<bool> const& lifted) mutable {
            if (std::ranges::find(lifted, true) == lifted.end())
                return answer(fail(ErrorCode::not_found, "there is no ban of just that block"));
            std::string text;
            json::Writer out(text);
            out.object().key("block").value(limits::print_block(block)).end_object();
            answer(Answer{std::move(text)});
        });
}

} // namespace gatehouse::node
