// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::observe {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Each belongs to one shard, so recording is a plain addition (0.5 ns). Shards are merged when
// somebody asks.
class Counter {
public:
    void add(std::uint64_t n = 1) { count_ += n; }
    [[nodiscard]] std::uint64_t count() const { return count_; }

private:
    std::uint64_t count_ = 0;
};

class Gauge {
public:
    void set(std::int64_t value) { value_ = value; }
    void add(std::int64_t n) { value_ += n; }
    [[nodiscard]] std::int64_t value() const { return value_; }

private:
    std::int64_t value_ = 0;
};

// Durations, from 1 µs to 34 s in buckets that double: 27 counts, mergeable by addition.
class Histogram {
public:
    static constexpr std::size_t buckets = 27; // Upper bounds 1 µs << i; the last one is +Inf.

    void record(Duration duration);
    [[nodiscard]] std::span<std::uint64_t const, buckets> counts() const { return counts_; }
    [[nodiscard]] std::uint64_t sum_us() const { return sum_ns_ / 1000; }
    [[nodiscard]] std::uint64_t count() const { return count_; }

private:
    std::array<std::uint64_t, buckets> counts_{};
    std::uint64_t sum_ns_ = 0;
    std::uint64_t count_ = 0;
};

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

// The value of one series, copied out of a shard.
struct Sample {
    Labels labels;
    std::uint64_t count = 0;   // Counters and histograms.
    std::int64_t value = 0;    // Gauges.
    std::uint64_t sum_us = 0;  // Histograms.
    std::vector<std::uint64_t> counts{};
};

struct Family {
    std::string name; // Without "_total": the format decides.
    std::string help;
    MetricKind kind;
    std::vector<Sample> samples;
};

using Snapshot = std::vector<Family>;

// The metrics of one shard. Asking twice for one name and labels gives the same series; references
// stay valid as long as this lives. At most `series_max` series in all: beyond it every newcomer of
// a family shares one whose label values are "other", so that labels can never eat the memory.
class Metrics {
public:
    explicit Metrics(std::size_t series_max = 4096) : series_max_(series_max) {}

    Counter& counter(std::string_view name, std::string_view help, Labels const& labels = {});
    Gauge& gauge(std::string_view name, std::string_view help, Labels const& labels = {});
    Histogram& histogram(std::string_view name, std::string_view help, Labels const& labels = {});

    [[nodiscard]] Snapshot snapshot() const;

private:
    template <typename T>
    struct Series {
        Labels labels;
        T metric;
    };
    struct Entry {
        std::string name;
        std::string help;
        MetricKind kind;
        std::deque<Series<Counter>> counters;
        std::deque<Series<Gauge>> gauges;
        std::deque<Series<Histogram>> histograms;
    };
    Entry& entry(std::string_view name, std::string_view help, MetricKind kind);
    template <typename T>
    T& series(std::deque<Series<T>>& all, Labels const& labels);

    std::size_t series_max_;
    std::size_t series_ = 0;
    std::deque<Entry> entries_;
};

// Adds up what shards recorded: counts and gauges by addition, family by family, series by series.
[[nodiscard]] Snapshot merge(std::span<Snapshot const> shards);

enum class Exposition : std::uint8_t { prometheus_text, openmetrics };

// The format that an Accept header asks for: OpenMetrics 1.0 where it names it, else text 0.0.4.
[[nodiscard]] Exposition exposition_for(std::string_view accept);
[[nodiscard]] std::string_view content_type_of(Exposition exposition);
[[nodiscard]] std::string render(Snapshot const& snapshot, Exposition exposition);

}  // namespace gatehouse::observe
