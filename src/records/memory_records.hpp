// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "records/records.hpp"

#include <map>
#include <set>
#include <utility>

namespace gatehouse::records {

// Records in memory: for `store: memory`, for tests, and what all others are judged by. Answers at
// once. Holds so many bytes (keys and bookkeeping included); records that expired make way, and
// where that is not enough a write is `unavailable`. Bound to one shard.
class MemoryRecords final : public Records {
public:
    static constexpr std::size_t bytes_per_record = 192; // Beside key and value.

    MemoryRecords(Now const& now, std::size_t bytes_max)
        : now_(now)
        , bytes_max_(bytes_max)
    { }

    void get(std::string key, OnGot done) override;
    void put(std::string key, Version expected, std::string value, std::optional<WallTime> expires,
        OnWritten done) override;
    void remove(std::string key, Version expected, OnWritten done) override;
    void list(std::string prefix, std::string after, std::size_t max, OnListed done) override;

    [[nodiscard]] std::size_t size() const { return by_key_.size(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    using ByKey = std::map<std::string, Record, std::less<>>;

    [[nodiscard]] static std::size_t cost_of(std::string_view key, std::string_view value);
    [[nodiscard]] Result<std::optional<Version>> write(
        std::string key, Version expected, std::string value, std::optional<WallTime> expires);
    void drop_expired();
    void erase(ByKey::iterator at);

    Now const& now_;
    std::size_t bytes_max_;
    ByKey by_key_{};
    std::set<std::pair<WallTime, std::string>> by_expiry_{};
    std::size_t bytes_ = 0;
    Version last_ = 0;
};

} // namespace gatehouse::records
