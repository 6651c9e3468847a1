// SPDX-License-Identifier: Apache-2.0
#include "storage/backup/catalogue.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "storage/backup/names.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::storage::backup {

namespace {

constexpr std::string_view root = "backup/";
constexpr std::string_view segment_ending = ".jsonl.zst";
constexpr std::string_view manifest_ending = "/manifest.json";
constexpr std::size_t digits = number_digits;

std::string folder_of(std::string_view chain, std::string_view kind)
{
    return fmt::format("{}{}/{}/", root, chain, kind);
}

// "000000000017-5feceb66ffc86f38.jsonl.zst"
std::optional<SegmentName> segment_in(std::string_view leaf)
{
    if (leaf.size() != digits + 1 + digest_digits + segment_ending.size()
        || !leaf.ends_with(segment_ending) || leaf[digits] != '-')
        return std::nullopt;
    auto const number = number_in(leaf.substr(0, digits));
    if (!number)
        return std::nullopt;
    return SegmentName{*number, std::string(leaf.substr(digits + 1, digest_digits))};
}

std::unexpected<Error> damaged(std::string why)
{
    return fail(ErrorCode::internal, "The backup is damaged.", std::move(why));
}

} // namespace

std::string chain_name(WallTime began, std::string_view chance)
{
    auto text = rfc3339(began.ms); // 2026-11-21T11:05:00.123Z
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text.substr(0, 15) + "Z-" + to_hex(chance.substr(0, 4));
}

std::optional<WallTime> began_at(std::string_view chain)
{
    // 20261121T110500Z-1f2e3d4c
    if (chain.size() != 25 || chain.substr(15, 2) != "Z-")
        return std::nullopt;
    auto const part = [chain](std::size_t at) { return chain.substr(at, 2); };
    auto const ms = from_rfc3339(fmt::format("{}{}-{}-{}{}{}:{}:{}Z", part(0), part(2), part(4),
        part(6), chain.substr(8, 1), part(9), part(11), part(13)));
    return ms ? std::optional(WallTime{*ms}) : std::nullopt;
}

WallTime begin_after(std::vector<std::string> const& chains, WallTime now)
{
    auto const newest = chains.empty() ? std::nullopt : began_at(chains.back());
    return newest ? std::max(now, *newest + Milliseconds(1000)) : now;
}

std::string segment_object(std::string_view chain, SegmentName const& name)
{
    return fmt::format("{}{:0{}}-{}{}", folder_of(chain, "segments"), name.number, digits,
        name.digest, segment_ending);
}

std::string base_folder(std::string_view chain, std::uint64_t number)
{
    return fmt::format("{}{:0{}}", folder_of(chain, "bases"), number, digits);
}

// From the first object of a chain right behind its last one: one look for each chain.
Result<std::vector<std::string>> Catalogue::chains()
{
    std::vector<std::string> chains;
    std::string after;
    while (true) {
        auto const next = GH_TRY(objects_.list(root, after, 1));
        if (next.empty())
            return chains;
        auto const rest = std::string_view(next[0].name).substr(root.size());
        auto const chain = rest.substr(0, rest.find('/'));
        if (began_at(chain))
            chains.emplace_back(chain);
        after = behind(fmt::format("{}{}/", root, chain));
    }
}

Result<std::vector<Manifest>> Catalogue::bases(std::string_view chain)
{
    std::vector<Manifest> bases;
    for (auto const& name : GH_TRY(names_in(objects_, folder_of(chain, "bases")))) {
        if (!name.ends_with(manifest_ending))
            continue;
        auto const bytes = objects_.get(name);
        if (!bytes && bytes.error().code == ErrorCode::not_found)
            continue; // It has gone since it was listed.
        GH_CHECK(bytes);
        auto manifest = read_manifest(*bytes);
        if (!manifest)
            return fail(manifest.error().code, manifest.error().message,
                name + ": " + manifest.error().detail);
        auto const place = base_folder(chain, manifest->number).append(manifest_ending);
        if (manifest->chain != chain || name != place)
            return damaged(name + " is not where it was written");
        bases.push_back(*std::move(manifest));
    }
    return bases;
}

Result<std::vector<SegmentName>> Catalogue::segments(std::string_view chain, std::uint64_t after)
{
    auto const folder = folder_of(chain, "segments");
    std::vector<SegmentName> segments;
    for (auto const& name :
        GH_TRY(names_in(objects_, folder, behind(fmt::format("{}{:0{}}", folder, after, digits)))))
        if (auto segment = segment_in(std::string_view(name).substr(folder.size())))
            segments.push_back(*std::move(segment));
    return segments;
}

Result<std::string> Catalogue::segment(std::string_view chain, SegmentName const& name)
{
    auto const object = segment_object(chain, name);
    auto bytes = GH_TRY(objects_.get(object));
    if (!to_hex(sha256(bytes)).starts_with(name.digest))
        return damaged(object + ": its bytes are not those that were written");
    return bytes;
}

Result<std::size_t> Catalogue::remove_all(
    std::string const& prefix, Between const& between)
{
    auto const all = GH_TRY(names_in(objects_, prefix));
    for (auto const& name : all) {
        GH_CHECK(objects_.remove(name));
        GH_CHECK(between());
    }
    return all.size();
}

// A chain ended, at the latest, when the next one began; unless the clock went back in between and
// its name was given by a server that did not look (`live`).
Result<std::size_t> Catalogue::prune(
    WallTime horizon, Between const& between, std::string_view live)
{
    auto const all = GH_TRY(chains());
    std::size_t removed = 0;
    for (std::size_t i = 0; i < all.size(); i++) {
        bool const is_over
            = i + 1 < all.size() && all[i] != live && *began_at(all[i + 1]) < horizon;
        removed += is_over ? GH_TRY(remove_all(fmt::format("{}{}/", root, all[i]), between))
                           : GH_TRY(prune_chain(all[i], horizon, between));
    }
    return removed;
}

Result<std::size_t> Catalogue::prune_chain(
    std::string const& chain, WallTime horizon, Between const& between)
{
    auto const all = GH_TRY(bases(chain));
    auto const is_young = [&](Manifest const& base) { return base.last_at >= horizon; };
    auto stays = std::ranges::find_if(all, is_young);
    if (stays != all.begin())
        --stays; // From here, moments right behind the horizon are reached.
    std::size_t removed = 0;
    for (auto base = all.begin(); base != stays; ++base) {
        auto const folder = base_folder(chain, base->number);
        GH_CHECK(objects_.remove(folder + std::string(manifest_ending))); // First: it is none now.
        removed += 1 + GH_TRY(remove_all(folder + "/", between));
    }
    if (stays == all.end() || removed == 0)
        return removed;
    for (auto const& segment : GH_TRY(segments(chain, 0))) {
        if (segment.number > stays->number)
            break;
        GH_CHECK(objects_.remove(segment_object(chain, segment)));
        GH_CHECK(between());
        removed++;
    }
    return removed;
}

} // namespace gatehouse::storage::backup
