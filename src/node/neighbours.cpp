// SPDX-License-Identifier: Apache-2.0
// What crosses shards: requests to rooms that live elsewhere, their answers, sessions that come
// back.
#include "node/gather.hpp"
#include "node/node.hpp"

#include "sessions/shard_id.hpp"

#include <algorithm>

namespace gatehouse::node {

ShardIndex Node::shard_of(std::string_view room) const
{
    return static_cast<ShardIndex>(slot_of(room) % options_.shards);
}

// ---- Limits

ShardIndex Node::owner_of(std::string_view account) const
{
    return static_cast<ShardIndex>(std::hash<std::string_view>{}(account) % options_.shards);
}

bool Node::is_own(std::string_view account) const { return owner_of(account) == options_.shard; }

void Node::ask(std::string_view limit, std::string_view account,
    std::move_only_function<void(limits::Verdict)> done)
{
    ports_.neighbours.post(owner_of(account),
        [limit = std::string(limit), account = std::string(account), home = options_.shard,
            done = std::move(done)](Node& owner) mutable {
            auto const verdict = owner.gateway_.judge(limit, account);
            owner.ports_.neighbours.post(
                home, [verdict, done = std::move(done)](Node&) mutable { done(verdict); });
        });
}

void Node::ask_all(ShardIndex owner, std::vector<gateway::LimitAccount> accounts,
    std::move_only_function<void(Verdicts)> done)
{
    ports_.neighbours.post(owner,
        [accounts = std::move(accounts), home = options_.shard, done = std::move(done)](
            Node& there) mutable {
            there.ports_.neighbours.post(home,
                [verdicts = there.gateway_.judge_all(accounts), done = std::move(done)](
                    Node&) mutable { done(std::move(verdicts)); });
        });
}

void Node::give_back(
    ShardIndex owner, std::vector<gateway::LimitAccount> accounts, TimePoint taken_at)
{
    ports_.neighbours.post(owner, [accounts = std::move(accounts), taken_at](Node& there) {
        there.gateway_.give_back(accounts, taken_at);
    });
}

// ---- Rooms

void Node::ask(std::string_view room, rooms::Request request)
{
    auto const shard = shard_of(room);
    if (shard == options_.shard)
        return rooms_.ask(room, std::move(request));
    ports_.neighbours.post(
        shard, [room = std::string(room), request = std::move(request)](Node& there) mutable {
            there.rooms_.ask(room, std::move(request));
        });
}

void Node::deliver(rooms::Delivery delivery)
{
    if (delivery.to.shard == options_.shard)
        return sessions_.deliver(delivery);
    auto const shard = delivery.to.shard;
    ports_.neighbours.post(shard, [delivery = std::move(delivery)](Node& there) {
        there.sessions_.deliver(delivery);
    });
}

void Node::find(sessions::Destination destination, OnFound done)
{
    using By = sessions::Destination::By;
    if (destination.by == By::room)
        return done(std::move(destination.value));
    if (destination.by == By::game)
        return find_open(std::move(destination.value), std::move(done));
    auto code = std::move(destination.value);
    auto const shard = shard_of(code);
    ports_.neighbours.post(shard,
        [code = std::move(code), home = options_.shard, done = std::move(done)](
            Node& there) mutable {
            there.rooms_.find_code(
                code, [&there, home, done = std::move(done)](Result<std::string> found) mutable {
                    there.ports_.neighbours.post(
                        home, [found = std::move(found), done = std::move(done)](Node&) mutable {
                            done(std::move(found));
                        });
                });
        });
}

// Any room of the game with a free seat; the newest one, where people are waiting. If there is
// none, a new one with the game's usual options.
void Node::find_open(std::string game, OnFound done)
{
    auto const* const rules = games_.find(game);
    if (!rules)
        return done(fail(ErrorCode::not_found, "there is no such game"));
    gather<std::vector<rooms::Listing>>(
        [game](Node& there) {
            return there.rooms_.list({.game = game, .only_open = true, .listings_max = 1});
        },
        [this, rules, done = std::move(done)](
            std::vector<std::vector<rooms::Listing>> lists) mutable {
            rooms::Listing const* newest = nullptr;
            for (auto const& list : lists)
                for (auto const& each : list)
                    if (!newest || each.opened_at > newest->opened_at)
                        newest = &each;
            if (newest)
                return done(newest->room);
            auto options = read_options(*rules, std::nullopt);
            if (!options)
                return done(std::unexpected(options.error()));
            open_room(*rules, {std::move(*options)}, draws_max, std::move(done));
        });
}

void Node::claim(sessions::Claim claim, std::move_only_function<void(bool)> done)
{
    auto const shard = sessions::shard_of(claim.sid);
    if (!shard || *shard >= options_.shards)
        return done(false);
    if (*shard == options_.shard)
        return done(sessions_.take(claim));
    ports_.neighbours.post(*shard,
        [claim = std::move(claim), home = options_.shard, done = std::move(done)](
            Node& there) mutable {
            auto const is_theirs = there.sessions_.take(claim);
            there.ports_.neighbours.post(
                home, [is_theirs, done = std::move(done)](Node&) mutable { done(is_theirs); });
        });
}

}  // namespace gatehouse::node
