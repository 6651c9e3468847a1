// SPDX-License-Identifier: Apache-2.0
// The lobby: which rooms there are, for those who look for one (docs/lobby.md).
#include "node/listing.hpp"

#include "base/cbor_json.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "http/target.hpp"
#include "node/cursor.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace gatehouse::node {
namespace {

using rooms::Filter;
using rooms::Listing;

constexpr std::string_view option_prefix = "option.";
constexpr std::array<std::string_view, 7> known_filters{
    "game", "open", "status", "free", "option.NAME", "limit", "after"};
constexpr std::size_t options_max = 16;

std::unexpected<Error> bad(std::string_view name, std::string_view expected)
{
    return fail(ErrorCode::bad_request,
        std::string(name.substr(0, 64)) + ": expected " + std::string(expected));
}

std::string joined(auto const& words)
{
    std::string text;
    for (auto const& word : words)
        text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

std::unexpected<Error> unknown_filter(std::string_view name)
{
    auto message = std::string(name.substr(0, 64)) + ": no such filter; ";
    if (auto const meant = nearest(name, known_filters))
        message.append("did you mean ").append(*meant).append("? ");
    return fail(ErrorCode::bad_request, message + "there are " + joined(known_filters));
}

Result<std::size_t> number_in(
    std::string_view name, std::string_view text, std::size_t min, std::size_t max)
{
    std::size_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool const is_number = error == std::errc() && end == text.data() + text.size();
    if (!is_number || number < min || number > max)
        return bad(name, "a number from " + std::to_string(min) + " to " + std::to_string(max));
    return number;
}

Result<rooms::Status> status_in(std::string_view text)
{
    auto const names = enum_names(rooms::Status::open);
    auto const found = std::ranges::find(names, text);
    if (found == names.end())
        return bad("status", "one of " + joined(names));
    return static_cast<rooms::Status>(found - names.begin());
}

// ---- Options of a game

// {NAME: VALUE}
std::string option_object(std::string_view name, std::string_view value)
{
    std::string text;
    json::Writer out(text);
    out.object().key(name).raw(value).end_object();
    return text;
}

std::string quoted(std::string_view text)
{
    std::string out;
    json::Writer(out).value(text);
    return out;
}

// As JSON: 3 and true are what they look like, and all else is text.
std::string literal_of(std::string_view value)
{
    json::Parser parser;
    auto const node = parser.parse(value);
    auto const is_plain
        = [](json::Kind kind) { return kind == json::Kind::number || kind == json::Kind::boolean; };
    return node && is_plain(node->kind()) ? node->compact() : quoted(value);
}

// Of a game whose options all have a usual value: their names.
std::vector<std::string> known_options(rooms::Rules const& rules)
{
    json::Parser parser;
    auto const stored = rules.read_options(*parser.parse("{}"));
    std::string text;
    if (!stored || !cbor::append_json(text, *stored))
        return {};
    std::vector<std::string> names;
    auto const all = parser.parse(text);
    if (all)
        all->each_member([&](std::string_view name, json::Node) {
            names.emplace_back(name);
            return true;
        });
    return names;
}

// The game says what its options may be. Where it takes anything, or demands them all, nothing is
// known about one of them.
Result<Filter::Option> option_in(
    std::string_view name, std::string_view value, rooms::Rules const& rules)
{
    Filter::Option option{.name = std::string(name), .value = literal_of(value)};
    auto const known = known_options(rules);
    if (known.empty())
        return option;
    json::Parser parser;
    auto const read = [&](std::string_view literal) {
        return rules.read_options(*parser.parse(option_object(name, literal)));
    };
    auto const first = read(option.value);
    if (first)
        return option;
    option.value = quoted(value); // "7" where the game wants text.
    if (read(option.value))
        return option;
    return fail(ErrorCode::bad_request,
        "option." + first.error().message.substr(1) + "; options of "
            + std::string(rules.about().name) + ": " + joined(known));
}

Result<void> read_option(
    Filter& filter, std::string_view name, std::string_view value, rooms::Catalogue const& games)
{
    if (filter.game.empty())
        return bad(std::string(option_prefix) + std::string(name), "game=NAME beside it");
    auto const* const rules = games.find(filter.game);
    if (!rules || filter.options.size() >= options_max)
        return fail(ErrorCode::bad_request,
            !rules ? "game: there is no such game; GET /v1/games lists them"
                   : "option: at most " + std::to_string(options_max) + " of them");
    filter.options.push_back(GH_TRY(option_in(name, value, *rules)));
    return {};
}

Result<void> read_pair(Filter& filter, std::string_view name, std::string_view value,
    rooms::Catalogue const& games, std::size_t listings_max)
{
    if (name == "game")
        return {}; // Read before all others.
    if (name.starts_with(option_prefix))
        return read_option(filter, name.substr(option_prefix.size()), value, games);
    if (name == "open") {
        if (value != "true" && value != "false")
            return bad(name, "true or false");
        filter.only_open = value == "true";
    } else if (name == "status") {
        filter.status = GH_TRY(status_in(value));
    } else if (name == "free") {
        auto const free = GH_TRY(number_in(name, value, 0, rooms::room_seats_max));
        filter.free_min = static_cast<int>(free);
    } else if (name == "limit") {
        filter.listings_max = GH_TRY(number_in(name, value, 1, listings_max));
    } else if (name == "after") {
        auto cursor = read_cursor(value);
        if (!cursor)
            return bad(name, "what `next` was");
        filter.after = rooms::Newest{.opened_at = cursor->at, .room = std::move(cursor->room)};
    } else {
        return unknown_filter(name);
    }
    return {};
}

} // namespace

Result<rooms::Filter> read_filter(
    std::string_view query, rooms::Catalogue const& games, std::size_t listings_max)
{
    Filter filter{
        .game = http::query_value(query, "game").value_or(""), .listings_max = listings_max};
    auto const pairs = http::query_pairs(query);
    if (!pairs)
        return fail(ErrorCode::bad_request, "the query has a broken escape");
    for (auto const& [name, value] : *pairs)
        GH_CHECK(read_pair(filter, name, value, games, listings_max));
    return filter;
}

std::string code_of(std::string_view room)
{
    std::string code(room.substr(0, room.find('.')));
    std::ranges::transform(code, code.begin(),
        [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return code;
}

void write_listing(json::Writer& out, rooms::Listing const& listing)
{
    auto const free = rooms::free_seats(listing.view);
    out.object().key("room").value(listing.room).key("code").value(listing.view.code);
    out.key("game").value(listing.view.game);
    if (!listing.options.empty())
        out.key("options").raw(listing.options);
    auto const status = listing.view.status;
    out.key("status").value(enum_names(status)[std::to_underlying(status)]);
    out.key("open").value(status == rooms::Status::open && free > 0).key("free").value(free);
    write_json(out.key("seats"), listing.view.seats);
    out.key("commit").value(listing.view.commit);
    if (listing.view.seed)
        out.key("seed").value(*listing.view.seed);
    out.key("opened_at").value(rfc3339(listing.opened_at.ms)).end_object();
}

std::string write_page(std::vector<rooms::Listings> pages, std::size_t listings_max)
{
    std::vector<Listing> all;
    std::optional<rooms::Newest> next;
    for (auto& page : pages) {
        std::ranges::move(page.rooms, std::back_inserter(all));
        if (page.next && (!next || page.next->is_before(*next)))
            next = std::move(page.next);
    }
    auto const place_of = [](Listing const& listing) {
        return rooms::Newest{.opened_at = listing.opened_at, .room = listing.room};
    };
    if (next)
        std::erase_if(
            all, [&](Listing const& each) { return next->is_before(place_of(each)); });
    std::ranges::sort(all, [](Listing const& a, Listing const& b) {
        return std::pair(b.opened_at, std::string_view(a.room))
            < std::pair(a.opened_at, std::string_view(b.room));
    });
    if (all.size() >= listings_max) {
        all.resize(listings_max);
        next = place_of(all.back());
    }
    std::string body;
    json::Writer out(body);
    out.object().key("rooms").array();
    for (auto const& listing : all)
        write_listing(out, listing);
    out.end_array();
    if (next)
        out.key("next").value(write_cursor(next->opened_at, next->room));
    out.end_object();
    return body;
}

} // namespace gatehouse::node
