// SPDX-License-Identifier: Apache-2.0
#include "tower_defence/book.hpp"

namespace gatehouse::tower_defence {

Book book_of(MapName name)
{
    auto const& map = map_of(name);
    Book book{};
    for (auto const row : map.ground)
        book.ground.emplace_back(row);
    for (auto const& way : map.ways())
        book.ways.emplace_back(way.tiles().begin(), way.tiles().end());
    return book;
}

} // namespace gatehouse::tower_defence
