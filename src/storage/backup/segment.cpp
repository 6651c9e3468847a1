// SPDX-License-Identifier: Apache-2.0
#include "storage/backup/segment.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/fields.hpp"
#include "events/append_check.hpp"
#include "storage/archive/compressed_lines.hpp"
#include "storage/archive/lines.hpp"
#include "storage/backup/sealed_lines.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace gatehouse::storage::backup {

using events::PositionedEvent;

namespace {

struct HeaderLine {
    std::uint64_t format = 0;
    std::string chain;
    std::uint64_t number = 0;
    std::string before;
    std::uint64_t from = 0;
    std::uint64_t next = 0;
    std::uint64_t events = 0;
    std::int64_t first_at = 0;
    std::int64_t last_at = 0;

    static void fields(auto& self, auto&& field)
    {
        field("format", self.format);
        field("chain", self.chain);
        field("number", self.number);
        field("before", self.before);
        field("from", self.from);
        field("next", self.next);
        field("events", self.events);
        field("first_at", self.first_at);
        field("last_at", self.last_at);
    }
};

struct StretchLine {
    std::string stream;
    std::string category;
    std::uint16_t slot = 0;
    std::uint64_t position = 0;
    std::uint64_t events = 0;
    bool finished = false;
    std::optional<std::int64_t> deadline{};

    static void fields(auto& self, auto&& field)
    {
        field("stream", self.stream);
        field("category", self.category);
        field("slot", self.slot);
        field("position", self.position);
        field("events", self.events);
        field("finished", self.finished);
        field("deadline", self.deadline);
    }
};

// Does `event` go on where `last` ended?
bool are_neighbours(PositionedEvent const& last, PositionedEvent const& event)
{
    return event.stream == last.stream && event.state == last.state
        && event.event.at == last.event.at && event.event.version == last.event.version + 1
        && event.position == last.position + 1;
}

// The events at the front that make one stretch.
std::span<PositionedEvent const> first_stretch(std::span<PositionedEvent const> events)
{
    std::size_t size = 1;
    while (size < events.size() && are_neighbours(events[size - 1], events[size]))
        size++;
    return events.first(size);
}

// Takes a segment apart, line by line. Everything that a line says is checked before it is used.
class SegmentReader {
public:
    Result<void> take(std::string_view line)
    {
        GH_CHECK(lines_.expect_more());
        if (!has_header_)
            return take_header(line);
        if (missing_in_stretch_ > 0)
            return take_event(line);
        return events_ == segment_.header.events ? lines_.take_seal(line) : take_stretch(line);
    }

    Result<Segment> finish()
    {
        GH_CHECK(lines_.expect_end());
        return std::move(segment_);
    }

private:
    Result<void> take_header(std::string_view text)
    {
        auto line = GH_TRY(lines_.parse<HeaderLine>(text));
        if (line.format != segment_format)
            return fail(ErrorCode::unsupported, "A newer gatehouse wrote this backup.",
                "the segment has format " + std::to_string(line.format));
        if (line.number == 0 || line.next < line.from || line.events > line.next - line.from)
            return lines_.damaged("its header contradicts itself");
        segment_.header = {std::move(line.chain), line.number, std::move(line.before), line.from,
            line.next, line.events, {line.first_at}, {line.last_at}};
        has_header_ = true;
        lines_.add(text);
        return {};
    }

    Result<void> take_stretch(std::string_view text)
    {
        auto line = GH_TRY(lines_.parse<StretchLine>(text));
        if (line.events == 0 || line.events > segment_.header.events - events_
            || line.slot != slot_of(line.stream))
            return lines_.damaged("a stretch contradicts itself");
        auto& stretch = segment_.stretches.emplace_back(Stretch{line.slot, line.position, {}});
        stretch.append.stream = std::move(line.stream);
        stretch.append.category = std::move(line.category);
        stretch.append.state.finished = line.finished;
        if (line.deadline)
            stretch.append.state.deadline = WallTime{*line.deadline};
        missing_in_stretch_ = line.events;
        lines_.add(text);
        return {};
    }

    Result<void> take_event(std::string_view text)
    {
        auto event = archive::read_line(lines_.parser(), text);
        if (!event)
            return lines_.damaged(event.error().message);
        auto& append = segment_.stretches.back().append;
        auto const& header = segment_.header;
        if (append.events.empty())
            append.expected = event->version - 1;
        if (event->at < header.first_at || event->at > header.last_at)
            return lines_.damaged("an event is not of its time");
        append.events.push_back(*std::move(event));
        events_++;
        lines_.add(text);
        if (--missing_in_stretch_ == 0 && !events::check(append))
            return lines_.damaged("a stretch has versions with gaps");
        return {};
    }

    SealedLines lines_{"A segment of the backup is damaged."};
    Segment segment_{};
    std::uint64_t events_ = 0;
    std::uint64_t missing_in_stretch_ = 0;
    bool has_header_ = false;
};

} // namespace

std::string write_segment(SegmentHeader header, std::span<PositionedEvent const> events)
{
    header.events = events.size();
    if (!events.empty()) {
        auto const at = [](PositionedEvent const& each) { return each.event.at; };
        auto const [first, last] = std::ranges::minmax(events, {}, at);
        header.first_at = first.event.at;
        header.last_at = last.event.at;
    }
    archive::LineWriter lines;
    Sha256 hash;
    std::string text;
    auto const add = [&] {
        hash.add(text);
        lines.add(text);
        text.clear();
    };
    append_json(text,
        HeaderLine{segment_format, header.chain, header.number, header.before, header.from,
            header.next, header.events, header.first_at.ms, header.last_at.ms});
    while (!events.empty()) {
        auto const stretch = first_stretch(events);
        auto const& [slot, position, stream, category, state, event] = stretch.front();
        append_json(text,
            StretchLine{stream, category, slot, position, stretch.size(), state.finished,
                state.deadline ? std::optional(state.deadline->ms) : std::nullopt});
        for (auto const& each : stretch) {
            archive::append_line(text, each.event);
            text.push_back('\n');
        }
        add();
        events = events.subspan(stretch.size());
    }
    add();
    auto const seal = to_hex(hash.digest());
    append_json(text, SealLine{seal});
    lines.add(text);
    return lines.finish();
}

Result<Segment> read_segment(std::string_view bytes)
{
    SegmentReader reader;
    GH_CHECK(archive::each_line(
        bytes, segment_lines_max, [&reader](std::string_view line) { return reader.take(line); }));
    return reader.finish();
}

} // namespace gatehouse::storage::backup
