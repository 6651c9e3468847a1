// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/shared_cache.hpp"

#include <array>
#include <charconv>
#include <memory>
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

std::string key_of(cache::Shared::Name name)
{
    return std::string(name.space) + ":" + std::string(name.key);
}

// Zero where there is none.
std::uint64_t version_in(std::string_view text)
{
    std::uint64_t version = 0;
    std::from_chars(text.data(), text.data() + text.size(), version);
    return version;
}

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

void SharedCache::get(Name name, OnFound done)
{
    // Asked before the value: two replies, and one way to Redis and back.
    auto const cleared = std::make_shared<Result<Reply>>();
    client_.ask(std::array<std::string_view, 2>{"GET", name.space},
        [cleared](Result<Reply> reply) { *cleared = std::move(reply); });
    client_.ask(std::array<std::string_view, 2>{"GET", key_of(name)},
        [this, cleared, done = std::move(done)](Result<Reply> const& reply) mutable {
            if (!*cleared || !reply)
                return done(std::unexpected((reply ? *cleared : reply).error()));
            pay();
            Found found;
            if (auto const& until = (*cleared)->text)
                found.void_until = WallTime{static_cast<std::int64_t>(version_in(*until))};
            auto const& text = reply->text;
            auto const colon = text ? text->find(':') : std::string::npos;
            if (text && colon == std::string::npos)
                found.value = *text; // Not ours: whoever opens it will find out.
            else if (text && colon + 1 < text->size())
                found.value = text->substr(colon + 1);
            done(std::move(found));
        });
}

void SharedCache::put(
    Name name, cache::Version version, std::string_view value, Milliseconds ttl)
{
    set(key_of(name), version, value, ttl, [this](Result<Reply> const& reply) {
        if (reply)
            pay();
    });
}

void SharedCache::drop(Name name, cache::Version version, OnDropped done)
{
    tell(key_of(name), {version, {}, dropped_for}, std::move(done));
}

void SharedCache::clear(std::string_view space, WallTime until, Milliseconds ttl)
{
    tell(std::string(space), {static_cast<std::uint64_t>(until.ms), "cleared", ttl}, [](bool) {});
}

void SharedCache::tell(std::string const& key, Word word, OnDropped done)
{
    set(key, word.version, word.value, word.ttl,
        [this, key, word, done = std::move(done)](Result<Reply> const& reply) mutable {
            auto const owed = owed_.find(key);
            bool const is_newest = owed == owed_.end() || owed->second.version < word.version;
            bool const has_room // Always for a space's: there are few, and it stands for all.
                = owed != owed_.end() || owed_.size() < owed_max || !word.value.empty();
            if (!reply && is_newest && has_room)
                owed_.insert_or_assign(key, word);
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

// Redis answers. One after the other, so that they never fill the queue.
void SharedCache::pay()
{
    if (!std::exchange(is_paying_, true))
        pay_next();
}

void SharedCache::pay_next()
{
    is_paying_ = !owed_.empty();
    if (!is_paying_)
        return;
    auto const [key, word] = *owed_.begin();
    owed_.erase(owed_.begin());
    tell(key, word, [this](bool told) {
        is_paying_ = told;
        if (told)
            pay_next();
    });
}

} // namespace gatehouse::storage::redis
