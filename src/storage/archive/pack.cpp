// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/pack.hpp"

#include "base/fields.hpp"
#include "base/text.hpp"
#include "events/append_check.hpp"
#include "events/chain.hpp"
#include "storage/archive/lines.hpp"
#include "storage/archive/objects.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace gatehouse::storage::archive {

using events::Event;

namespace {

constexpr WallTime latest{253'402'300'799'999}; // The last instant of the year 9999.

struct HeaderLine {
    std::uint64_t format = 0;
    std::string room;
    std::string game;
    std::uint64_t rules = 0;
    std::int64_t finished = 0;
    std::uint64_t events = 0;

    static void fields(auto& self, auto&& field)
    {
        field("format", self.format);
        field("room", self.room);
        field("game", self.game);
        field("rules", self.rules);
        field("finished", self.finished);
        field("events", self.events);
    }
};

std::unexpected<Error> damaged(std::string detail)
{
    return fail(ErrorCode::internal, "A pack of the archive is damaged.", std::move(detail));
}

// Takes the lines of a pack one by one.
class Reader {
public:
    explicit Reader(OnEvent const& visit)
        : visit_(visit)
    { }

    Result<void> take(std::string_view line)
    {
        number_++;
        if (is_sealed_)
            return damaged("something follows its seal");
        if (!header_)
            GH_CHECK(take_header(line));
        else if (end_->version() < header_->events)
            GH_CHECK(take_event(line));
        else
            return take_seal(line);
        seal_.add(line);
        return {};
    }

    Result<Pack> end()
    {
        if (!is_sealed_)
            return damaged("its end is missing, after line " + std::to_string(number_));
        return Pack{std::move(*header_), std::move(sha256_), end_->link()};
    }

private:
    std::unexpected<Error> wrong(std::string const& what) const
    {
        return damaged("line " + std::to_string(number_) + ": " + what);
    }

    Result<void> take_header(std::string_view line)
    {
        auto const node = parser_.parse(line);
        if (!node)
            return wrong(node.error().message);
        auto const member = node->find("format");
        auto const format = member ? member->unsigned_integer() : std::nullopt;
        if (format && *format > pack_format)
            return fail(ErrorCode::unsupported, "A newer gatehouse wrote this pack.",
                "it has format " + std::to_string(*format) + "; this version reads up to "
                    + std::to_string(pack_format));
        HeaderLine read;
        if (auto const done = read_json(*node, read); !done)
            return wrong(done.error().message);
        PackHeader header{std::move(read.room), std::move(read.game), read.rules, {read.finished},
            read.events};
        bool const has_names = !header.room.empty() && !header.game.empty()
            && header.room.size() <= events::stream_size_max
            && header.game.size() <= events::word_size_max;
        if (read.format != pack_format || header.events == 0 || !has_names
            || header.finished < WallTime{} || header.finished > latest)
            return wrong("it says nothing that a pack could begin with");
        end_.emplace(header.room, 0, events::chain_start(header.room));
        header_ = std::move(header);
        return {};
    }

    Result<void> take_event(std::string_view line)
    {
        auto event = read_line(parser_, line);
        if (!event)
            return wrong(event.error().message);
        if (auto const what = end_->follow(*event))
            return wrong(*what);
        return visit_(std::move(*event));
    }

    Result<void> take_seal(std::string_view line)
    {
        auto sha256 = seal_.check(parser_, line, end_->link());
        if (!sha256)
            return wrong(sha256.error().message);
        sha256_ = *std::move(sha256);
        is_sealed_ = true;
        return {};
    }

    OnEvent const& visit_;
    json::Parser parser_;
    SealReader seal_;
    std::optional<PackHeader> header_;
    std::optional<ChainEnd> end_;
    std::string sha256_;
    std::size_t number_ = 0;
    bool is_sealed_ = false;
};

} // namespace

PackWriter::PackWriter(PackHeader header)
    : header_(std::move(header))
    , end_(header_.room, 0, events::chain_start(header_.room))
    , lines_(header_.room)
{
    json::Writer out(line_);
    write_json(out,
        HeaderLine{pack_format, header_.room, header_.game, header_.rules, header_.finished.ms,
            header_.events});
    (void)lines_.add(line_); // The first is never too much.
}

Result<void> PackWriter::add(Event const& event)
{
    if (end_.version() == header_.events)
        return broken("version " + std::to_string(event.version) + " is one too many");
    if (auto const what = end_.follow(event))
        return broken(*what);
    append_line(line_, event);
    return lines_.add(line_);
}

std::unexpected<Error> PackWriter::broken(std::string const& what) const
{
    return fail(ErrorCode::bad_request, "The room's history is not whole.",
        header_.room + ": " + what);
}

Result<std::string> PackWriter::finish()
{
    if (end_.version() != header_.events)
        return broken("version " + std::to_string(end_.version() + 1) + " is missing");
    return lines_.finish(end_.link());
}

Result<Pack> read_pack(std::string_view bytes, OnEvent const& visit)
{
    Reader reader(visit);
    GH_CHECK(each_line(
        bytes, pack_lines_max, [&reader](std::string_view line) { return reader.take(line); }));
    return reader.end();
}

std::string pack_name(PackHeader const& header)
{
    auto const day = rfc3339(header.finished.ms); // "2026-11-21T…"
    return "packs/" + header.game + "/" + day.substr(0, 4) + "/" + day.substr(5, 2) + "/"
        + day.substr(8, 2) + "/" + header.room + ".jsonl.zst";
}

} // namespace gatehouse::storage::archive
