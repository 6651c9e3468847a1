// SPDX-License-Identifier: Apache-2.0
#include "websocket/deflate.hpp"

#include "base/bytes.hpp"
#include "websocket/connection.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <zlib.h>

namespace gatehouse::websocket {
namespace {

std::string bytes_of(std::string_view hex)
{
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return bytes;
}

// ---- Offers

// The answer to an offer, or "-" where there is none.
std::string answer_to(std::string_view offer)
{
    http::Headers headers;
    headers.add("sec-websocket-extensions", offer);
    auto const terms = agree_on_deflate(headers);
    constexpr std::string_view always
        = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    if (!terms)
        return "-";
    auto const answer = describe(*terms);
    EXPECT_TRUE(answer.starts_with(always));
    return answer.substr(always.size());
}

TEST(DeflateOffer, takes_the_first_that_it_can_keep)
{
    std::pair<std::string_view, std::string_view> const offers[] = {
        {"permessage-deflate", ""},
        {"Permessage-Deflate; client_max_window_bits", ""}, // Browsers.
        {"permessage-deflate ;  server_no_context_takeover;client_max_window_bits = 10", ""},
        {"permessage-deflate; server_max_window_bits=10", "; server_max_window_bits=10"},
        {"permessage-deflate; server_max_window_bits=\"15\"", "; server_max_window_bits=15"},
        {"x-webkit-deflate-frame, permessage-deflate", ""},
        {"permessage-deflate; server_max_window_bits=8, permessage-deflate", ""},
        {"permessage-deflate; server_max_window_bits=8", "-"}, {"", "-"}, {"permessage", "-"},
        {"permessage-deflate; server_max_window_bits", "-"},
        {"permessage-deflate; server_max_window_bits=16", "-"},
        {"permessage-deflate; server_max_window_bits=010", "-"},
        {"permessage-deflate; client_max_window_bits=7", "-"},
        {"permessage-deflate; client_max_window_bits; client_max_window_bits", "-"},
        {"permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", "-"},
        {"permessage-deflate; server_no_context_takeover=1", "-"},
        {"permessage-deflate; client_no_context_takeover; client_no_context_takeover", "-"},
        {"permessage-deflate; unheard_of", "-"}};
    for (auto const& [offer, answer] : offers)
        EXPECT_EQ(answer_to(offer), answer) << offer;
}

// ---- Messages

TEST(Deflate, inflates_the_examples_of_rfc_7692)
{
    Deflate deflate;
    for (auto const* hex : {"f248cdc9c90700", "f2480500" "0000ffff" "cac9c90700",
             "000500faff48656c6c6f00", "f348cdc9c9070000"})
        EXPECT_EQ(deflate.inflate(bytes_of(hex), 100).value_or("-"), "Hello") << hex;
    EXPECT_EQ(deflate.inflate(bytes_of("00"), 100).value_or("-"), "");
    EXPECT_EQ(to_hex(deflate.compress("", 15)), "00");
}

// As a client would whose window has that size: it takes the message away as it comes.
std::string inflated_with(std::string_view payload, int window_bits)
{
    std::string const input = std::string(payload) + std::string("\0\0\xff\xff", 4);
    std::string inflated;
    z_stream stream{};
    EXPECT_EQ(::inflateInit2(&stream, -window_bits), Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream.avail_in = static_cast<uInt>(input.size());
    for (int code = Z_OK; code == Z_OK;) {
        std::array<char, 64> piece;
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = piece.size();
        code = ::inflate(&stream, Z_SYNC_FLUSH);
        inflated.append(piece.data(), piece.size() - stream.avail_out);
        if (code == Z_DATA_ERROR)
            inflated = "broken";
    }
    ::inflateEnd(&stream);
    return inflated;
}

TEST(Deflate, refers_no_further_back_than_was_agreed)
{
    Deflate deflate;
    std::mt19937 chance(3); // NOLINT
    std::string noise(3000, '\0');
    for (auto& each : noise)
        each = static_cast<char>(chance());
    auto const message = noise + noise + noise;
    for (int bits = 9; bits <= 15; bits++)
        EXPECT_TRUE(inflated_with(deflate.compress(message, bits), bits) == message) << bits;
    EXPECT_TRUE(inflated_with(deflate.compress(message, 15), 9) == "broken");
}

TEST(Deflate, brings_any_message_back_whatever_came_before)
{
    Deflate deflate;
    std::mt19937 chance(5); // NOLINT
    for (int round = 0; round < 300; round++) {
        std::string message(chance() % 5000, '\0');
        for (auto& each : message)
            each = static_cast<char>(chance() % (1 + chance() % 256));
        std::string const payload(deflate.compress(message, 9 + static_cast<int>(chance() % 7)));
        EXPECT_TRUE(deflate.inflate(payload, 5000).value_or("-") == message);
        auto broken = payload;
        broken[chance() % broken.size()] ^= static_cast<char>(1 + chance() % 255);
        auto const read = deflate.inflate(broken, 5000);
        EXPECT_TRUE(!read || read->size() <= 5000);
    }
}

TEST(Deflate, stops_what_grows_beyond_the_bound)
{
    Deflate deflate;
    std::string const payload(deflate.compress(std::string(10'000'000, 'x'), 15));
    EXPECT_LT(payload.size(), 50'000U);
    EXPECT_EQ(deflate.inflate(payload, 65'536).error(), CloseCode::too_big);
    std::string const exact(deflate.compress(std::string(65'536, 'x'), 15));
    EXPECT_EQ(deflate.inflate(exact, 65'536).value_or("-").size(), 65'536U);
    EXPECT_EQ(deflate.inflate(exact, 65'535).error(), CloseCode::too_big);
    EXPECT_EQ(deflate.inflate("\xff\xff", 100).error(), CloseCode::invalid_payload);
}

// RFC 7692 §7.2.2: what the sender took off, put back, ends the message between two blocks.
TEST(Deflate, takes_nothing_that_was_cut)
{
    Deflate deflate;
    std::string const text = "the quick brown fox jumps over the lazy dog, the quick brown fox";
    std::string const payload(deflate.compress(text, 15));
    EXPECT_EQ(deflate.inflate(payload, 100), text);
    for (std::size_t size = 0; size < payload.size(); size++)
        EXPECT_FALSE(deflate.inflate(payload.substr(0, size), 100)) << size;
    std::string const stored("\x00\x03\x00\xfc\xff" "abc\x00", 9);
    EXPECT_EQ(deflate.inflate(stored, 100), "abc");
    EXPECT_FALSE(deflate.inflate(stored.substr(0, 7), 100));
    EXPECT_FALSE(deflate.inflate(stored.substr(0, 8), 100)) << "without the block of the flush";
}

// ---- On a connection

struct Compressed : ::testing::Test {
    static constexpr MaskKey key{'m', 'a', 's', 'k'};
    Deflate deflate{};
    Connection server{Role::server, 1000, &deflate};

    // A frame of a client; `rsv` are the three reserved bits.
    static std::string frame(
        Opcode opcode, std::string_view payload, int rsv = 4, Fin fin = Fin::yes)
    {
        std::string bytes;
        append_frame(bytes, opcode, payload, key, fin);
        bytes[0] = static_cast<char>(bytes[0] | rsv << 4);
        return bytes;
    }
    std::string squeezed(std::string_view text) { return std::string(deflate.compress(text, 15)); }

    // The messages, or the code of the error that ended it.
    std::string heard(std::string bytes)
    {
        std::string all;
        std::span<char> input = bytes;
        for (Step step; (step = server.next(input)) != Step::need_more;)
            all += step == Step::error
                ? std::to_string(std::to_underlying(server.close_code()))
                : std::string(server.payload()) + "|";
        return all;
    }
};

TEST_F(Compressed, messages_come_among_others_whole_and_in_fragments)
{
    auto const payload = squeezed("Hello, hello, hello");
    EXPECT_EQ(heard(frame(Opcode::text, payload) + frame(Opcode::text, "plain", 0)
                  + frame(Opcode::text, payload.substr(0, 3), 4, Fin::no)
                  + frame(Opcode::ping, "?", 0)
                  + frame(Opcode::continuation, payload.substr(3), 0)
                  + frame(Opcode::binary, squeezed(""))),
        "Hello, hello, hello|plain|?|Hello, hello, hello||");
}

TEST_F(Compressed, continuations_are_not_marked)
{
    EXPECT_EQ(heard(frame(Opcode::text, "x", 4, Fin::no) + frame(Opcode::continuation, "y")),
        "1002");
}

TEST_F(Compressed, controls_are_not_marked) { EXPECT_EQ(heard(frame(Opcode::ping, "")), "1002"); }

TEST_F(Compressed, other_reserved_bits_mean_nothing_still)
{
    EXPECT_EQ(heard(frame(Opcode::text, squeezed("x"), 6)), "1002");
}

TEST_F(Compressed, text_is_utf8_when_it_is_inflated)
{
    EXPECT_EQ(heard(frame(Opcode::text, squeezed("\xc3\x28"))), "1007");
}

TEST_F(Compressed, nonsense_ends_it) { EXPECT_EQ(heard(frame(Opcode::text, "nonsense")), "1007"); }

TEST_F(Compressed, messages_are_as_bounded_inflated_as_on_the_wire)
{
    EXPECT_EQ(heard(frame(Opcode::text, squeezed(std::string(1000, 'x')))).size(), 1001U);
    EXPECT_EQ(heard(frame(Opcode::text, squeezed(std::string(1001, 'x')))), "1009");
}

}  // namespace
}  // namespace gatehouse::websocket
