// SPDX-License-Identifier: Apache-2.0
#include "websocket/frame.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

namespace gatehouse::websocket {
namespace {

constexpr MaskKey example_key{'\x37', '\xfa', '\x21', '\x3d'};

TEST(Frame, encodes_the_examples_of_rfc_6455)
{
    EXPECT_EQ(to_hex(encode_text("Hello")), "810548656c6c6f");

    std::string masked;
    append_frame(masked, Opcode::text, "Hello", example_key);
    EXPECT_EQ(to_hex(masked), "818537fa213d7f9f4d5158");

    std::string fragments;
    append_frame(fragments, Opcode::text, "Hel", std::nullopt, Fin::no);
    append_frame(fragments, Opcode::continuation, "lo");
    EXPECT_EQ(to_hex(fragments), "010348656c80026c6f");

    std::string ping;
    append_frame(ping, Opcode::ping, "Hello");
    EXPECT_EQ(to_hex(ping), "890548656c6c6f");

    EXPECT_EQ(to_hex(encode_binary(std::string(256, '\0')).substr(0, 4)), "827e0100");
    EXPECT_EQ(to_hex(encode_binary(std::string(65536, '\0')).substr(0, 10)),
        "827f0000000000010000");
}

TEST(Frame, states_each_length_in_the_fewest_bytes)
{
    for (auto const& [size, header] : std::initializer_list<std::pair<std::size_t, std::string>>{
             {0, "8200"}, {125, "827d"}, {126, "827e007e"}, {65535, "827effff"}})
        EXPECT_EQ(to_hex(encode_binary(std::string(size, 'x'))).substr(0, header.size()), header);
}

TEST(Frame, masks_alike_in_one_piece_and_in_any_two)
{
    std::string const text = "The quick brown fox jumps over the lazy dog";
    std::string whole = text;
    apply_mask(whole, example_key);
    for (std::size_t i = 0; i < text.size(); i++)
        EXPECT_EQ(whole[i], text[i] ^ example_key[i % 4]);
    for (std::size_t cut = 0; cut <= text.size(); cut++) {
        std::string pieces = text;
        apply_mask(std::span(pieces).first(cut), example_key);
        apply_mask(std::span(pieces).subspan(cut), example_key, cut);
        EXPECT_EQ(pieces, whole);
    }
}

TEST(Frame, cuts_a_close_reason_between_characters)
{
    EXPECT_EQ(to_hex(encode_close(CloseCode::normal)), "880203e8");
    EXPECT_EQ(to_hex(encode_close(CloseCode::no_status)), "8800");
    EXPECT_EQ(encode_close(CloseCode::moved, "to b"), "\x88\x06\x10\x6dto b");

    std::string const fits(123, 'x');
    EXPECT_EQ(close_payload(CloseCode::normal, fits).substr(2), fits);
    EXPECT_EQ(close_payload(CloseCode::normal, fits + "x").substr(2), fits);
    std::string long_one(122, 'x');
    long_one += "ö";
    EXPECT_EQ(close_payload(CloseCode::normal, long_one).substr(2), std::string(122, 'x'));
}

TEST(CloseCode, may_be_sent_where_the_registry_says_so)
{
    auto const sendable = [](int code) { return is_sendable(static_cast<CloseCode>(code)); };
    for (int const code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
             3000, 3999, 4000, 4205, 4999})
        EXPECT_TRUE(sendable(code)) << code;
    for (int const code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535})
        EXPECT_FALSE(sendable(code)) << code;
    EXPECT_EQ(name_of(CloseCode::state_gap), "state_gap");
    EXPECT_EQ(name_of(static_cast<CloseCode>(4999)), "other");
}

}  // namespace
}  // namespace gatehouse::websocket
