// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What is kept beside the rooms: API keys, sign-ins, bans, answers to repeated requests. A small
// table of texts under names, durable where its store is.
namespace gatehouse::records {

// Rises with every write in the whole table and never comes twice, so who wrote, removed and wrote
// again is not taken for who did nothing. 0: there is no record.
using Version = std::uint64_t;

struct Record {
    std::string value{};
    Version version = 0;
    std::optional<WallTime> expires{}; // From then on there is no record.

    bool operator==(Record const&) const = default;
};

struct Named {
    std::string key{};
    Record record{};

    bool operator==(Named const&) const = default;
};

inline constexpr std::size_t key_bytes_max = 256; // At least 1.
inline constexpr std::size_t value_bytes_max = 64 * 1024;
inline constexpr std::size_t list_max = 1'000;

// The port. Answers come in the order of the questions, at once or later, on the shard that asked;
// what was written is durable by then, and seen by whoever asks afterwards. Fails with bad_request
// where a key or value is too long or a list too wide; with `busy` where too much waits, which is
// told before what waits; and with `unavailable` where the store can't be reached or is full. After
// that nobody knows whether it was written: get() tells, later.
class Records {
public:
    using OnGot = std::move_only_function<void(Result<std::optional<Record>>)>;
    // The new version; empty where the record's was not the expected one.
    using OnWritten = std::move_only_function<void(Result<std::optional<Version>>)>;
    using OnListed = std::move_only_function<void(Result<std::vector<Named>>)>;

    virtual ~Records() = default;

    virtual void get(std::string key, OnGot done) = 0;
    // Over the record of that version, or where there is none (0).
    virtual void put(std::string key, Version expected, std::string value,
        std::optional<WallTime> expires, OnWritten done)
        = 0;
    // Of that version; what is answered is the version of the removal.
    virtual void remove(std::string key, Version expected, OnWritten done) = 0;
    // Those whose key begins with `prefix` and comes after `after` in the order of bytes.
    virtual void list(std::string prefix, std::string after, std::size_t max, OnListed done) = 0;
};

// What every implementation refuses before it looks.
[[nodiscard]] Result<void> check_key(std::string_view key);
[[nodiscard]] Result<void> check_value(std::string_view value);
[[nodiscard]] Result<void> check_list(std::size_t max);

} // namespace gatehouse::records
