// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json_writer.hpp"
#include "base/result.hpp"
#include "rooms/lobby.hpp"
#include "rooms/rules.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::node {

// The invite code that a room's id begins with.
[[nodiscard]] std::string code_of(std::string_view room);

// A room as GET /v1/rooms and GET /v1/rooms/{room} show it.
void write_listing(json::Writer& out, rooms::Listing const& listing);

// What a query asks for (docs/lobby.md). Fails with bad_request: which filter is unknown or wrong,
// and what is known.
[[nodiscard]] Result<rooms::Filter> read_filter(
    std::string_view query, rooms::Catalogue const& games, std::size_t listings_max);

// The pages of all shards as one page. It ends where one of them could not look further.
[[nodiscard]] std::string write_page(
    std::vector<rooms::Listings> pages, std::size_t listings_max);

} // namespace gatehouse::node
