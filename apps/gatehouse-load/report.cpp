// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include "base/json_writer.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace gatehouse::load {
namespace {

std::string duration(Duration value)
{
    auto const us = static_cast<double>(value.count()) / 1e3;
    if (us < 1e3)
        return fmt::format("{:.0f} µs", us);
    if (us < 1e6)
        return fmt::format("{:.2f} ms", us / 1e3);
    return fmt::format("{:.2f} s", us / 1e6);
}

double per_second(std::uint64_t count, double seconds)
{
    return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

std::string percentiles(Histogram const& latency)
{
    return fmt::format("p50 {}  p90 {}  p99 {}  p99.9 {}  max {}",
        duration(latency.percentile(0.5)), duration(latency.percentile(0.9)),
        duration(latency.percentile(0.99)), duration(latency.percentile(0.999)),
        duration(latency.max()));
}

std::string listed(std::map<std::string, std::uint64_t, std::less<>> const& counts)
{
    std::string text;
    for (auto const& [what, times] : counts)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, times);
    return text.empty() ? "none" : text;
}

}  // namespace

std::string rooms_line(Stats const& interval, Interval const& when)
{
    return fmt::format(
        "{:5.0f} s  {} connections  {} rooms  {} acked ({:.0f}/s)  {:.0f} updates/s  "
        "errors {}  ack p50 {}  p99 {}",
        when.seconds_so_far, when.connected, when.rooms, when.acks_so_far,
        per_second(interval.acks, when.seconds), per_second(interval.updates, when.seconds),
        interval.errors_total(), duration(interval.latency.percentile(0.5)),
        duration(interval.latency.percentile(0.99)));
}

std::string http_line(Stats const& interval, Interval const& when)
{
    return fmt::format("{:5.0f} s  {} connections  {:.0f} requests/s  errors {}  p50 {}  p99 {}",
        when.seconds_so_far, when.connected, per_second(interval.http_answers, when.seconds),
        interval.errors_total(), duration(interval.latency.percentile(0.5)),
        duration(interval.latency.percentile(0.99)));
}

std::string rooms_summary(Stats const& total, double seconds)
{
    return fmt::format(
        "\n{:.1f} s: {} games, {} actions acked ({:.0f}/s), {} updates ({:.0f}/s), "
        "{} messages ({:.0f}/s), {:.1f} MB in\n"
        "act to ack   {}\n"
        "connections  {} lost and dialled again, {} resumed; {} answered actions repeated\n"
        "refusals     {}\n"
        "errors       {}\n",
        seconds, total.games, total.acks, per_second(total.acks, seconds), total.updates,
        per_second(total.updates, seconds), total.messages, per_second(total.messages, seconds),
        static_cast<double>(total.bytes) / 1e6, percentiles(total.latency), total.reconnects,
        total.resumed, total.repeats, listed(total.counts), listed(total.errors));
}

std::string http_summary(Stats const& total, double seconds)
{
    return fmt::format("\n{:.1f} s: {} answers ({:.0f}/s), {:.1f} MB in\n"
                       "latency      {}\n"
                       "statuses     {}\n"
                       "errors       {}\n",
        seconds, total.http_answers, per_second(total.http_answers, seconds),
        static_cast<double>(total.bytes) / 1e6, percentiles(total.latency), listed(total.counts),
        listed(total.errors));
}

std::string to_json(Stats const& total, double seconds, Verdict const* verdict)
{
    std::string text;
    json::Writer out(text);
    out.object().key("seconds").value(seconds);
    out.key("acks").value(total.acks).key("updates").value(total.updates);
    out.key("messages").value(total.messages).key("games").value(total.games);
    out.key("reconnects").value(total.reconnects).key("resumed").value(total.resumed);
    out.key("answers").value(total.http_answers).key("bytes").value(total.bytes);
    out.key("latency_us").object();
    for (auto const& [name, part] :
        {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}})
        out.key(name).value(static_cast<double>(total.latency.percentile(part).count()) / 1e3);
    out.key("max").value(static_cast<double>(total.latency.max().count()) / 1e3).end_object();
    for (auto const& [name, counts] :
        {std::pair{"counts", &total.counts}, {"errors", &total.errors}}) {
        out.key(name).object();
        for (auto const& [what, times] : *counts)
            out.key(what).value(times);
        out.end_object();
    }
    if (verdict) {
        out.key("checked").object().key("acked").value(verdict->acks());
        for (std::size_t i = 0; i < fault_names.size(); i++)
            out.key(fault_names[i]).value(verdict->count(static_cast<Fault>(i)));
        out.end_object();
    }
    out.end_object();
    return text;
}

Progress::Progress() : is_terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::show(std::string const& line)
{
    std::fprintf(stderr, is_terminal_ ? "\r\033[K%s" : "%s\n", line.c_str());
    std::fflush(stderr);
    has_shown_ = true;
}

void Progress::end()
{
    if (is_terminal_ && has_shown_)
        std::fputc('\n', stderr);
    has_shown_ = false;
}

bool write_json(std::string const& file, std::string const& text)
{
    if (file.empty())
        return true;
    auto* const out = std::fopen(file.c_str(), "w");
    bool const is_written = out && std::fprintf(out, "%s\n", text.c_str()) > 0;
    bool const is_closed = out && std::fclose(out) == 0;
    if (!is_written || !is_closed)
        std::fprintf(stderr, "gatehouse-load: %s: %s\n", file.c_str(), std::strerror(errno));
    return is_written && is_closed;
}

}  // namespace gatehouse::load
