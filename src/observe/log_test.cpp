// SPDX-License-Identifier: Apache-2.0
#include "observe/log.hpp"

#include <gtest/gtest.h>

namespace gatehouse::observe {
namespace {

struct Kept : LogSink {
    void write(Level, std::string_view line) override { lines.emplace_back(line); }
    std::vector<std::string> lines;
};

constexpr WallTime then{1'795'269'787'123};

TEST(Log, writes_one_json_object_per_line_with_its_fields_in_order)
{
    Kept kept;
    Log log(kept, Level::info, 3);
    log.line(Level::warning, "room \"full\"", then)
        .field("room", std::string_view("k7qxm"))
        .field("seats", 4)
        .field("open", false);
    log.line(Level::info, "next", then);
    EXPECT_EQ(kept.lines,
        (std::vector<std::string>{
            R"({"time":"2026-11-21T14:03:07.123Z","level":"warning","shard":3,)"
            R"("message":"room \"full\"","room":"k7qxm","seats":4,"open":false})",
            R"({"time":"2026-11-21T14:03:07.123Z","level":"info","shard":3,"message":"next"})"}));
}

TEST(Log, leaves_out_what_is_below_its_level)
{
    Kept kept;
    Log log(kept, Level::warning, 0);
    log.line(Level::info, "not written", then).field("room", std::string_view("k7qxm"));
    EXPECT_TRUE(kept.lines.empty());
    log.set_lowest(Level::debug);
    log.line(Level::debug, "written", then);
    EXPECT_EQ(kept.lines.size(), 1U);
}

TEST(Log, keeps_a_line_whole_whatever_is_in_its_fields)
{
    Kept kept;
    Log log(kept, Level::info, 0);
    log.line(Level::info, "m", then).field("text", std::string_view("a\nb\x01\xff"));
    EXPECT_TRUE(kept.lines[0].ends_with(",\"text\":\"a\\nb\\u0001\xef\xbf\xbd\"}"));
}

}  // namespace
}  // namespace gatehouse::observe
