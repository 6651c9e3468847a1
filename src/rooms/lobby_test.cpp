// SPDX-License-Identifier: Apache-2.0
// Which rooms a list shows, and in what order.
#include "rooms/testing_shard.hpp"

#include <algorithm>
#include <random>
#include <set>

namespace gatehouse::rooms::testing {
namespace {

struct Lobby : RoomsOfAShard {
    // Rooms of all kinds, as their listings should be: what the filters are held against.
    std::map<std::string, Listing> known{};
    std::set<std::string> unlisted{};
    std::mt19937 chance{7};

    std::string make(std::string_view code, Wishes const& wishes, int first)
    {
        auto const& rules = *games.find("tally");
        auto const chosen = options_bytes(rules, R"({"first":)" + std::to_string(first) + "}");
        std::string room;
        rooms->create(
            rules, chosen, code, wishes, [&](Result<std::string> made) { room = made.value(); });
        settle();
        return room;
    }
    void fill()
    {
        for (int i = 0; i < 40; i++) {
            std::string code = "AAAAA";
            code[3] = code_letters[static_cast<std::size_t>(i) / code_letters.size()];
            code[4] = code_letters[static_cast<std::size_t>(i) % code_letters.size()];
            Wishes wishes{.is_listed = chance() % 4 != 0};
            for (auto seats = chance() % 4; seats > 0; seats--)
                wishes.reserve.push_back("p" + std::to_string(seats));
            auto const room = make(code, wishes, static_cast<int>(chance() % 3));
            auto ann = client("ann", static_cast<std::uint64_t>(i) + 100);
            if (chance() % 2 == 0) {
                ask(room, ann, Join{.id = 1});
                if (chance() % 2 == 0)
                    ask(room, ann, Act{.id = 2, .name = "begin"});
                if (chance() % 3 == 0)
                    ask(room, ann, Act{.id = 3, .name = "end"});
                settle();
            }
            if (chance() % 2 == 0)
                after(1ms); // Some are as old as each other.
            if (!wishes.is_listed)
                unlisted.insert(room);
        }
        for (auto const& each : rooms->list({}))
            known[each.room] = each;
    }
    [[nodiscard]] std::vector<std::string> ids(Filter const& filter) const
    {
        std::vector<std::string> found;
        for (auto const& each : rooms->list(filter))
            found.push_back(each.room);
        return found;
    }
};

TEST_F(Lobby, shows_what_fits_every_filter_and_nothing_else)
{
    fill();
    ASSERT_GT(known.size(), 15u);
    ASSERT_GT(unlisted.size(), 3u);
    std::size_t shown = 0;
    for (int round = 0; round < 300; round++) {
        Filter filter{.game = chance() % 3 == 0 ? "tally" : "",
            .only_open = chance() % 3 == 0,
            .free_min = static_cast<int>(chance() % 4)};
        if (chance() % 2 == 0)
            filter.status = static_cast<Status>(chance() % 4);
        auto const first = std::to_string(chance() % 3);
        if (chance() % 2 == 0)
            filter.options.push_back({"first", first});
        std::vector<std::string> expected;
        for (auto const& [room, listing] : known) {
            int free = 0;
            for (auto const& seat : listing.view.seats)
                free += seat.by == Occupant::nobody && !seat.reserved ? 1 : 0;
            bool const is_open = listing.view.status == Status::open && free > 0;
            bool const has_first
                = filter.options.empty() || listing.options == R"({"first":)" + first + "}";
            if ((!filter.only_open || is_open) && free >= filter.free_min && has_first
                && (!filter.status || listing.view.status == *filter.status))
                expected.push_back(room);
        }
        auto found = ids(filter);
        shown += found.size();
        std::ranges::sort(found);
        EXPECT_EQ(found, expected);
    }
    EXPECT_GT(shown, 100u) << "the test shows nothing otherwise";
}

TEST_F(Lobby, goes_on_behind_a_page_and_misses_none)
{
    fill();
    auto const all = ids({});
    for (auto const& room : all)
        EXPECT_FALSE(unlisted.contains(room));
    for (std::size_t size : {1uz, 3uz, 7uz, 100uz}) {
        std::vector<std::string> paged;
        Filter filter{.listings_max = size};
        for (auto page = rooms->list(filter); !page.empty(); page = rooms->list(filter)) {
            for (auto const& each : page)
                paged.push_back(each.room);
            filter.after = Newest{.opened_at = page.back().opened_at, .room = page.back().room};
        }
        EXPECT_EQ(paged, all) << size;
    }
}

TEST_F(Lobby, tells_who_knows_the_code_or_the_id_of_a_room_that_is_not_listed)
{
    auto const room = make("AAAAA", {.is_listed = false}, 2);
    EXPECT_TRUE(ids({}).empty());
    EXPECT_EQ(find_code("AAAAA")->value(), room);
    EXPECT_EQ((*describe(room))->options, R"({"first":2})");
    build();
    settle();
    EXPECT_TRUE(ids({}).empty()) << "nor after a restart";
    EXPECT_TRUE(*describe(room));
}

} // namespace
} // namespace gatehouse::rooms::testing
