// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

#include <gtest/gtest.h>

#include <random>

namespace gatehouse::observe {
namespace {

using namespace std::chrono_literals;

// The plain definition: the first bucket whose bound is not below the duration.
std::size_t bucket_of(Duration duration)
{
    std::size_t i = 0;
    while (i + 1 < Histogram::buckets && duration > std::chrono::microseconds(1LL << i))
        i++;
    return i;
}

TEST(Histogram, counts_each_duration_in_the_first_bucket_that_holds_it)
{
    std::vector<Duration> durations{-5ns, 0ns, 1ns, 999ns, 1us, 1001ns, 33s, 34s, 64s,
        Duration::max()};
    for (int i = 0; i < 30; i++)
        for (Duration const step : {-1ns, 0ns, 1ns})
            durations.push_back(std::chrono::microseconds(1LL << i) + step);
    std::mt19937_64 chance(1);
    for (int i = 0; i < 1000; i++)
        durations.push_back(Duration(chance() >> (chance() % 63 + 1)));

    for (auto const duration : durations) {
        Histogram histogram;
        histogram.record(duration);
        EXPECT_EQ(histogram.counts()[bucket_of(duration)], 1U) << duration.count();
        EXPECT_EQ(histogram.count(), 1U);
    }
}

TEST(Histogram, sums_up_what_is_shorter_than_its_unit)
{
    Histogram histogram;
    for (int i = 0; i < 10; i++)
        histogram.record(250ns);
    EXPECT_EQ(histogram.sum_us(), 2U);
}

TEST(Metrics, gives_one_series_for_one_name_and_labels)
{
    Metrics metrics;
    auto& counter = metrics.counter("requests", "", {{"route", "a"}});
    for (int i = 0; i < 1000; i++)
        metrics.counter("requests", "", {{"route", std::to_string(i)}}).add();
    EXPECT_EQ(&counter, &metrics.counter("requests", "", {{"route", "a"}}));
    EXPECT_NE(&counter, &metrics.counter("requests", "", {{"route", "0"}}));
    EXPECT_NE(&counter, &metrics.counter("answers", "", {{"route", "a"}}));
}

TEST(Metrics, lets_newcomers_share_a_series_once_it_is_full)
{
    Metrics metrics(3);
    for (auto const route : {"a", "b", "c", "d", "e"})
        metrics.counter("requests", "", {{"route", route}, {"code", "200"}}).add();
    metrics.counter("requests", "", {{"route", "a"}, {"code", "200"}}).add();

    auto const samples = metrics.snapshot()[0].samples;
    ASSERT_EQ(samples.size(), 4U);
    EXPECT_EQ(samples[0].count, 2U);
    EXPECT_EQ(samples[3].labels, (Labels{{"route", "other"}, {"code", "other"}}));
    EXPECT_EQ(samples[3].count, 2U);
}

// Whatever three shards record, merged, is what one shard would have recorded.
TEST(Metrics, merge_to_what_a_single_shard_would_have_counted)
{
    std::mt19937 chance(2);
    std::array<Metrics, 3> shards;
    Metrics single;
    for (auto* metrics : {&shards[0], &single}) // Fixes the order of the series.
        for (auto const route : {"a", "b", "c"}) {
            metrics->counter("requests", "Help.", {{"route", route}});
            metrics->gauge("rooms", "Help.", {{"route", route}});
            metrics->histogram("request_seconds", "Help.", {{"route", route}});
        }
    for (int i = 0; i < 1000; i++) {
        Labels const labels{{"route", std::string(1, static_cast<char>('a' + chance() % 3))}};
        auto const number = static_cast<std::int64_t>(chance() % 100'000);
        for (auto* metrics : {&shards[chance() % 3], &single}) {
            metrics->counter("requests", "Help.", labels).add();
            metrics->gauge("rooms", "Help.", labels).add(number % 7 - 3);
            metrics->histogram("request_seconds", "Help.", labels)
                .record(std::chrono::microseconds(number));
        }
    }
    std::array const snapshots{shards[0].snapshot(), shards[1].snapshot(), shards[2].snapshot()};
    std::array const alone{single.snapshot()};
    EXPECT_EQ(render(merge(snapshots), Exposition::prometheus_text),
        render(merge(alone), Exposition::prometheus_text));
    EXPECT_TRUE(merge({}).empty());
}

}  // namespace
}  // namespace gatehouse::observe
