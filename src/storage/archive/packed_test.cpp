// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/packed.hpp"

#include "storage/archive/archive.hpp"

#include <gtest/gtest.h>

#include <map>

namespace gatehouse::storage::archive {
namespace {

// A thousand of them in a folder would be a thousand syncs.
struct Names final : Objects {
    std::map<std::string, std::uint64_t, std::less<>> all{};

    Result<void> put(std::string_view name, std::string_view bytes) override
    {
        all[std::string(name)] = bytes.size();
        return {};
    }
    Result<std::string> get(std::string_view) override { return ""; }
    Result<std::vector<ObjectInfo>> list(
        std::string_view prefix, std::string_view after, std::size_t objects_max) override
    {
        std::vector<ObjectInfo> page;
        for (auto at = all.upper_bound(after); at != all.end() && page.size() < objects_max; ++at)
            if (at->first.starts_with(prefix))
                page.push_back({at->first, at->second});
        return page;
    }
    Result<void> remove(std::string_view) override { return {}; }
};

constexpr WallTime noon{1'790'337'600'000}; // 2026-09-25T12:00:00Z

TEST(PackedRooms, are_found_by_their_ids_since_they_can_have_been_packed)
{
    Names names;
    auto const pack = [&](std::string game, std::string day, std::string room) {
        PackName const name{std::move(game), std::move(day), std::move(room)};
        ASSERT_TRUE(names.put(name.text(), "whole"));
    };
    auto const found = [&](std::vector<std::string> const& rooms, WallTime since = noon) {
        return packed_since(names, "tally", rooms, since).value();
    };
    EXPECT_TRUE(found({"aaaaa.1"}).empty());
    pack("tally", "2026-09-25", "aaaaa.1");
    pack("tally", "2026-10-01", "bbbbb.2");
    pack("tally", "2026-08-01", "ccccc.3");
    pack("chess", "2026-09-26", "ddddd.4");
    EXPECT_EQ(found({"aaaaa.1"}), (std::vector<std::string>{"aaaaa.1"}));
    EXPECT_EQ(found({"zzzzz.9", "bbbbb.2"}), (std::vector<std::string>{"bbbbb.2"}));
    EXPECT_TRUE(found({"aaaaa", "aaaaa.12", "ccccc.3", "ddddd.4"}).empty());
    EXPECT_EQ(found({"ccccc.3"}, {}), (std::vector<std::string>{"ccccc.3"}));

    for (int i = 0; i < 1'100; i++) // More than a page.
        pack("tally", "2026-09-30", "many." + std::to_string(10'000 + i));
    EXPECT_EQ(found({"bbbbb.2", "many.10999"}),
        (std::vector<std::string>{"many.10999", "bbbbb.2"}));
}

} // namespace
} // namespace gatehouse::storage::archive
