// SPDX-License-Identifier: Apache-2.0
#include "storage/backup/key_catalogue.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/fields.hpp"
#include "storage/backup/names.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace gatehouse::storage::backup {

namespace {

constexpr std::string_view root = "keys/";
constexpr std::string_view part_ending = ".jsonl.zst";
constexpr std::string_view marker = "complete.json";
constexpr std::size_t digits = number_digits;

struct MarkerText {
    std::uint64_t format = 0;
    std::string ring;
    std::uint64_t generation = 0;
    std::uint64_t forgotten = 0;
    std::uint64_t last = 0;
    std::int64_t at = 0;

    static void fields(auto& self, auto&& field)
    {
        field("format", self.format);
        field("ring", self.ring);
        field("generation", self.generation);
        field("forgotten", self.forgotten);
        field("last", self.last);
        field("at", self.at);
    }
};

std::unexpected<Error> damaged(std::string why)
{
    return fail(ErrorCode::internal, "The backup is damaged.", std::move(why));
}

std::string folder_of(std::string_view ring)
{
    return fmt::format("{}{}/", root, ring);
}

std::string folder_of(std::string_view ring, std::uint64_t generation)
{
    return fmt::format("{}{:0{}}/", folder_of(ring), generation, digits);
}

// Of a name below the ring's folder.
std::optional<std::uint64_t> generation_in(std::string_view ring, std::string_view name)
{
    return number_in(name.substr(std::min(folder_of(ring).size(), name.size())).substr(0, digits));
}

// "000000000000-000000000120-5feceb66ffc86f38.jsonl.zst"; numbers may outgrow their digits.
std::optional<KeyPartName> part_in(std::string_view leaf)
{
    if (!leaf.ends_with(part_ending))
        return std::nullopt;
    leaf.remove_suffix(part_ending.size());
    auto const first = leaf.find('-');
    auto const second = leaf.find('-', first == leaf.npos ? first : first + 1);
    if (second == leaf.npos || leaf.size() - second - 1 != digest_digits)
        return std::nullopt;
    auto const after = number_in(leaf.substr(0, first));
    auto const last = number_in(leaf.substr(first + 1, second - first - 1));
    if (!after || !last)
        return std::nullopt;
    return KeyPartName{*after, *last, std::string(leaf.substr(second + 1))};
}

std::string object_of(std::string_view ring, std::uint64_t generation, KeyPartName const& name)
{
    return fmt::format("{}{:0{}}-{:0{}}-{}{}", folder_of(ring, generation), name.after, digits,
        name.last, digits, name.digest, part_ending);
}

} // namespace

Result<std::vector<std::string>> KeyCatalogue::rings()
{
    std::vector<std::string> rings;
    std::string after;
    while (true) {
        auto const next = GH_TRY(objects_.list(root, after, 1));
        if (next.empty())
            return rings;
        auto const rest = std::string_view(next[0].name).substr(root.size());
        rings.emplace_back(rest.substr(0, rest.find('/')));
        after = behind(folder_of(rings.back()));
    }
}

Result<std::optional<Generation>> KeyCatalogue::newest(std::string_view ring)
{
    auto all = GH_TRY(names_in(objects_, folder_of(ring)));
    std::ranges::reverse(all);
    for (auto const& name : all) {
        auto const number = generation_in(ring, name);
        if (!number || name != folder_of(ring, *number) + std::string(marker))
            continue;
        auto const bytes = GH_TRY(objects_.get(name));
        json::Parser parser;
        MarkerText text;
        auto const node = parser.parse(bytes);
        if (!node || !read_json(*node, text))
            return damaged(name + " is not what was written");
        if (text.format != generation_format)
            return fail(ErrorCode::unsupported, "A newer gatehouse wrote this backup.", name);
        if (text.ring != ring || text.generation != *number)
            return damaged(name + " is not where it was written");
        return Generation{std::move(text.ring), text.generation, text.forgotten, text.last,
            {text.at}};
    }
    return std::nullopt;
}

Result<Holdings> KeyCatalogue::holdings(
    std::string_view ring, std::uint64_t generation, std::uint64_t after)
{
    Holdings found;
    auto const folder = folder_of(ring, generation);
    auto const place = fmt::format("{}{:0{}}", folder, after, digits);
    for (auto const& name : GH_TRY(names_in(objects_, folder_of(ring), place))) {
        auto const number = generation_in(ring, name).value_or(0);
        found.last_number = std::max(found.last_number, number);
        if (number != 0 && name == folder_of(ring, number) + std::string(marker))
            found.newest_marked = std::max(found.newest_marked, number);
        if (name.starts_with(folder))
            if (auto part = part_in(std::string_view(name).substr(folder.size())))
                found.parts.push_back(*std::move(part));
    }
    std::ranges::stable_sort(found.parts, {}, &KeyPartName::after);
    return found;
}

Result<std::vector<KeyPartName>> KeyCatalogue::parts(Generation const& generation)
{
    return GH_TRY(holdings(generation.ring, generation.number, 0)).parts;
}

Result<std::optional<KeyPart>> KeyCatalogue::part(Generation const& generation,
    KeyPartName const& name, std::string const& object, OnDamage const& damage)
{
    auto const bytes = objects_.get(object);
    if (!bytes && bytes.error().code != ErrorCode::not_found)
        return std::unexpected(bytes.error());
    auto read = read_key_part(bytes.value_or(""));
    KeyPartHeader const expected{generation.ring, generation.number, name.after, name.last};
    if (!read && read.error().code == ErrorCode::unsupported)
        return std::unexpected(read.error());
    if (!bytes)
        damage(object + " is missing");
    else if (!to_hex(sha256(*bytes)).starts_with(name.digest) || (read && read->header != expected))
        damage(object + ": its bytes are not those that were written");
    else if (!read)
        damage(object + ": " + read.error().detail);
    else
        return *std::move(read);
    return std::nullopt;
}

Result<KeyPart> KeyCatalogue::read(Generation const& generation, KeyPartName const& name)
{
    std::string found;
    auto const object = object_of(generation.ring, generation.number, name);
    auto read = GH_TRY(part(
        generation, name, object, [&](std::string what) { found = std::move(what); }));
    if (!read)
        return damaged(std::move(found));
    return *std::move(read);
}

Result<void> KeyCatalogue::read(
    Generation const& generation, OnKeys const& visit, OnDamage const& damage)
{
    std::uint64_t reached = 0;
    auto const expect = [&](std::uint64_t after) {
        if (reached < after)
            damage(fmt::format("{}: the keys {} to {} are missing",
                folder_of(generation.ring, generation.number), reached + 1, after));
    };
    for (auto const& name : GH_TRY(parts(generation))) {
        expect(name.after);
        auto const object = object_of(generation.ring, generation.number, name);
        if (auto const read = GH_TRY(part(generation, name, object, damage)))
            GH_CHECK(visit(read->keys));
        reached = std::max(reached, name.last);
    }
    expect(generation.last);
    return {};
}

KeyCatalogue::Packed KeyCatalogue::pack(
    KeyPartHeader const& header, std::span<events::Membership const> keys)
{
    auto bytes = write_key_part(header, keys);
    auto digest = to_hex(sha256(bytes)).substr(0, digest_digits);
    return {{header.after, header.last, std::move(digest)}, std::move(bytes)};
}

Result<void> KeyCatalogue::put(KeyPartHeader const& header, Packed const& part)
{
    return objects_.put(object_of(header.ring, header.generation, part.name), part.bytes);
}

Result<void> KeyCatalogue::mark(Generation const& generation)
{
    std::string text;
    json::Writer writer(text);
    write_json(writer,
        MarkerText{generation_format, generation.ring, generation.number, generation.forgotten,
            generation.last, generation.at.ms});
    return objects_.put(
        folder_of(generation.ring, generation.number) + std::string(marker), text);
}

Result<std::size_t> KeyCatalogue::remove_others(
    Generation const& generation, std::uint64_t spared, Between const& between)
{
    std::size_t removed = 0;
    for (auto const& name : GH_TRY(names_in(objects_, folder_of(generation.ring))))
        if (auto const number = generation_in(generation.ring, name).value_or(0);
            number != generation.number && (number != spared || spared == 0)) {
            GH_CHECK(objects_.remove(name));
            GH_CHECK(between());
            removed++;
        }
    return removed;
}

Result<std::size_t> KeyCatalogue::prune(
    std::string_view ring, WallTime horizon, Unmarked& unmarked, Between const& between)
{
    std::size_t removed = 0;
    auto const seen = std::exchange(unmarked, {});
    for (auto const& other : GH_TRY(rings())) {
        if (other == ring)
            continue;
        auto const last = newest(other);
        if (!last && last.error().code == ErrorCode::internal)
            continue; // A damaged one is for somebody to look at.
        auto const marked = GH_TRY(last);
        auto const all = GH_TRY(names_in(objects_, folder_of(other)));
        if (!marked)
            unmarked[other] = all.size();
        auto const before = seen.find(other);
        bool const is_over = marked ? marked->at < horizon
                                    : before != seen.end() && before->second == all.size();
        for (auto const& name : is_over ? all : std::vector<std::string>()) {
            GH_CHECK(objects_.remove(name));
            GH_CHECK(between());
            removed++;
        }
    }
    return removed;
}

} // namespace gatehouse::storage::backup
