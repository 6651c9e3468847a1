// SPDX-License-Identifier: Apache-2.0
#include "cache/cache.hpp"

#include "base/seal.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::cache {

Cache::Cache(Options options, Now const& now, Dice& dice, Shared* shared)
    : options_(std::move(options))
    , now_(now)
    , dice_(dice)
    , shared_(shared)
    , seal_(options_.secret)
    , space_("gatehouse:" + seal_.fingerprint() + ":" + options_.name)
    , local_(options_.bytes_max)
{
}

// ---- Questions

void Cache::get(std::string_view key, OnFound done)
{
    if (auto const* const answer = find(key)) {
        in_memory_.hits++;
        return done(answer->value);
    }
    in_memory_.misses++;
    if (!shared_)
        return done(std::nullopt);
    if (!may_ask(key)) {
        in_shared_.errors++;
        return done(std::nullopt);
    }
    auto& waiting = questions_[std::string(key)].waiting;
    waiting.push_back(std::move(done));
    if (waiting.size() == 1)
        shared_->get({space_, key}, [this, key = std::string(key)](Result<Shared::Found> found) {
            answered(key, found);
        });
}

bool Cache::may_ask(std::string_view key) const
{
    auto const asked = questions_.find(key);
    return asked == questions_.end()
        ? questions_.size() < options_.questions_max
        : asked->second.waiting.size() < options_.waiters_max;
}

Answer const* Cache::find(std::string_view key)
{
    auto const* const answer = local_.find(key);
    return answer && is_fresh(answer->made_at) ? answer : nullptr;
}

void Cache::answered(std::string const& key, Result<Shared::Found> const& found)
{
    auto node = questions_.extract(key);
    auto& question = node.mapped();
    auto answer = believe(key, found);
    if (question.is_revoked || (answer && !local_.put(key, *answer)))
        answer.reset(); // The owner has written meanwhile.
    std::optional<std::string_view> value;
    if (answer)
        value = answer->value;
    else if (auto const* const newer = find(key))
        value = newer->value;
    std::optional<std::string> const held(value); // Whoever hears it may put and drop.
    for (auto& done : question.waiting)
        done(held);
}

std::optional<Answer> Cache::believe(std::string const& key, Result<Shared::Found> const& found)
{
    if (found && !found->value) {
        in_shared_.misses++;
        return std::nullopt;
    }
    auto answer = found ? seal_.open(name_of(key), *found->value) : std::nullopt;
    if (!answer) {
        in_shared_.errors++;
        return std::nullopt;
    }
    auto const void_until = std::max(distrusted_until_, found->void_until); // None is the least.
    if ((void_until && answer->made_at <= *void_until) || !is_fresh(answer->made_at)) {
        in_shared_.misses++;
        return std::nullopt;
    }
    in_shared_.hits++;
    return answer;
}

bool Cache::is_fresh(WallTime made_at) const
{
    return now_.wall - made_at < options_.ttl && made_at - now_.wall <= options_.skew_max;
}

// ---- What the owner writes

void Cache::put(std::string_view key, Version version, std::string value)
{
    Answer answer{version, now_.wall, std::move(value)};
    if (shared_ && answer.value.size() <= options_.value_bytes_max)
        shared_->put({space_, key}, version,
            seal_.close(name_of(key), answer, dice_.bytes(seal_nonce_size)), options_.ttl);
    local_.put(key, std::move(answer));
}

void Cache::drop(std::string_view key, Version version)
{
    local_.drop(key);
    if (auto const question = questions_.find(key); question != questions_.end())
        question->second.is_revoked = true;
    if (shared_)
        shared_->drop({space_, key}, version, [this](bool dropped) {
            if (!dropped)
                distrust();
        });
}

void Cache::clear()
{
    local_.clear();
    for (auto& [key, question] : questions_)
        question.is_revoked = true;
    auto const until = distrust();
    if (shared_)
        shared_->clear(space_, until, options_.ttl + 2 * options_.skew_max);
}

// Whoever shared it before us may have a clock that is ahead of ours.
WallTime Cache::distrust()
{
    distrusted_until_ = std::max(distrusted_until_, {now_.wall + options_.skew_max});
    return *distrusted_until_;
}

std::string Cache::name_of(std::string_view key) const
{
    return space_ + ":" + std::string(key);
}

Tally Cache::tally() const
{
    return {.local = in_memory_, .shared = in_shared_, .entries = local_.entries(),
        .bytes = local_.bytes(), .evictions = local_.evictions()};
}

} // namespace gatehouse::cache
