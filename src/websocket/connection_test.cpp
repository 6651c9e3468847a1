// SPDX-License-Identifier: Apache-2.0
#include "websocket/connection.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <random>

namespace gatehouse::websocket {
namespace {

constexpr MaskKey key{'\x37', '\xfa', '\x21', '\x3d'};
constexpr std::size_t bytes_max = 1000;

std::string frame(Opcode opcode, std::string_view payload, Fin fin = Fin::yes)
{
    std::string bytes;
    append_frame(bytes, opcode, payload, key, fin);
    return bytes;
}

// What a connection made of some bytes, and what it sent back.
struct Heard {
    std::vector<std::string> steps;
    std::string sent;

    bool operator==(Heard const&) const = default;
};

void hear(Connection& connection, std::string bytes, Heard& heard, MaskKey reply_key = {})
{
    std::span<char> input(bytes);
    for (Step step; (step = connection.next(input)) != Step::need_more;) {
        auto const code = std::to_string(std::to_underlying(connection.close_code()));
        std::string const payload(connection.payload());
        switch (step) {
        case Step::message:
            heard.steps.push_back((connection.is_text() ? "text " : "binary ") + payload);
            break;
        case Step::ping: heard.steps.push_back("ping " + payload); break;
        case Step::pong: heard.steps.push_back("pong " + payload); break;
        case Step::close: heard.steps.push_back("close " + code + " " + payload); break;
        default: heard.steps.push_back("error " + code); break;
        }
        connection.reply(heard.sent, reply_key);
    }
    EXPECT_TRUE(input.empty());
}

Heard heard_of(std::string const& bytes, std::size_t piece_size = SIZE_MAX)
{
    Connection server(Role::server, bytes_max);
    Heard heard;
    for (std::size_t at = 0; at < bytes.size(); at += std::min(piece_size, bytes.size() - at))
        hear(server, bytes.substr(at, piece_size), heard);
    return heard;
}

struct Case {
    std::string_view what;
    std::string bytes;
    std::vector<std::string> steps;
    std::string sent_hex;
};

std::string header(std::string_view hex) { return from_hex(hex); }

std::string close_frame(int code, std::string_view reason = "")
{
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
    return frame(Opcode::close, payload.append(reason));
}

std::string_view const protocol_error = "880203ea";
std::string_view const invalid_payload = "880203ef";
std::string_view const too_big = "880203f1";

std::vector<Case> cases()
{
    using enum Opcode;
    auto const bad = [](std::string_view what, std::string bytes) {
        return Case{what, std::move(bytes), {"error 1002"}, std::string(protocol_error)};
    };
    auto const not_text = [](std::string_view what, std::string bytes) {
        return Case{what, std::move(bytes), {"error 1007"}, std::string(invalid_payload)};
    };
    return {
        {"text", frame(text, "Hello"), {"text Hello"}, ""},
        {"an empty text", frame(text, ""), {"text "}, ""},
        {"binary", frame(binary, "\xff\x01"), {"binary \xff\x01"}, ""},
        {"two messages", frame(text, "a") + frame(binary, "b"), {"text a", "binary b"}, ""},
        {"a message of the most bytes", frame(text, std::string(bytes_max, 'x')),
            {"text " + std::string(bytes_max, 'x')}, ""},
        {"fragments", frame(text, "Hel", Fin::no) + frame(continuation, "lo"), {"text Hello"}, ""},
        {"empty fragments",
            frame(text, "", Fin::no) + frame(continuation, "", Fin::no) + frame(continuation, ""),
            {"text "}, ""},
        {"a character cut by fragments",
            frame(text, "\xe2\x82", Fin::no) + frame(continuation, "\xac"),
            {"text \xe2\x82\xac"}, ""},
        {"control frames between fragments",
            frame(binary, "a", Fin::no) + frame(ping, "1") + frame(continuation, "b", Fin::no)
                + frame(pong, "2") + frame(continuation, "c"),
            {"ping 1", "pong 2", "binary abc"}, "8a0131"},
        {"a ping of the most bytes", frame(ping, std::string(125, 'p')),
            {"ping " + std::string(125, 'p')}, "8a7d" + to_hex(std::string(125, 'p'))},
        {"a close with code and reason", close_frame(1000, "bye"), {"close 1000 bye"}, "880203e8"},
        {"an empty close", frame(close, ""), {"close 1005 "}, "8800"},
        {"nothing after a close", close_frame(1001) + frame(text, "x"), {"close 1001 "},
            "880203e9"},
        {"a close between fragments", frame(text, "a", Fin::no) + close_frame(4999),
            {"close 4999 "}, "88021387"},
        {"nothing after an error", header("c1") + frame(text, "x"), {"error 1002"}, "880203ea"},

        bad("RSV1", header("c180")),
        bad("RSV2", header("a180")),
        bad("RSV3", header("9180")),
        bad("RSV1 on a control frame", header("c980")),
        bad("opcode 3", header("8380")),
        bad("opcode 7", header("8780")),
        bad("opcode 11", header("8b80")),
        bad("opcode 15", header("8f80")),
        bad("no mask", header("810548656c6c6f")),
        bad("a fragmented ping", frame(ping, "", Fin::yes).replace(0, 1, "\x09")),
        bad("a fragmented close", header("08")),
        bad("a ping of 126 bytes", header("89fe")),
        bad("a close of 126 bytes", header("88fe")),
        bad("a ping with a length of 8 bytes", header("89ff")),
        bad("125 bytes in a length of 2", header("82fe007d00000000")),
        bad("65535 bytes in a length of 8", header("82ff000000000000ffff00000000")),
        bad("a length beyond 63 bits", header("82ff800000000000000000000000")),
        bad("a continuation of nothing", frame(continuation, "x")),
        bad("a close of one byte", frame(close, "x")),
        bad("close code 0", close_frame(0)),
        bad("close code 999", close_frame(999)),
        bad("close code 1005", close_frame(1005)),
        bad("close code 1006", close_frame(1006)),
        bad("close code 1015", close_frame(1015)),
        bad("close code 2999", close_frame(2999)),
        bad("close code 5000", close_frame(5000)),
        bad("a new message inside a message", frame(text, "a", Fin::no) + frame(text, "b")),
        {"a continuation after the last", frame(text, "a") + frame(continuation, "b"),
            {"text a", "error 1002"}, std::string(protocol_error)},

        not_text("text that is not UTF-8", frame(text, "a\xff")),
        not_text("text that ends in a character", frame(text, "\xe2\x82")),
        not_text("a surrogate over two fragments",
            frame(text, "\xed", Fin::no) + frame(continuation, "\xa0\x80")),
        not_text("fragments that end in a character",
            frame(text, "\xe2", Fin::no) + frame(continuation, "\x82")),
        not_text("a close reason that is not UTF-8", close_frame(1000, "\xff")),

        {"one byte too many", frame(binary, std::string(bytes_max + 1, 'x')), {"error 1009"},
            std::string(too_big)},
        {"one byte too many over two fragments",
            frame(binary, std::string(bytes_max, 'x'), Fin::no) + frame(continuation, "x"),
            {"error 1009"}, std::string(too_big)},
        {"a length that nobody can mean", header("82ff7fffffffffffffff00000000"), {"error 1009"},
            std::string(too_big)},
    };
}

TEST(Connection, follows_each_rule_of_rfc_6455)
{
    for (auto const& [what, bytes, steps, sent_hex] : cases()) {
        auto const heard = heard_of(bytes);
        EXPECT_EQ(heard.steps, steps) << what;
        EXPECT_EQ(to_hex(heard.sent), sent_hex) << what;
    }
}

TEST(Connection, hears_the_same_however_the_bytes_are_cut)
{
    std::string all;
    for (auto const& each : cases()) {
        for (std::size_t piece : {1, 2, 3, 7, 64})
            EXPECT_EQ(heard_of(each.bytes, piece), heard_of(each.bytes)) << each.what;
        if (each.steps.back().starts_with("text") || each.steps.back().starts_with("binary"))
            all += each.bytes;
    }
    auto const expected = heard_of(all);
    std::mt19937 chance(5);
    for (int i = 0; i < 300; i++) {
        Connection server(Role::server, bytes_max);
        Heard heard;
        for (std::size_t at = 0; at < all.size();) {
            auto const size = std::min<std::size_t>(1 + chance() % 100, all.size() - at);
            hear(server, all.substr(at, size), heard);
            at += size;
        }
        ASSERT_EQ(heard, expected);
    }
}

TEST(Connection, fails_at_the_first_impossible_byte_of_a_text_whose_frame_is_not_whole)
{
    auto const bytes = frame(Opcode::text, "ok \xf4\x90\x80\x80 and more");
    std::size_t const header_size = 6;
    std::size_t const impossible = header_size + 5; // f4 90
    EXPECT_TRUE(heard_of(bytes.substr(0, impossible - 1)).steps.empty());
    EXPECT_EQ(heard_of(bytes.substr(0, impossible)).steps, std::vector<std::string>{"error 1007"});
}

TEST(Connection, refuses_a_wrong_header_before_it_is_whole)
{
    EXPECT_EQ(heard_of("\xc1").steps, std::vector<std::string>{"error 1002"});
    EXPECT_EQ(heard_of("\x81\x05").steps, std::vector<std::string>{"error 1002"});
}

TEST(Connection, lends_a_whole_frame_without_a_copy)
{
    Connection server(Role::server, bytes_max);
    auto bytes = frame(Opcode::text, "Hello");
    std::span<char> input(bytes);
    ASSERT_EQ(server.next(input), Step::message);
    EXPECT_EQ(server.payload().data(), bytes.data() + 6);
}

TEST(Connection, answers_nothing_once_it_has_sent_its_close)
{
    Connection server(Role::server, bytes_max);
    std::string sent;
    server.close(sent, CloseCode::restart, "deploy");
    EXPECT_EQ(sent, encode_close(CloseCode::restart, "deploy"));
    EXPECT_TRUE(server.is_close_sent());

    Heard heard;
    server.close(heard.sent, CloseCode::normal);
    hear(server, frame(Opcode::ping, "x") + frame(Opcode::text, "late") + close_frame(1012), heard);
    EXPECT_EQ(heard.steps, (std::vector<std::string>{"ping x", "text late", "close 1012 "}));
    EXPECT_EQ(heard.sent, "");
    EXPECT_TRUE(server.is_over());
}

TEST(Connection, of_a_client_refuses_a_masked_frame)
{
    Connection client(Role::client, bytes_max);
    Heard heard;
    hear(client, frame(Opcode::text, "x"), heard, key);
    EXPECT_EQ(heard.steps, std::vector<std::string>{"error 1002"});
    EXPECT_EQ(heard.sent, frame(Opcode::close, "\x03\xea"));
}

// Random conversations: what one end sends, the other hears, both ways.
TEST(Connection, hears_what_the_other_end_sends)
{
    std::mt19937 chance(11);
    for (int round = 0; round < 200; round++) {
        bool const to_server = round % 2 == 0;
        Connection end(to_server ? Role::server : Role::client, 200'000);
        auto const mask = [&]() -> std::optional<MaskKey> {
            if (!to_server)
                return std::nullopt;
            return MaskKey{static_cast<char>(chance()), 'a', static_cast<char>(chance()), '\0'};
        };
        std::string bytes;
        std::vector<std::string> expected;
        for (int i = 0; i < 5; i++) {
            std::string message(chance() % 3 == 0 ? chance() % 70'000 : chance() % 300, '\0');
            bool const is_text = chance() % 2 == 0;
            for (auto& c : message)
                c = static_cast<char>(is_text ? 'a' + chance() % 26 : chance());
            expected.push_back((is_text ? "text " : "binary ") + message);
            auto opcode = is_text ? Opcode::text : Opcode::binary;
            std::string_view rest = message;
            for (auto cuts = chance() % 3; cuts > 0; cuts--) {
                auto const size = chance() % (rest.size() + 1);
                append_frame(bytes, opcode, rest.substr(0, size), mask(), Fin::no);
                rest.remove_prefix(size);
                opcode = Opcode::continuation;
            }
            append_frame(bytes, opcode, rest, mask());
        }
        Heard heard;
        for (std::size_t at = 0; at < bytes.size();) {
            auto const size = std::min<std::size_t>(1 + chance() % 20'000, bytes.size() - at);
            hear(end, bytes.substr(at, size), heard);
            at += size;
        }
        ASSERT_TRUE(heard.steps == expected) << "round " << round;
    }
}

}  // namespace
}  // namespace gatehouse::websocket
