// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/shared_cache.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::storage::redis {
namespace {

// A value that is empty drops: it takes the place of whatever is there, and the newer version of
// the two. Another one takes the place of what is not newer, and of what was dropped before it.
constexpr std::string_view script = R"(
local kept = redis.call('GET', KEYS[1])
local version = ARGV[1]
if kept then
    local there = string.match(kept, '^(%d+):')
    local is_newer = there and tonumber(there) > tonumber(version)
    local is_dropped = there and #there + 1 == #kept
    if ARGV[2] == '' then
        if is_newer then version = there end
    elseif is_newer or (is_dropped and there == version) then
        return 0
    end
end
redis.call('SET', KEYS[1], version .. ':' .. ARGV[2], 'PX', ARGV[3])
return 1
)";

} // namespace

SharedCache::SharedCache(
    ClientOptions options, runtime::Reactor& reactor, Dice& dice, Client::Resolve resolve)
    : client_(std::move(options), reactor, dice, std::move(resolve))
{
    client_.on_change([this](std::string_view why) {
        if (why.empty())
            pay();
        if (on_change_)
            on_change_(why);
    });
}

void SharedCache::get(std::string key, OnFound done)
{
    client_.ask(std::array<std::string_view, 2>{"GET", key},
        [done = std::move(done)](Result<Reply> reply) mutable {
            if (!reply)
                return done(std::unexpected(std::move(reply).error()));
            auto const& text = reply->text;
            auto const colon = text ? text->find(':') : std::string::npos;
            if (text && colon == std::string::npos)
                return done(std::move(*text)); // Not ours: whoever opens it will find out.
            if (!text || colon + 1 == text->size())
                return done(std::nullopt);
            done(text->substr(colon + 1));
        });
}

void SharedCache::put(std::string key, cache::Version version, std::string value, Milliseconds ttl)
{
    set(key, version, value, ttl, [](Result<Reply> const&) {});
}

void SharedCache::drop(std::string key, cache::Version version, OnDropped done)
{
    set(key, version, {}, dropped_for,
        [this, key, version, done = std::move(done)](Result<Reply> const& reply) mutable {
            if (!reply && (owed_.size() < owed_max || owed_.contains(key)))
                owed_[key] = std::max(owed_[key], version);
            done(reply.has_value());
        });
}

void SharedCache::set(std::string_view key, cache::Version version, std::string_view value,
    Milliseconds ttl, Client::OnReply done)
{
    auto const number = std::to_string(version);
    auto const lapses = std::to_string(ttl.count());
    client_.ask(
        std::array<std::string_view, 7>{"EVAL", script, "1", key, number, value, lapses},
        std::move(done));
}

// One after the other, so that they never fill the queue.
void SharedCache::pay()
{
    if (owed_.empty())
        return;
    auto const [key, version] = *owed_.begin();
    owed_.erase(owed_.begin());
    drop(key, version, [this](bool dropped) {
        if (dropped)
            pay();
    });
}

} // namespace gatehouse::storage::redis
