// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

#include <gtest/gtest.h>

namespace gatehouse::observe {
namespace {

using namespace std::chrono_literals;

Snapshot example()
{
    Metrics metrics;
    metrics.counter("gatehouse_requests", "Requests \"seen\"\nso far.", {{"route", "a\\b\"c\nd"}})
        .add(7);
    metrics.gauge("gatehouse_rooms", "Rooms in memory.").set(-3);
    auto& histogram = metrics.histogram("gatehouse_turn_seconds", "A turn.", {{"shard", "0"}});
    for (Duration const duration : {Duration(1us), Duration(3us), Duration(1500ms), Duration(60s)})
        histogram.record(duration);
    return metrics.snapshot();
}

// Of the bucket lines, those on which the count rises.
std::string const buckets = [] {
    std::vector<std::pair<std::string, int>> const bounds{{"0.000001", 1}, {"0.000002", 1},
        {"0.000004", 2}, {"0.000008", 2}, {"0.000016", 2}, {"0.000032", 2}, {"0.000064", 2},
        {"0.000128", 2}, {"0.000256", 2}, {"0.000512", 2}, {"0.001024", 2}, {"0.002048", 2},
        {"0.004096", 2}, {"0.008192", 2}, {"0.016384", 2}, {"0.032768", 2}, {"0.065536", 2},
        {"0.131072", 2}, {"0.262144", 2}, {"0.524288", 2}, {"1.048576", 2}, {"2.097152", 3},
        {"4.194304", 3}, {"8.388608", 3}, {"16.777216", 3}, {"33.554432", 3}, {"+Inf", 4}};
    std::string lines;
    for (auto const& [bound, count] : bounds)
        lines += "gatehouse_turn_seconds_bucket{shard=\"0\",le=\"" + bound + "\"} "
            + std::to_string(count) + "\n";
    return lines;
}();

TEST(Exposition, writes_prometheus_text)
{
    EXPECT_EQ(render(example(), Exposition::prometheus_text),
        R"(# HELP gatehouse_requests_total Requests "seen"\nso far.
# TYPE gatehouse_requests_total counter
gatehouse_requests_total{route="a\\b\"c\nd"} 7
# HELP gatehouse_rooms Rooms in memory.
# TYPE gatehouse_rooms gauge
gatehouse_rooms -3
# HELP gatehouse_turn_seconds A turn.
# TYPE gatehouse_turn_seconds histogram
)" + buckets + R"(gatehouse_turn_seconds_sum{shard="0"} 61.500004
gatehouse_turn_seconds_count{shard="0"} 4
)");
}

TEST(Exposition, writes_openmetrics)
{
    EXPECT_EQ(render(example(), Exposition::openmetrics),
        R"(# HELP gatehouse_requests Requests \"seen\"\nso far.
# TYPE gatehouse_requests counter
gatehouse_requests_total{route="a\\b\"c\nd"} 7
# HELP gatehouse_rooms Rooms in memory.
# TYPE gatehouse_rooms gauge
gatehouse_rooms -3
# HELP gatehouse_turn_seconds A turn.
# TYPE gatehouse_turn_seconds histogram
)" + buckets + R"(gatehouse_turn_seconds_sum{shard="0"} 61.500004
gatehouse_turn_seconds_count{shard="0"} 4
# EOF
)");
    EXPECT_EQ(render({}, Exposition::openmetrics), "# EOF\n");
    EXPECT_EQ(render({}, Exposition::prometheus_text), "");
}

TEST(Exposition, goes_by_what_the_scraper_accepts)
{
    EXPECT_EQ(exposition_for(""), Exposition::prometheus_text);
    EXPECT_EQ(exposition_for("text/plain"), Exposition::prometheus_text);
    auto const chosen = exposition_for(
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2");
    EXPECT_EQ(chosen, Exposition::openmetrics);
    EXPECT_EQ(
        content_type_of(chosen), "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

}  // namespace
}  // namespace gatehouse::observe
