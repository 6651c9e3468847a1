// SPDX-License-Identifier: Apache-2.0
#include "cache/testing.hpp"
#include "rooms/testing_shard.hpp"

namespace gatehouse::rooms::testing {
namespace {

struct Listings : RoomsOfAShard {
    cache::testing::SharedInMemory shared{};

    // Its reads of the store.
    std::size_t reads_for(std::string const& room)
    {
        auto const before = store.finds + store.reads;
        EXPECT_TRUE(*(shared_cache ? describe_over_shared(room) : describe(room)));
        return store.finds + store.reads - before;
    }
    std::optional<Result<Listing>> describe_over_shared(std::string const& room)
    {
        std::optional<Result<Listing>> listing;
        rooms->describe(room, [&](Result<Listing> found) { listing = found; });
        shared.answer_all();
        settle();
        return listing;
    }
    void use_shared()
    {
        shared_cache = &shared;
        build();
        settle();
    }
    std::string as_json(std::optional<Result<Listing>> const& listing)
    {
        if (!listing || !*listing)
            return "none";
        std::string text;
        json::Writer out(text);
        write_json(out, (*listing)->view);
        return (*listing)->room + text + std::to_string((*listing)->opened_at.ms);
    }
    void go_back(std::string const& room, events::Version version)
    {
        std::optional<Result<Rooms::WentBack>> done;
        rooms->go_back(room, {.version = version},
            [&](Result<Rooms::WentBack> to) { done = std::move(to); });
        settle();
        ASSERT_TRUE(done && *done) << (*done).error().message;
    }
};

TEST_F(Listings, of_finished_rooms_are_the_same_from_the_cache_as_from_the_store)
{
    auto const room = past("AAAAA");
    auto const cached = as_json(describe(room));
    EXPECT_EQ(rooms->cached().local.hits, 1U);
    EXPECT_TRUE(cached.contains("finished")) << cached;
    build();
    settle();
    EXPECT_EQ(as_json(describe(room)), cached);
    EXPECT_EQ(rooms->cached().local.hits, 0U);
}

TEST_F(Listings, of_finished_rooms_are_read_from_the_store_once)
{
    auto const room = past("AAAAA");
    build();
    settle();
    EXPECT_GT(reads_for(room), 0U);
    EXPECT_EQ(reads_for(room), 0U);
    after(options.listings.ttl);
    EXPECT_GT(reads_for(room), 0U);
}

TEST_F(Listings, follow_a_room_that_goes_back_and_ends_again)
{
    auto const room = past("AAAAA");
    EXPECT_EQ((*describe(room))->view.status, Status::finished);
    auto const end = store.known[room].version;
    auto eve = client("eve", 2); // Orders are for rooms that are there.
    ask(room, eve, Join{.id = 1, .as_spectator = true});
    settle();
    go_back(room, end - 1);
    EXPECT_NE((*describe(room))->view.status, Status::finished);
    auto ann = client("ann", 3);
    ask(room, ann, Join{.id = 1});
    ask(room, ann, Act{.id = 2, .name = "end"});
    ask(room, ann, Gone{});
    ask(room, eve, Gone{});
    settle();
    EXPECT_EQ(rooms->awake(), 0U);
    EXPECT_EQ((*describe(room))->view.status, Status::finished);
    EXPECT_GT(store.known[room].version, end);
}

TEST_F(Listings, are_left_to_whoever_serves_the_rooms_next)
{
    use_shared();
    auto const room = past("AAAAA");
    auto const before = as_json(describe(room));
    build();
    settle();
    auto const reads = store.finds + store.reads;
    EXPECT_EQ(as_json(describe_over_shared(room)), before);
    EXPECT_EQ(store.finds + store.reads, reads);
    EXPECT_EQ(rooms->cached().shared.hits, 1U);
}

// What was asked of the shared layer before, and comes after, is as old as it is.
TEST_F(Listings, are_not_taken_from_before_a_room_went_back)
{
    use_shared();
    auto const room = past("AAAAA");
    auto const end = store.known[room].version;
    build();
    settle();
    std::optional<Result<Listing>> listing;
    rooms->describe(room, [&](Result<Listing> found) { listing = found; });
    auto eve = client("eve", 2);
    ask(room, eve, Join{.id = 1, .as_spectator = true});
    settle();
    go_back(room, end - 1);
    EXPECT_FALSE(listing);
    shared.answer_all();
    settle();
    ASSERT_TRUE(listing && *listing);
    EXPECT_NE((*listing)->view.status, Status::finished);

    build();
    settle();
    EXPECT_NE((*describe_over_shared(room))->view.status, Status::finished);
}

TEST_F(Listings, do_without_a_shared_cache_that_is_away_or_talks_nonsense)
{
    use_shared();
    auto const room = past("AAAAA");
    build();
    settle();
    shared.is_down = true;
    EXPECT_TRUE(*describe_over_shared(room));
    build();
    settle();
    shared.is_down = false;
    for (auto& [name, kept] : shared.kept)
        kept.value = "nonsense";
    EXPECT_TRUE(*describe_over_shared(room));
    EXPECT_EQ(rooms->cached().shared.errors, 1U);
}

TEST_F(Listings, are_asked_of_the_store_while_not_all_rooms_are_known)
{
    use_shared();
    auto const room = past("AAAAA");
    auto const gets = shared.gets;
    build();
    rooms->describe(room, [](Result<Listing> const&) {});
    EXPECT_EQ(shared.gets, gets);
    settle();
}

TEST_F(Listings, are_kept_nowhere_when_somebody_is_forgotten)
{
    use_shared();
    auto const room = past("AAAAA");
    rooms->forget("ann", [] {});
    EXPECT_GT(reads_for(room), 0U);
    build();
    settle();
    auto const reads = store.finds + store.reads;
    EXPECT_TRUE(*describe_over_shared(room));
    EXPECT_GT(store.finds + store.reads, reads);
}

} // namespace
} // namespace gatehouse::rooms::testing
