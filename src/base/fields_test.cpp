// SPDX-License-Identifier: Apache-2.0
#include "base/fields.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>

namespace gatehouse {
namespace {

enum class Color : std::uint8_t { red, black };
constexpr std::array<std::string_view, 2> enum_names(Color) { return {"red", "black"}; }

struct Piece {
    Color color{};
    std::optional<int> points;
    static void fields(auto& self, auto&& field)
    {
        field("color", self.color), field("points", self.points);
    }
    bool operator==(Piece const&) const = default;
};

// Each kind of field once.
struct Table {
    bool open = false;
    std::int64_t balance = 0;
    std::uint64_t total = 0;
    std::uint8_t round = 0;
    std::string name;
    std::optional<std::string> note;
    std::optional<Piece> shown;
    Piece best;
    std::vector<Piece> pieces;
    std::array<int, 3> piles{};
    static void fields(auto& self, auto&& field)
    {
        field("open", self.open), field("balance", self.balance), field("total", self.total);
        field("round", self.round), field("name", self.name), field("note", self.note);
        field("shown", self.shown), field("best", self.best), field("pieces", self.pieces);
        field("piles", self.piles);
    }
    bool operator==(Table const&) const = default;
};

struct Options {
    static constexpr bool lenient = true;
    int seats = 4;
    static void fields(auto& self, auto&& field) { field("seats", self.seats); }
};

Piece random_piece(std::mt19937_64& chance)
{
    Piece piece{static_cast<Color>(chance() % 2), {}};
    if (chance() % 2 == 0)
        piece.points = static_cast<int>(chance() % 20);
    return piece;
}

// Changes some fields, so that a chain of them gives neighbours that differ here and there.
void change(Table& table, std::mt19937_64& chance)
{
    auto const often = [&chance] { return chance() % 4 == 0; };
    if (often())
        table.open = !table.open;
    if (often())
        table.balance = static_cast<std::int64_t>(chance() >> chance() % 64);
    if (often())
        table.total = chance() >> chance() % 64;
    if (often())
        table.round = static_cast<std::uint8_t>(chance());
    if (often())
        table.name = std::string(chance() % 5, '"') + "ö";
    if (often())
        table.note = chance() % 2 == 0 ? std::nullopt : std::optional(std::to_string(chance() % 9));
    if (often())
        table.shown = chance() % 2 == 0 ? std::nullopt : std::optional(random_piece(chance));
    if (often())
        table.best = random_piece(chance);
    if (often())
        table.pieces.assign(chance() % 4, random_piece(chance));
    if (often())
        table.piles[chance() % 3]++;
}

std::string json_of(auto const& value)
{
    std::string text;
    json::Writer out(text);
    write_json(out, value);
    return text;
}

template <typename T>
Result<T> from_json(std::string_view text)
{
    json::Parser parser;
    auto const root = GH_TRY(parser.parse(text));
    T value{};
    GH_CHECK(read_json(root, value));
    return value;
}

TEST(Fields, come_back_from_json_and_cbor)
{
    std::mt19937_64 chance(1);
    Table table;
    for (int i = 0; i < 1000; i++) {
        change(table, chance);
        EXPECT_EQ(from_json<Table>(json_of(table)), table);

        std::string bytes;
        cbor::Writer out(bytes);
        write_cbor(out, table);
        cbor::Reader in(bytes);
        Table read;
        read_cbor(in, read);
        EXPECT_TRUE(!in.is_broken() && in.is_at_end());
        EXPECT_EQ(read, table);
    }
}

TEST(Fields, patched_by_what_changed_are_what_they_became)
{
    std::mt19937_64 chance(2);
    Table before;
    for (int i = 0; i < 2000; i++) {
        auto after = before;
        change(after, chance);
        std::string patch;
        json::Writer out(patch);
        write_patch(out, before, after);

        auto patched = nlohmann::json::parse(json_of(before));
        patched.merge_patch(nlohmann::json::parse(patch));
        ASSERT_EQ(patched, nlohmann::json::parse(json_of(after))) << patch;
        ASSERT_EQ(patch == "{}", before == after) << patch;
        ASSERT_EQ(is_same(before, after), before == after);
        before = after;
    }
}

TEST(Fields, break_the_reader_wherever_their_cbor_is_cut_and_never_more)
{
    Table table;
    table.note = "y";
    table.shown = Piece{};
    table.pieces.resize(2);
    std::string bytes;
    cbor::Writer out(bytes);
    write_cbor(out, table);
    for (std::size_t size = 0; size < bytes.size(); size++) {
        cbor::Reader in(std::string_view(bytes).substr(0, size));
        Table read;
        read_cbor(in, read);
        EXPECT_TRUE(in.is_broken()) << size;
    }
    std::mt19937 chance(3);
    for (int i = 0; i < 10'000; i++) {
        auto broken = bytes;
        broken[chance() % broken.size()] = static_cast<char>(chance());
        cbor::Reader in(broken);
        Table read;
        read_cbor(in, read);
    }
}

TEST(Fields, say_where_and_what_is_wrong)
{
    auto const complaint = [](std::string_view text) {
        auto const read = from_json<Piece>(text);
        return read ? "" : read.error().message;
    };
    EXPECT_EQ(complaint(R"({"color":"red"})"), "");
    EXPECT_EQ(complaint(R"({"color":"red","points":null})"), "");
    EXPECT_EQ(complaint(R"({"color":"blue"})"), "/color: expected one of red black");
    EXPECT_EQ(complaint(R"({"points":1})"), "/color: expected a value, and there is none");
    EXPECT_EQ(complaint(R"({"color":"red","points":"1"})"),
        "/points: expected a whole number in range");
    EXPECT_EQ(complaint(R"({"color":"red","points":4294967296})"),
        "/points: expected a whole number in range");
    EXPECT_EQ(complaint(R"({"color":"red","pionts":1})"),
        "/pionts: no such field; did you mean points?");
    EXPECT_EQ(complaint("[]"), "the value: expected an object");

    auto const table = nlohmann::json::parse(json_of(Table{}));
    auto const complaint_with = [&table](std::string_view pointer, nlohmann::json value) {
        auto changed = table;
        changed[nlohmann::json::json_pointer(std::string(pointer))] = std::move(value);
        auto const read = from_json<Table>(changed.dump());
        return read ? "" : read.error().message;
    };
    EXPECT_EQ(complaint_with("/pieces", {{{"color", "red"}}, {{"color", 7}}}),
        "/pieces/1/color: expected one of red black");
    EXPECT_EQ(complaint_with("/piles", {1, 2}), "/piles: expected an array of another length");
    EXPECT_EQ(complaint_with("/round", 256), "/round: expected a whole number in range");
    EXPECT_EQ(complaint_with("/total", -1), "/total: expected a whole number from 0");
    EXPECT_EQ(complaint_with("/open", 1), "/open: expected true or false");
}

TEST(Fields, keep_their_defaults_where_the_struct_is_lenient)
{
    EXPECT_EQ(from_json<Options>("{}")->seats, 4);
    EXPECT_EQ(from_json<Options>(R"({"seats":2})")->seats, 2);
    EXPECT_FALSE(from_json<Options>(R"({"seat":2})"));
}

struct Opened {
    static constexpr std::string_view name = "opened";
    static void fields(auto&, auto&&) {}
};
struct Closed {
    static constexpr std::string_view name = "closed";
    static void fields(auto&, auto&&) {}
};

TEST(Choice, selects_an_alternative_by_its_name)
{
    using Happening = std::variant<Opened, Closed>;
    Happening value;
    EXPECT_TRUE(Choice<Happening>::select("closed", value));
    EXPECT_EQ(value.index(), 1U);
    EXPECT_EQ(Choice<Happening>::name_of(value), "closed");
    EXPECT_FALSE(Choice<Happening>::select("lost", value));
    EXPECT_EQ(value.index(), 1U);
}

}  // namespace
}  // namespace gatehouse
