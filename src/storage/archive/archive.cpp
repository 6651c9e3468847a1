// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/archive.hpp"

#include "base/fields.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::storage::archive {

using events::Version;

namespace {

constexpr std::size_t page_max = 1000;
constexpr std::string_view ending = ".jsonl.zst";
constexpr std::string_view deleting = "deleting/";

struct EntryLine {
    std::string room;
    std::string game;
    std::int64_t at = 0;
    std::uint64_t size = 0;
    std::uint64_t events = 0;
    std::string sha256;

    static void fields(auto& self, auto&& field)
    {
        field("room", self.room);
        field("game", self.game);
        field("at", self.at);
        field("size", self.size);
        field("events", self.events);
        field("sha256", self.sha256);
    }
};

struct HoldLine {
    std::string room;
    std::string reason;
    std::int64_t at = 0;

    static void fields(auto& self, auto&& field)
    {
        field("room", self.room);
        field("reason", self.reason);
        field("at", self.at);
    }
};

struct DeletionLine {
    std::string pack;
    bool keys = false;

    static void fields(auto& self, auto&& field)
    {
        field("pack", self.pack);
        field("keys", self.keys);
    }
};

struct RestoredLine {
    std::int64_t at = 0;

    static void fields(auto& self, auto&& field) { field("at", self.at); }
};

template <typename Line>
std::string json_of(Line const& line)
{
    std::string text;
    json::Writer writer(text);
    write_json(writer, line);
    return text;
}

template <typename Line>
Result<Line> read_line_of(std::string_view text)
{
    json::Parser parser;
    Line line;
    GH_CHECK(read_json(GH_TRY(parser.parse(text)), line));
    return line;
}

std::string index_name(std::string_view game, std::string_view day)
{
    return "index/" + std::string(game) + "/" + std::string(day) + ".jsonl";
}

// "packs/liap-tui/2026/11/21/"
std::string folder_of(std::string_view game, std::string_view day)
{
    auto name = PackName{std::string(game), std::string(day), ""}.text();
    name.resize(name.size() - ending.size());
    return name;
}

std::string deletion_of(std::string_view room)
{
    return std::string(deleting) + std::string(room);
}

std::string text_of(std::vector<Entry> const& entries)
{
    std::string text;
    for (auto const& [room, game, at, size, events, sha256] : entries)
        text += json_of(EntryLine{room, game, at.ms, size, events, sha256}) + "\n";
    return text;
}

} // namespace

std::string PackName::text() const
{
    auto path = day;
    std::ranges::replace(path, '-', '/');
    return "packs/" + game + "/" + path + "/" + room + std::string(ending);
}

std::optional<PackName> PackName::parse(std::string_view name)
{
    constexpr std::size_t day_size = 10;
    if (!name.starts_with("packs/") || !name.ends_with(ending))
        return std::nullopt;
    auto const inside = name.substr(6, name.size() - 6 - ending.size());
    auto const slash = inside.find('/');
    if (slash == inside.npos || inside.size() < slash + day_size + 3)
        return std::nullopt;
    PackName parsed{std::string(inside.substr(0, slash)),
        std::string(inside.substr(slash + 1, day_size)),
        std::string(inside.substr(slash + day_size + 2))};
    std::ranges::replace(parsed.day, '/', '-');
    return parsed.text() == name ? std::optional(std::move(parsed)) : std::nullopt;
}

Result<void> Archive::each_pack(std::string_view game, OnPack const& visit)
{
    auto const prefix = game.empty() ? "packs/" : "packs/" + std::string(game) + "/";
    return each_object(prefix, [&visit](ObjectInfo const& object) -> Result<void> {
        auto const name = PackName::parse(object.name);
        return name ? visit(*name, object.size) : Result<void>{};
    });
}

Result<void> Archive::each_object(
    std::string const& prefix, std::function<Result<void>(ObjectInfo const&)> const& visit)
{
    std::string last;
    while (true) {
        auto const page = GH_TRY(objects_.list(prefix, last, page_max));
        for (auto const& object : page)
            GH_CHECK(visit(object));
        if (page.size() < page_max)
            return {};
        last = page.back().name;
    }
}

Result<void> Archive::each_day(std::string_view game, OnDay const& visit)
{
    constexpr auto beyond = "~"; // No name has it, and it comes after all that names have.
    auto const prefix = game.empty() ? "packs/" : "packs/" + std::string(game) + "/";
    for (std::string last;;) {
        auto const page = GH_TRY(objects_.list(prefix, last, 1));
        if (page.empty())
            return {};
        last = page.front().name;
        auto const name = PackName::parse(last);
        if (!name)
            continue;
        auto const next = GH_TRY(visit(*name));
        last = next == Next::day ? folder_of(name->game, name->day) + beyond
                                 : "packs/" + name->game + "/" + beyond;
    }
}

Result<std::vector<PackName>> Archive::find(std::string_view room)
{
    std::vector<PackName> found;
    auto const at = std::min(room.find('@'), room.size());
    auto const day = room.substr(std::min(at + 1, room.size()));
    room = room.substr(0, at);
    GH_CHECK(each_pack("", [&](PackName const& name, std::uint64_t) {
        bool const is_code
            = !room.contains('.') && name.room.substr(0, name.room.find('.')) == room;
        if ((name.room == room || is_code) && (day.empty() || name.day == day))
            found.push_back(name);
        return Result<void>{};
    }));
    return found;
}

Result<Pack> Archive::read(PackName const& name, OnEvent const& visit)
{
    auto const text = name.text();
    auto const bytes = GH_TRY(objects_.get(text));
    auto pack = read_pack(bytes, visit);
    if (!pack)
        return fail(pack.error().code, pack.error().message, text + ": " + pack.error().detail);
    if (pack_name(pack->header) != text)
        return fail(ErrorCode::internal, "A pack of the archive is in the wrong place.",
            text + " belongs at " + pack_name(pack->header));
    return pack;
}

// ---- The index

Result<std::vector<Entry>> Archive::day(std::string_view game, std::string_view day)
{
    return look(game, day, GH_TRY(read_index(index_name(game, day))));
}

Result<std::vector<Entry>> Archive::index_day(
    std::string_view game, std::string_view day, std::vector<Entry> const& known)
{
    auto const name = index_name(game, day);
    auto entries = GH_TRY(read_index(name));
    std::vector<Entry> before;
    for (auto const& [room, entry] : entries)
        before.push_back(entry);
    for (auto const& entry : known)
        entries.insert_or_assign(entry.room, entry);
    auto now = GH_TRY(look(game, day, std::move(entries)));
    if (now.empty())
        GH_CHECK(objects_.remove(name));
    else if (now != before)
        GH_CHECK(objects_.put(name, text_of(now)));
    return now;
}

// A line that cannot be read is as good as none: the pack tells it again.
Result<Archive::Entries> Archive::read_index(std::string const& name)
{
    Entries entries;
    auto const text = objects_.get(name);
    if (!text && text.error().code != ErrorCode::not_found)
        return std::unexpected(text.error());
    for (std::string_view rest = text ? *text : std::string_view(); !rest.empty();) {
        auto const end = std::min(rest.find('\n'), rest.size());
        if (auto line = read_line_of<EntryLine>(rest.substr(0, end)))
            entries.insert_or_assign(line->room,
                Entry{line->room, line->game, {line->at}, line->size, line->events, line->sha256});
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return entries;
}

Result<std::vector<Entry>> Archive::look(
    std::string_view game, std::string_view day, Entries known)
{
    std::vector<Entry> entries;
    GH_CHECK(each_object(folder_of(game, day), [&](ObjectInfo const& object) -> Result<void> {
        auto const name = PackName::parse(object.name);
        if (!name)
            return {};
        auto const found = known.find(name->room);
        if (found != known.end() && found->second.size == object.size)
            entries.push_back(std::move(found->second));
        else
            entries.push_back(GH_TRY(read_entry(*name, object.size)));
        return {};
    }));
    return entries;
}

Result<Entry> Archive::read_entry(PackName const& name, std::uint64_t size)
{
    Entry entry{.room = name.room, .game = name.game, .size = size};
    auto const pack = read(name, [](events::Event) { return Result<void>{}; });
    if (pack) {
        entry.at = pack->header.finished;
        entry.events = pack->header.events;
        entry.sha256 = pack->sha256;
    } else if (pack.error().code != ErrorCode::internal
        && pack.error().code != ErrorCode::unsupported) {
        return std::unexpected(pack.error());
    }
    return entry;
}

// ---- Parts

Result<void> Archive::each_part(std::string_view room, OnPart const& visit)
{
    auto prefix = "parts/" + std::string(room);
    if (!room.empty())
        prefix += room.contains('.') ? '/' : '.';
    return each_object(prefix, [&visit](ObjectInfo const& object) -> Result<void> {
        auto const name = PartName::parse(object.name);
        return name ? visit(*name, object.size) : Result<void>{};
    });
}

Result<std::vector<PartName>> Archive::parts(std::string_view room)
{
    std::vector<PartName> parts;
    GH_CHECK(each_part(room, [&parts](PartName const& name, std::uint64_t) {
        parts.push_back(name);
        return Result<void>{};
    }));
    return parts;
}

Result<Part> Archive::read(PartName const& name)
{
    auto const text = name.text();
    auto part = read_part(GH_TRY(objects_.get(text)));
    if (!part)
        return fail(part.error().code, part.error().message, text + ": " + part.error().detail);
    if (part->name != name)
        return fail(ErrorCode::internal, "A part of the archive is in the wrong place.",
            text + " belongs at " + part->name.text());
    return part;
}

// ---- Holds, and what was restored

// First the hold, then the look, while whoever deletes first says so and then looks for holds: one
// of both sees the other.
Result<void> Archive::hold(PackName const& name, std::string_view reason, WallTime at)
{
    GH_CHECK(hold(name.room, reason, at));
    auto const mark = deletion_of(name.room);
    if (GH_TRY(has(mark)))
        return fail(ErrorCode::busy, "The room may be going at this moment.", mark);
    if (GH_TRY(has(name.text())))
        return {};
    GH_CHECK(release(name.room));
    return fail(ErrorCode::not_found, "The archive has no such room.", name.text());
}

Result<void> Archive::hold(std::string_view room, std::string_view reason, WallTime at)
{
    return objects_.put("holds/" + std::string(room),
        json_of(HoldLine{std::string(room), std::string(reason), at.ms}));
}

Result<void> Archive::release(std::string_view room)
{
    return objects_.remove("holds/" + std::string(room));
}

Result<bool> Archive::is_held(std::string_view room)
{
    auto const found = objects_.get("holds/" + std::string(room));
    if (!found && found.error().code != ErrorCode::not_found)
        return std::unexpected(found.error());
    return found.has_value();
}

Result<bool> Archive::begin_deletion(Deletion const& deletion)
{
    auto const& room = deletion.room;
    GH_CHECK(objects_.put(
        deletion_of(room), json_of(DeletionLine{deletion.pack, deletion.with_keys})));
    if (!GH_TRY(is_held(room)))
        return true;
    GH_CHECK(end_deletion(room));
    return false;
}

Result<void> Archive::end_deletion(std::string_view room)
{
    return objects_.remove(deletion_of(room));
}

Result<std::vector<Deletion>> Archive::deletions()
{
    std::vector<Deletion> all;
    for (auto const& room : GH_TRY(names_in(deleting))) {
        auto const line = read_line_of<DeletionLine>(GH_TRY(objects_.get(deletion_of(room))));
        all.push_back(line ? Deletion{room, line->pack, line->keys} : Deletion{room});
    }
    return all;
}

Result<bool> Archive::has(std::string_view name)
{
    auto const found = GH_TRY(objects_.list(name, "", 1));
    return !found.empty() && found.front().name == name;
}

Result<std::map<std::string, Hold, std::less<>>> Archive::holds()
{
    std::map<std::string, Hold, std::less<>> all;
    for (auto const& room : GH_TRY(names_in("holds/"))) {
        auto const text = objects_.get("holds/" + room);
        if (!text && text.error().code == ErrorCode::not_found)
            continue; // Released meanwhile.
        auto const line = read_line_of<HoldLine>(GH_TRY(text));
        all[room] = {room, line ? line->reason : "(its reason cannot be read)",
            {line ? line->at : 0}};
    }
    return all;
}

Result<void> Archive::note_restored(std::string_view room, WallTime at)
{
    return objects_.put("restored/" + std::string(room), json_of(RestoredLine{at.ms}));
}

Result<void> Archive::forget_restored(std::string_view room)
{
    return objects_.remove("restored/" + std::string(room));
}

Result<std::map<std::string, WallTime, std::less<>>> Archive::restored()
{
    std::map<std::string, WallTime, std::less<>> all;
    for (auto const& room : GH_TRY(names_in("restored/"))) {
        auto const text = objects_.get("restored/" + room);
        if (!text && text.error().code == ErrorCode::not_found)
            continue;
        auto const line = read_line_of<RestoredLine>(GH_TRY(text));
        all[room] = {line ? line->at : 0};
    }
    return all;
}

Result<std::vector<std::string>> Archive::names_in(std::string_view folder)
{
    std::vector<std::string> names;
    GH_CHECK(each_object(std::string(folder), [&](ObjectInfo const& object) {
        names.push_back(object.name.substr(folder.size()));
        return Result<void>{};
    }));
    return names;
}

Version reach_of(std::vector<PartName> const& parts)
{
    Version reach = 0;
    for (auto const& part : parts)
        if (part.first == reach + 1)
            reach = part.last;
    return reach;
}

} // namespace gatehouse::storage::archive
