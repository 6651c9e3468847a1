// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/lines.hpp"

#include "events/append_check.hpp"
#include "events/chain.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace gatehouse::storage::archive {
namespace {

events::Event sample()
{
    events::Event event{.version = 2, .type = "dealt", .schema = 1, .at = {1'790'000'000'000},
        .cause = {1, 7}, .data = "\xa1\x61\x61\x01"};
    event.link = events::chain_link(events::chain_start("k7qxm.9f0c2ab1"), event);
    return event;
}

std::string line_of(events::Event const& event)
{
    std::string line;
    append_line(line, event);
    return line;
}

TEST(Lines, have_one_layout_for_ever)
{
    EXPECT_EQ(line_of(sample()),
        R"({"version":2,"type":"dealt","schema":1,"at":1790000000000,"actor":1,"action":7,)"
        R"("data":"oWFhAQ==","link":"9a35afe7044342bf42a8dbe79a8de21d"})");
}

TEST(Lines, read_back_any_event_as_it_was)
{
    std::mt19937_64 random(1);
    json::Parser parser;
    for (int i = 0; i < 500; i++) {
        events::Event event{.version = random(), .type = "played",
            .schema = static_cast<std::uint16_t>(random()),
            .at = {static_cast<std::int64_t>(random())},
            .cause = {static_cast<std::uint32_t>(random()), random()},
            .data = {}};
        for (auto left = random() % 300; left > 0; left--)
            event.data.push_back(static_cast<char>(random()));
        for (auto& byte : event.link)
            byte = static_cast<std::byte>(random());
        auto const line = line_of(event);
        ASSERT_FALSE(line.contains('\n'));
        ASSERT_EQ(read_line(parser, line), event);
    }
}

TEST(Lines, hold_the_largest_event)
{
    auto event = sample();
    event.version = std::numeric_limits<events::Version>::max();
    event.at.ms = std::numeric_limits<std::int64_t>::min();
    event.type = std::string(events::word_size_max, '\x01'); // Six characters each.
    event.data = std::string(events::data_size_max, '\xff');
    auto const line = line_of(event);
    EXPECT_LT(line.size(), line_size_max);
    json::Parser parser;
    EXPECT_EQ(read_line(parser, line), event);
}

TEST(Lines, say_what_is_wrong_with_them)
{
    auto const good = line_of(sample());
    auto const broken = [&good](std::string_view part, std::string_view by) {
        auto line = good;
        line.replace(line.find(part), part.size(), by);
        json::Parser parser;
        auto const read = read_line(parser, line);
        return read ? "read" : read.error().message;
    };
    EXPECT_EQ(broken("oWFhAQ==", "oWFhAQ="), "/data: expected base64");
    EXPECT_EQ(broken("9a35", "9a3"), "/link: expected 32 hexadecimal digits");
    EXPECT_EQ(broken("\"schema\":1", "\"schema\":65536"), "/schema: expected a whole number in "
                                                          "range");
    EXPECT_NE(broken("\"actor\":1,", ""), "read");
    EXPECT_NE(broken("\"actor\":1,", "\"actor\":1,\"more\":1,"), "read");
    EXPECT_NE(broken("\"dealt\"", "\"\""), "read");
    EXPECT_NE(broken("{", ""), "read");
}

} // namespace
} // namespace gatehouse::storage::archive
