// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

#include <fmt/format.h>
#include <iterator>
#include <utility>

// Prometheus text format 0.0.4 and OpenMetrics 1.0, which differ in little: how a counter's family
// is called, what is escaped in a help text, and the end mark.

namespace gatehouse::observe {
namespace {

std::string_view type_of(MetricKind kind)
{
    switch (kind) {
    case MetricKind::counter: return "counter";
    case MetricKind::gauge: return "gauge";
    case MetricKind::histogram: return "histogram";
    }
    std::unreachable();
}

// Microseconds as seconds, without the tail of a binary fraction.
std::string seconds(std::uint64_t us)
{
    auto text = fmt::format("{}.{:06}", us / 1'000'000, us % 1'000'000);
    auto const last = text.find_last_not_of('0');
    text.erase(text[last] == '.' ? last + 2 : last + 1);
    return text;
}

enum class Quotes : bool { kept, escaped };

void append_escaped(std::string& out, std::string_view text, Quotes quotes)
{
    for (char const c : text) {
        if (c == '\n')
            out += "\\n";
        else if (c == '\\' || (c == '"' && quotes == Quotes::escaped))
            out.append(1, '\\').append(1, c);
        else
            out += c;
    }
}

class Renderer {
public:
    explicit Renderer(Exposition exposition) : exposition_(exposition) {}

    void family(Family const& family)
    {
        bool const is_counter = family.kind == MetricKind::counter;
        auto const samples_name = is_counter ? family.name + "_total" : family.name;
        auto const& name = is_openmetrics() ? family.name : samples_name;
        append("# HELP {} ", name);
        append_escaped(out_, family.help, is_openmetrics() ? Quotes::escaped : Quotes::kept);
        append("\n# TYPE {} {}\n", name, type_of(family.kind));
        for (auto const& sample : family.samples) {
            if (family.kind == MetricKind::histogram)
                histogram(family.name, sample);
            else if (is_counter)
                line(samples_name, sample.labels, {}, sample.count);
            else
                line(samples_name, sample.labels, {}, sample.value);
        }
    }

    std::string finish()
    {
        if (is_openmetrics())
            out_ += "# EOF\n";
        return std::move(out_);
    }

private:
    [[nodiscard]] bool is_openmetrics() const { return exposition_ == Exposition::openmetrics; }

    template <typename... Args>
    void append(fmt::format_string<Args...> format, Args&&... args)
    {
        fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    }

    // Counts are cumulative here: a bucket holds all that is not above its bound.
    void histogram(std::string const& name, Sample const& sample)
    {
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < sample.counts.size(); i++) {
            below += sample.counts[i];
            bool const is_last = i + 1 == sample.counts.size();
            auto const bound = is_last ? "+Inf" : seconds(std::uint64_t{1} << i);
            line(name + "_bucket", sample.labels, bound, below);
        }
        line(name + "_sum", sample.labels, {}, seconds(sample.sum_us));
        line(name + "_count", sample.labels, {}, sample.count);
    }

    void line(
        std::string_view name, Labels const& labels, std::string_view bound, auto const& value)
    {
        out_ += name;
        char separator = '{';
        auto const label = [&](std::string_view label_name, std::string_view text) {
            append("{}{}=\"", separator, label_name);
            append_escaped(out_, text, Quotes::escaped);
            out_ += '"';
            separator = ',';
        };
        for (auto const& [label_name, text] : labels)
            label(label_name, text);
        if (!bound.empty())
            label("le", bound);
        append("{}{}\n", separator == ',' ? "} " : " ", value);
    }

    Exposition exposition_;
    std::string out_;
};

}  // namespace

Exposition exposition_for(std::string_view accept)
{
    return accept.find("application/openmetrics-text") == std::string_view::npos
        ? Exposition::prometheus_text
        : Exposition::openmetrics;
}

std::string_view content_type_of(Exposition exposition)
{
    return exposition == Exposition::openmetrics
        ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
        : "text/plain; version=0.0.4; charset=utf-8";
}

std::string render(Snapshot const& snapshot, Exposition exposition)
{
    Renderer renderer(exposition);
    for (auto const& family : snapshot)
        renderer.family(family);
    return renderer.finish();
}

}  // namespace gatehouse::observe
