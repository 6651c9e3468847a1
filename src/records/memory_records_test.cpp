// SPDX-License-Identifier: Apache-2.0
#include "records/memory_records.hpp"

#include "records/testing.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace gatehouse::records {
namespace {

using namespace std::chrono_literals;

struct MemoryWorld final : World {
    Now instant{.wall = {1'763'726'400'000}};
    MemoryRecords memory{instant, 1 << 20};

    Records& records() override { return memory; }
    void pass(Milliseconds time) override { instant.wall = instant.wall + time; }
    WallTime now() const override { return instant.wall; }
};

class MemoryConformance : public ::testing::TestWithParam<Promise> { };

TEST_P(MemoryConformance, keeps_the_promise)
{
    MemoryWorld world;
    GetParam().check(world);
}

INSTANTIATE_TEST_SUITE_P(Records, MemoryConformance, ::testing::ValuesIn(promises()),
    [](auto const& each) { return std::string(each.param.name); });

TEST(MemoryRecords, are_unavailable_when_full_until_something_expires_or_goes)
{
    MemoryWorld world;
    std::optional<Version> version;
    int stored = 0;
    auto const put = [&](std::string key, std::size_t size, std::optional<WallTime> expires) {
        bool is_stored = false;
        world.memory.put(
            std::move(key), 0, std::string(size, 'v'), expires, [&](auto const& written) {
                is_stored = written.has_value();
                if (written)
                    version = *written;
            });
        return is_stored;
    };
    ASSERT_TRUE(put("short", 60'000, world.now() + 1s));
    ASSERT_TRUE(put("kept", 60'000, std::nullopt));
    auto const kept = *version;
    while (put(std::to_string(stored), 60'000, std::nullopt))
        stored++;
    EXPECT_GT(stored, 10);
    EXPECT_LE(world.memory.bytes(), std::size_t{1} << 20);
    world.pass(1s);
    EXPECT_TRUE(put("in its place", 60'000, std::nullopt));
    EXPECT_FALSE(put("another", 60'000, std::nullopt));
    world.memory.remove("kept", kept, [](auto const& removed) { EXPECT_TRUE(removed); });
    EXPECT_TRUE(put("another", 60'000, std::nullopt));
    // What is there may be written again, though there is no room for both.
    world.memory.put("another", *version, std::string(60'000, 'w'), std::nullopt,
        [](auto const& written) { EXPECT_TRUE(written && *written); });
}

} // namespace
} // namespace gatehouse::records
