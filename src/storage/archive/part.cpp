// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/part.hpp"

#include "base/base64.hpp"
#include "base/bytes.hpp"
#include "base/fields.hpp"
#include "events/append_check.hpp"
#include "storage/archive/lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace gatehouse::storage::archive {

using events::Event;
using events::Version;

namespace {

constexpr std::string_view folder = "parts/";
constexpr std::string_view ending = ".jsonl.zst";
// Digits of a version, so that names are in the order of versions.
constexpr std::size_t number_size = 10;
constexpr Version version_max = 9'999'999'999;
constexpr std::size_t state_line_max = 1 << 20;

struct HeaderLine {
    std::uint64_t part = 0;
    std::string room;
    std::string game;
    Version first = 0;
    Version last = 0;
    std::string before;

    static void fields(auto& self, auto&& field)
    {
        field("part", self.part);
        field("room", self.room);
        field("game", self.game);
        field("first", self.first);
        field("last", self.last);
        field("before", self.before);
    }
};

struct SnapshotLine {
    std::uint64_t snapshot = 0;
    std::string hash;

    static void fields(auto& self, auto&& field)
    {
        field("snapshot", self.snapshot);
        field("hash", self.hash);
    }
};

struct StateLine {
    std::string state;

    static void fields(auto& self, auto&& field) { field("state", self.state); }
};

std::optional<Version> version_of(std::string_view digits)
{
    Version version = 0;
    auto const [end, failed]
        = std::from_chars(digits.data(), digits.data() + digits.size(), version);
    if (failed != std::errc() || end != digits.data() + digits.size())
        return std::nullopt;
    return version;
}

std::unexpected<Error> damaged(std::string detail)
{
    return fail(ErrorCode::internal, "A part of the archive is damaged.", std::move(detail));
}

// Takes the lines of a part one by one.
class Reader {
public:
    Result<void> take(std::string_view line)
    {
        number_++;
        if (is_sealed_)
            return damaged("something follows its seal");
        if (auto const taken = take_next(line); !taken) {
            auto const& error = taken.error();
            return error.code == ErrorCode::unsupported
                ? taken
                : damaged(fmt::format("line {}: {}", number_, error.message));
        }
        if (!is_sealed_)
            seal_.add(line);
        return {};
    }

    Result<Part> end()
    {
        if (!is_sealed_)
            return damaged(fmt::format("its end is missing, after line {}", number_));
        return std::move(part_);
    }

private:
    Result<void> take_next(std::string_view line)
    {
        if (!end_)
            return take_header(line);
        if (end_->version() < part_.name.last)
            return take_event(line);
        if (!state_left_)
            return take_snapshot(line);
        if (*state_left_ > 0)
            return take_state(line);
        GH_CHECK(seal_.check(parser_, line, end_->link()));
        is_sealed_ = true;
        return {};
    }

    Result<void> take_header(std::string_view line)
    {
        auto const node = GH_TRY(parser_.parse(line));
        auto const member = node.find("part");
        auto const format = member ? member->unsigned_integer() : std::nullopt;
        if (format && *format > part_format)
            return fail(ErrorCode::unsupported, "A newer gatehouse wrote this part.",
                fmt::format("it has format {}; this version reads up to {}", *format, part_format));
        HeaderLine read;
        GH_CHECK(read_json(node, read));
        auto const before = link_of(read.before);
        bool const has_names = !read.room.empty() && !read.game.empty()
            && read.room.size() <= events::stream_size_max
            && read.game.size() <= events::word_size_max;
        if (read.part != part_format || !has_names || !before || read.first == 0
            || read.last < read.first || read.last > version_max)
            return fail(ErrorCode::bad_request, "it says nothing that a part could begin with");
        part_ = {.name = {read.room, read.first, read.last}, .game = std::move(read.game),
            .before = *before};
        end_.emplace(std::move(read.room), read.first - 1, *before);
        return {};
    }

    Result<void> take_event(std::string_view line)
    {
        auto event = GH_TRY(read_line(parser_, line));
        if (auto const what = end_->follow(event))
            return fail(ErrorCode::bad_request, *what);
        part_.events.push_back(std::move(event));
        return {};
    }

    Result<void> take_snapshot(std::string_view line)
    {
        SnapshotLine read;
        GH_CHECK(read_json(GH_TRY(parser_.parse(line)), read));
        if (read.snapshot > events::snapshot_size_max)
            return fail(ErrorCode::bad_request, "its snapshot is too large");
        part_.snapshot = {.version = end_->version(), .link = end_->link(), .state = {},
            .hash = from_hex(read.hash)};
        state_left_ = read.snapshot;
        return {};
    }

    Result<void> take_state(std::string_view line)
    {
        StateLine read;
        GH_CHECK(read_json(GH_TRY(parser_.parse(line)), read));
        auto const bytes = from_base64(read.state);
        if (!bytes || bytes->size() != std::min<std::size_t>(*state_left_, state_line_max))
            return fail(ErrorCode::bad_request, "its state is not as long as it says");
        part_.snapshot.state += *bytes;
        *state_left_ -= bytes->size();
        return {};
    }

    json::Parser parser_;
    SealReader seal_;
    Part part_;
    std::optional<ChainEnd> end_;
    std::optional<std::size_t> state_left_;
    std::size_t number_ = 0;
    bool is_sealed_ = false;
};

} // namespace

std::string PartName::text() const
{
    return fmt::format("{}{}/{:0{}}-{:0{}}{}", folder, room, first, number_size, last, number_size,
        ending);
}

std::optional<PartName> PartName::parse(std::string_view name)
{
    constexpr auto tail = 1 + number_size + 1 + number_size + ending.size();
    if (!name.starts_with(folder) || name.size() < folder.size() + 1 + tail)
        return std::nullopt;
    auto const room = name.substr(folder.size(), name.size() - folder.size() - tail);
    auto const numbers = name.substr(folder.size() + room.size() + 1);
    auto const first = version_of(numbers.substr(0, number_size));
    auto const last = version_of(numbers.substr(number_size + 1, number_size));
    if (!first || !last)
        return std::nullopt;
    PartName parsed{std::string(room), *first, *last};
    return parsed.text() == name ? std::optional(std::move(parsed)) : std::nullopt;
}

Result<std::string> write_part(Part const& part)
{
    auto const broken = [&](std::string_view what) {
        return fail(ErrorCode::bad_request, "The room's history is not whole.",
            fmt::format("{}: {}", part.name.room, what));
    };
    ChainEnd end(part.name.room, part.name.first - 1, part.before);
    SealedWriter lines(part.name.room);
    std::string line;
    auto const add = [&](auto const& described) {
        json::Writer out(line);
        write_json(out, described);
        return lines.add(line);
    };
    GH_CHECK(add(HeaderLine{part_format, part.name.room, part.game, part.name.first,
        part.name.last, hex_of(part.before)}));
    for (auto const& event : part.events) {
        if (auto const what = end.follow(event))
            return broken(*what);
        append_line(line, event);
        GH_CHECK(lines.add(line));
    }
    auto const& [version, link, state, hash] = part.snapshot;
    if (end.version() != part.name.last || version != end.version() || link != end.link())
        return broken("it does not lead to its snapshot");
    GH_CHECK(add(SnapshotLine{state.size(), to_hex(hash)}));
    for (std::size_t at = 0; at < state.size(); at += state_line_max)
        GH_CHECK(add(StateLine{to_base64(std::string_view(state).substr(at, state_line_max))}));
    return lines.finish(end.link());
}

Result<Part> read_part(std::string_view bytes)
{
    Reader reader;
    GH_CHECK(each_line(
        bytes, pack_lines_max, [&reader](std::string_view line) { return reader.take(line); }));
    return reader.end();
}

} // namespace gatehouse::storage::archive
