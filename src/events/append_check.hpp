// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "events/store.hpp"

#include <cstddef>

namespace gatehouse::events {

inline constexpr std::size_t stream_size_max = 128; // Bytes of a stream's name.
inline constexpr std::size_t word_size_max = 64;    // Of an event's type, of a category.
inline constexpr std::size_t data_size_max = 1 << 20;

// What every store refuses with `bad_request`, whatever it holds: names that are empty or too long,
// no events, events beyond their bounds or with other versions than expected + 1, expected + 2, …
[[nodiscard]] Result<void> check(StreamAppend const& append);
[[nodiscard]] Result<void> check(StreamSnapshot const& snapshot);
// The bounds of one event.
[[nodiscard]] Result<void> check(Event const& event);

} // namespace gatehouse::events
