// SPDX-License-Identifier: Apache-2.0
#include "cache/local.hpp"

#include <utility>

namespace gatehouse::cache {

std::size_t Local::bytes_of(Entry const& entry)
{
    return entry.key.size() + entry.answer.value.size() + bytes_per_entry;
}

Answer const* Local::find(std::string_view key)
{
    auto const found = by_key_.find(key);
    if (found == by_key_.end())
        return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->answer;
}

bool Local::put(std::string_view key, Answer answer)
{
    if (auto const found = by_key_.find(key); found != by_key_.end()) {
        if (found->second->answer.version > answer.version)
            return false;
        erase(found->second);
    }
    Entry entry{std::string(key), std::move(answer)};
    auto const size = bytes_of(entry);
    if (size > bytes_max_)
        return true;
    while (bytes_ + size > bytes_max_) {
        erase(std::prev(entries_.end()));
        evictions_++;
    }
    entries_.push_front(std::move(entry));
    by_key_.emplace(entries_.front().key, entries_.begin());
    bytes_ += size;
    return true;
}

void Local::drop(std::string_view key)
{
    if (auto const found = by_key_.find(key); found != by_key_.end())
        erase(found->second);
}

void Local::clear()
{
    by_key_.clear();
    entries_.clear();
    bytes_ = 0;
}

void Local::erase(Entries::iterator entry)
{
    bytes_ -= bytes_of(*entry);
    by_key_.erase(entry->key);
    entries_.erase(entry);
}

} // namespace gatehouse::cache
