// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/result.hpp"
#include "events/event.hpp"

#include <string>
#include <string_view>

// An event as one line of JSON and back, exactly: what packs and backup segments are made of.
//
//     {"version":2,"type":"dealt","schema":1,"at":1790000000000,"actor":1,"action":7,
//      "data":"oWFhAQ==","link":"00112233445566778899aabbccddeeff"}
//
// `data` is base64 with padding, `link` 32 hexadecimal digits, `at` milliseconds since 1970.
namespace gatehouse::storage::archive {

// No line of an event at its bounds is longer.
inline constexpr std::size_t line_size_max = 2 << 20;

// Without the newline.
void append_line(std::string& out, events::Event const& event);

// Untrusted bytes: fails with `bad_request` and what is wrong. No member may miss, none be extra;
// an event beyond its bounds is refused.
[[nodiscard]] Result<events::Event> read_line(json::Parser& parser, std::string_view line);

} // namespace gatehouse::storage::archive
