// SPDX-License-Identifier: Apache-2.0
#include "records/memory_records.hpp"

namespace gatehouse::records {

std::size_t MemoryRecords::cost_of(std::string_view key, std::string_view value)
{
    return 2 * key.size() + value.size() + bytes_per_record;
}

void MemoryRecords::erase(ByKey::iterator at)
{
    auto const& [key, record] = *at;
    bytes_ -= cost_of(key, record.value);
    if (record.expires)
        by_expiry_.erase({*record.expires, key});
    by_key_.erase(at);
}

void MemoryRecords::drop_expired()
{
    while (!by_expiry_.empty() && by_expiry_.begin()->first <= now_.wall)
        erase(by_key_.find(by_expiry_.begin()->second));
}

void MemoryRecords::get(std::string key, OnGot done)
{
    if (auto const good = check_key(key); !good)
        return done(std::unexpected(good.error()));
    drop_expired();
    auto const found = by_key_.find(key);
    done(found == by_key_.end() ? std::nullopt : std::optional(found->second));
}

Result<std::optional<Version>> MemoryRecords::write(
    std::string key, Version expected, std::string value, std::optional<WallTime> expires)
{
    GH_CHECK(check_key(key));
    GH_CHECK(check_value(value));
    drop_expired();
    auto const found = by_key_.find(key);
    if ((found == by_key_.end() ? 0 : found->second.version) != expected)
        return std::nullopt;
    auto const freed = found == by_key_.end() ? 0 : cost_of(key, found->second.value);
    auto const taken = cost_of(key, value);
    if (bytes_ - freed + taken > bytes_max_)
        return fail(ErrorCode::unavailable, "the table of records is full");
    if (found != by_key_.end())
        erase(found);
    auto const version = ++last_;
    if (expires && *expires <= now_.wall)
        return version; // There was one, and it is over.
    if (expires)
        by_expiry_.insert({*expires, key});
    bytes_ += taken;
    by_key_.emplace(std::move(key), Record{std::move(value), version, expires});
    return version;
}

void MemoryRecords::put(std::string key, Version expected, std::string value,
    std::optional<WallTime> expires, OnWritten done)
{
    done(write(std::move(key), expected, std::move(value), expires));
}

void MemoryRecords::remove(std::string key, Version expected, OnWritten done)
{
    if (auto const good = check_key(key); !good)
        return done(std::unexpected(good.error()));
    drop_expired();
    auto const found = by_key_.find(key);
    if (expected == 0 || found == by_key_.end() || found->second.version != expected)
        return done(std::nullopt);
    erase(found);
    done(++last_);
}

void MemoryRecords::list(std::string prefix, std::string after, std::size_t max, OnListed done)
{
    if (auto const good = check_list(max); !good)
        return done(std::unexpected(good.error()));
    drop_expired();
    std::vector<Named> found;
    auto at = after < prefix ? by_key_.lower_bound(prefix) : by_key_.upper_bound(after);
    for (; at != by_key_.end() && at->first.starts_with(prefix) && found.size() < max; at++)
        found.push_back({at->first, at->second});
    done(std::move(found));
}

} // namespace gatehouse::records
