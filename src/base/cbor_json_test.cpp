// SPDX-License-Identifier: Apache-2.0
#include "base/cbor_json.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>

namespace gatehouse::cbor {
namespace {

using Json = nlohmann::json; // A second opinion.

std::string bytes_of(std::string_view hex)
{
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return bytes;
}

// What the item says, or what is wrong with it.
std::string read(std::string_view item)
{
    std::string text;
    auto const done = append_json(text, item);
    return done ? text : done.error().message;
}

std::string written(std::string const& json)
{
    json::Parser parser;
    std::string out;
    append_cbor(out, parser.parse(json).value());
    return out;
}

struct Example {
    std::string_view hex;
    std::string_view json;
};

// RFC 8949 appendix A: all that JSON can say, both ways where the encoding is the shortest one.
TEST(CborJson, reads_and_writes_the_examples_of_rfc_8949)
{
    Example const examples[] = {{"00", "0"}, {"1818", "24"}, {"1903e8", "1000"},
        {"1bffffffffffffffff", "18446744073709551615"}, {"20", "-1"}, {"3903e7", "-1000"},
        {"f93e00", "1.5"}, {"fb3ff199999999999a", "1.1"}, {"fa47c35000", "100000.0"},
        {"f97bff", "65504.0"}, {"fa7f7fffff", "3.4028234663852886e+38"},
        {"fb7e37e43c8800759c", "1e+300"}, {"f90400", "6.103515625e-05"}, {"f9c400", "-4.0"},
        {"fbc010666666666666", "-4.1"}, {"f4", "false"}, {"f5", "true"}, {"f6", "null"},
        {"60", R"("")"}, {"6161", R"("a")"}, {"62225c", R"("\"\\")"}, {"62c3bc", R"("ü")"},
        {"80", "[]"}, {"83010203", "[1,2,3]"}, {"8301820203820405", "[1,[2,3],[4,5]]"},
        {"a0", "{}"}, {"a26161016162820203", R"({"a":1,"b":[2,3]})"},
        {"826161a161626163", R"(["a",{"b":"c"}])"}};
    for (auto const& [hex, json] : examples) {
        EXPECT_EQ(Json::parse(read(bytes_of(hex))), Json::parse(json)) << hex;
        EXPECT_EQ(to_hex(written(std::string(json))), hex);
    }
}

TEST(CborJson, reads_what_other_encoders_write)
{
    Example const examples[] = {{"f90001", "5.960464477539063e-08"}, {"f98000", "0"},
        {"fb41f2a05f20000000", "5000000000"},
        {"fb4340000000000000", "9007199254740992"},
        {"f7", "null"},
        {"c074323031332d30332d32315432303a30343a30305a", R"("2013-03-21T20:04:00Z")"},
        {"d9d9f7a10102", "cbor, at byte 5: a key that is not text"}, {"d9d9f7820102", "[1,2]"},
        {"7f657374726561646d696e67ff", R"("streaming")"}, {"9fff", "[]"},
        {"9f018202039f0405ffff", "[1,[2,3],[4,5]]"},
        {"bf61610161629f0203ffff", R"({"a":1,"b":[2,3]})"},
        {"bf6346756ef563416d7421ff", R"({"Fun":true,"Amt":-2})"}};
    for (auto const& [hex, json] : examples)
        EXPECT_EQ(read(bytes_of(hex)), json) << hex;
}

TEST(CborJson, says_what_json_has_not_and_where)
{
    Example const examples[] = {{"", "cbor, at byte 0: it ends too early"},
        {"1903", "cbor, at byte 1: it ends too early"},
        {"8201", "cbor, at byte 2: it ends too early"},
        {"0000", "cbor, at byte 1: something stands behind the item"},
        {"4101", "cbor, at byte 1: a byte string, which JSON has not: send base64url text"},
        {"3bffffffffffffffff", "cbor, at byte 9: an integer below -2^63"},
        {"f97e00", "cbor, at byte 3: a number that is not finite"},
        {"fb7ff0000000000000", "cbor, at byte 9: a number that is not finite"},
        {"f0", "cbor, at byte 1: a simple value that JSON has not"},
        {"61ff", "cbor, at byte 2: text that is not UTF-8"},
        {"1c", "cbor, at byte 1: a reserved length"}, {"1f", "cbor, at byte 1: a reserved length"},
        {"7f01ff", "cbor, at byte 2: a piece of text that is none"},
        {"bf6161ff", "cbor, at byte 4: a simple value that JSON has not"},
        {"9f01", "cbor, at byte 2: it ends too early"},
        {"9bffffffffffffffff", "cbor, at byte 9: it ends too early"}};
    for (auto const& [hex, why] : examples)
        EXPECT_EQ(read(bytes_of(hex)), why) << hex;
    EXPECT_EQ(read(std::string(100'000, '\x81')), "cbor, at byte 65: it nests deeper than 64");
    EXPECT_EQ(read(std::string(100'000, '\xc1')), "cbor, at byte 65: it nests deeper than 64");
}

TEST(CborJson, survives_any_bytes)
{
    std::mt19937 chance(7); // NOLINT
    for (int round = 0; round < 20'000; round++) {
        std::string bytes(chance() % 24, '\0');
        for (auto& each : bytes)
            each = static_cast<char>(chance());
        std::string text;
        auto const done = append_json(text, bytes);
        EXPECT_TRUE(!done || Json::accept(text)) << to_hex(bytes);
    }
}

Json anything(std::mt19937& chance, int depth)
{
    switch (chance() % (depth > 3 ? 6 : 8)) {
    case 0: return nullptr;
    case 1: return chance() % 2 == 0;
    case 2: return static_cast<std::int64_t>(chance()) << chance() % 32;
    case 3: return -static_cast<std::int64_t>(chance()) << chance() % 32;
    case 4:
        return std::ldexp(static_cast<double>(chance()), static_cast<int>(chance() % 200) - 100);
    case 5: return std::string(chance() % 300, 'x') + "ü";
    case 6: {
        auto list = Json::array();
        for (auto left = chance() % 5; left > 0; left--)
            list.push_back(anything(chance, depth + 1));
        return list;
    }
    default: {
        auto map = Json::object();
        for (auto left = chance() % 5; left > 0; left--)
            map["key" + std::to_string(left)] = anything(chance, depth + 1);
        return map;
    }
    }
}

TEST(CborJson, agrees_with_another_library_both_ways)
{
    std::mt19937 chance(11); // NOLINT
    for (int round = 0; round < 5000; round++) {
        auto const value = anything(chance, 0);
        EXPECT_EQ(Json::from_cbor(written(value.dump())), value);
        auto const theirs = Json::to_cbor(value);
        EXPECT_EQ(Json::parse(read(std::string(theirs.begin(), theirs.end()))), value);
    }
}

}  // namespace
}  // namespace gatehouse::cbor
