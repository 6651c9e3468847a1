// SPDX-License-Identifier: Apache-2.0
#include "base/cbor.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace gatehouse::cbor {
namespace {

std::string hex_of(std::int64_t number)
{
    std::string out;
    Writer(out).integer(number);
    return to_hex(out);
}

// RFC 8949 appendix A.
TEST(Cbor, encodes_the_examples_of_rfc_8949)
{
    std::pair<std::int64_t, std::string_view> const numbers[] = {{0, "00"}, {1, "01"}, {10, "0a"},
        {23, "17"}, {24, "1818"}, {25, "1819"}, {100, "1864"}, {1000, "1903e8"},
        {1'000'000, "1a000f4240"}, {1'000'000'000'000, "1b000000e8d4a51000"}, {-1, "20"},
        {-10, "29"}, {-100, "3863"}, {-1000, "3903e7"}};
    for (auto const& [number, hex] : numbers)
        EXPECT_EQ(hex_of(number), hex);

    std::string out;
    Writer(out).map(2).text("a").integer(1).text("b").array(2).integer(2).integer(3);
    EXPECT_EQ(to_hex(out), "a26161016162820203");
    out.clear();
    Writer(out).boolean(false).boolean(true).null().bytes("\x01\x02").text("ü");
    EXPECT_EQ(to_hex(out), "f4f5f642010262c3bc");
}

TEST(Cbor, brings_every_number_back)
{
    std::mt19937_64 chance(1);
    std::vector<std::int64_t> numbers{0, -1, 23, 24, 255, 256, 65535, 65536, 0xffff'ffff,
        0x1'0000'0000, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()};
    for (int i = 0; i < 1000; i++)
        numbers.push_back(static_cast<std::int64_t>(chance() >> chance() % 64));
    for (auto const number : numbers) {
        std::string out;
        Writer(out).integer(number).integer(static_cast<std::uint64_t>(number));
        Reader in(out);
        EXPECT_EQ(in.integer(), number);
        EXPECT_EQ(in.unsigned_integer(), static_cast<std::uint64_t>(number));
        EXPECT_TRUE(in.is_at_end() && !in.is_broken());
    }
}

// One random item, to the end of `out`.
void write_random(Writer& out, std::mt19937& chance, int depth)
{
    switch (chance() % (depth < 5 ? 7 : 5)) {
    case 0: out.integer(static_cast<std::int32_t>(chance())); return;
    case 1: out.boolean(chance() % 2 == 0); return;
    case 2: out.null(); return;
    case 3: out.text(std::string(chance() % 30, 't')); return;
    case 4: out.bytes(std::string(chance() % 30, '\xff')); return;
    case 5: {
        auto const size = chance() % 4;
        out.array(size);
        for (std::size_t i = 0; i < size; i++)
            write_random(out, chance, depth + 1);
        return;
    }
    default: {
        auto const size = chance() % 4;
        out.map(size);
        for (std::size_t i = 0; i < size; i++) {
            out.text("key");
            write_random(out, chance, depth + 1);
        }
    }
    }
}

TEST(Cbor, takes_a_whole_item_and_none_that_is_cut_short)
{
    std::mt19937 chance(2);
    for (int i = 0; i < 500; i++) {
        std::string bytes;
        Writer out(bytes);
        write_random(out, chance, 0);
        Reader in(bytes);
        EXPECT_EQ(in.item(), bytes);
        EXPECT_TRUE(in.is_at_end());
        EXPECT_TRUE(to_json(bytes));
        for (std::size_t size = 0; size < bytes.size(); size++) {
            Reader cut(std::string_view(bytes).substr(0, size));
            EXPECT_EQ(cut.item(), "");
            EXPECT_TRUE(cut.is_broken());
            EXPECT_FALSE(to_json(bytes.substr(0, size)));
        }
    }
}

TEST(Cbor, survives_any_bytes)
{
    std::mt19937 chance(3);
    for (int i = 0; i < 50'000; i++) {
        std::string bytes(chance() % 20, '\0');
        for (auto& c : bytes)
            c = static_cast<char>(chance());
        static_cast<void>(to_json(bytes));
        Reader in(bytes);
        auto const item = in.item();
        EXPECT_TRUE(item.empty() == in.is_broken());
    }
}

TEST(Cbor, once_broken_answers_nothing_more)
{
    Reader in("\x61g\x05");
    EXPECT_EQ(in.integer(), 0); // A text is next.
    EXPECT_TRUE(in.is_broken());
    EXPECT_EQ(in.text(), "");
    EXPECT_EQ(in.unsigned_integer(), 0U);
    EXPECT_EQ(in.array(), 0U);
    EXPECT_EQ(in.map(), 0U);
    EXPECT_FALSE(in.boolean());
    EXPECT_FALSE(in.null());
}

TEST(Cbor, refuses_sizes_that_the_bytes_cannot_hold_and_depths_without_end)
{
    for (auto const hex : {"9bffffffffffffffff", "bbffffffffffffffff", "9a00000002f6", "a2616101",
             "7bffffffffffffffff", "5f", "9f", "c0", "1c", "1bffffffffffffffff"}) {
        auto const bytes = from_hex(hex);
        Reader array(bytes), map(bytes), text(bytes), number(bytes);
        EXPECT_EQ(array.array(), 0U) << hex;
        EXPECT_EQ(text.text(), "") << hex;
        EXPECT_EQ(number.integer(), 0) << hex;
        map.map();
        map.item();
        EXPECT_TRUE(map.is_broken()) << hex;
    }
    std::string const deep = std::string(100'000, '\x81') + '\x00';
    EXPECT_EQ(Reader(deep).item(), "");
    EXPECT_FALSE(to_json(deep));
}

TEST(Cbor, is_shown_to_people_as_json)
{
    EXPECT_EQ(to_json(from_hex("a26161016162820203")), R"({"a":1,"b":[2,3]})");
    EXPECT_EQ(to_json(from_hex("84f4f6420102391000")), R"([false,null,"0102",-4097])");
    EXPECT_FALSE(to_json(from_hex("0101"))); // Two items.
    EXPECT_FALSE(to_json(""));
}

}  // namespace
}  // namespace gatehouse::cbor
