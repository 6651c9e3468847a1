// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <bit>

namespace gatehouse::observe {

// The bucket of d is the number of bits in ceil(d / 1 µs) - 1, so 1 µs falls into bucket 0, 2 into
// 1, 3 and 4 into 2.
void Histogram::record(Duration duration)
{
    auto const ns = static_cast<std::uint64_t>(std::max<Duration::rep>(duration.count(), 0));
    auto const us = (ns + 999) / 1000;
    auto const bucket = static_cast<std::size_t>(std::bit_width(us == 0 ? 0 : us - 1));
    counts_[std::min(bucket, buckets - 1)]++;
    sum_ns_ += ns;
    count_++;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels const& labels)
{
    return series(entry(name, help, MetricKind::counter).counters, labels);
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels const& labels)
{
    return series(entry(name, help, MetricKind::gauge).gauges, labels);
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, Labels const& labels)
{
    return series(entry(name, help, MetricKind::histogram).histograms, labels);
}

Metrics::Entry& Metrics::entry(std::string_view name, std::string_view help, MetricKind kind)
{
    auto const found = std::ranges::find(entries_, name, &Entry::name);
    if (found == entries_.end())
        return entries_.emplace_back(Entry{std::string(name), std::string(help), kind, {}, {}, {}});
    GH_ASSERT(found->kind == kind);
    return *found;
}

template <typename T>
T& Metrics::series(std::deque<Series<T>>& all, Labels const& labels)
{
    auto const of = [&all](Labels const& wanted) {
        auto const found = std::ranges::find(all, wanted, &Series<T>::labels);
        return found == all.end() ? nullptr : &found->metric;
    };
    if (auto* const known = of(labels))
        return *known;
    auto kept = labels;
    if (series_ >= series_max_) {
        for (auto& [name, value] : kept)
            value = "other";
        if (auto* const shared = of(kept))
            return *shared;
    }
    series_++;
    return all.emplace_back(Series<T>{std::move(kept), {}}).metric;
}

Snapshot Metrics::snapshot() const
{
    Snapshot copy;
    for (auto const& entry : entries_) {
        auto& samples = copy.emplace_back(Family{entry.name, entry.help, entry.kind, {}}).samples;
        for (auto const& [labels, counter] : entry.counters)
            samples.push_back({.labels = labels, .count = counter.count()});
        for (auto const& [labels, gauge] : entry.gauges)
            samples.push_back({.labels = labels, .value = gauge.value()});
        for (auto const& [labels, histogram] : entry.histograms)
            samples.push_back({.labels = labels, .count = histogram.count(),
                .sum_us = histogram.sum_us(),
                .counts = {histogram.counts().begin(), histogram.counts().end()}});
    }
    return copy;
}

namespace {

void add(Sample& total, Sample const& sample)
{
    total.count += sample.count;
    total.value += sample.value;
    total.sum_us += sample.sum_us;
    GH_ASSERT(total.counts.size() == sample.counts.size());
    for (std::size_t i = 0; i < sample.counts.size(); i++)
        total.counts[i] += sample.counts[i];
}

void add(Family& total, Family const& family)
{
    GH_ASSERT(total.kind == family.kind);
    for (auto const& sample : family.samples) {
        auto const found = std::ranges::find(total.samples, sample.labels, &Sample::labels);
        if (found == total.samples.end())
            total.samples.push_back(sample);
        else
            add(*found, sample);
    }
}

}  // namespace

Snapshot merge(std::span<Snapshot const> shards)
{
    Snapshot total;
    for (auto const& shard : shards)
        for (auto const& family : shard) {
            auto const found = std::ranges::find(total, family.name, &Family::name);
            if (found == total.end())
                total.push_back(family);
            else
                add(*found, family);
        }
    return total;
}

}  // namespace gatehouse::observe
