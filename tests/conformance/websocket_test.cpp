// SPDX-License-Identifier: Apache-2.0

// Judges our end of RFC 6455 and RFC 7692 by vectors of our own, over real sockets, against an echo
// server. They cover what the Autobahn suite asks for in its sections 1 to 7, 9, 10, 12 and 13, and
// are written from the text of the RFCs; scripts/autobahn runs the suite itself.

#include "websocket/client.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <sstream>
#include <vector>
#include <zlib.h>

namespace gatehouse::conformance {
namespace {

constexpr std::string_view folder = "tests/conformance/websocket/";
constexpr std::string_view normal("\x03\xe8", 2);
constexpr std::string_view invalid_payload("\x03\xef", 2);

enum First : int { text = 0x81, text_begins = 0x01, binary = 0x82, binary_begins = 0x02,
    goes_on = 0x00, ends = 0x80, compressed = 0x40, ping = 0x89, pong = 0x8a, closes = 0x88 };

void say_goodbye(Client& client)
{
    client.send_frame(closes, std::string(normal));
    EXPECT_EQ(client.hear(), (Frame{closes, std::string(normal)}));
    EXPECT_TRUE(client.hears_the_end());
}

// ---- Frames: cases.txt

struct Case {
    std::string what;
    std::vector<std::string> steps;
};

std::vector<Case> read_cases()
{
    std::vector<Case> cases;
    std::ifstream file(std::string(folder) + "cases.txt");
    bool is_in_case = false;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#'))
            continue;
        if (line.empty())
            is_in_case = false;
        else if (std::exchange(is_in_case, true))
            cases.back().steps.push_back(line);
        else
            cases.push_back({line, {}});
    }
    return cases;
}

// 'Hello', 00ff, or either of them *times.
std::string payload_of(std::string_view words)
{
    auto const star = words.ends_with('\'') ? words.npos : words.rfind('*');
    auto const once = words.substr(0, star);
    auto const times = star == words.npos ? 1 : std::stoul(std::string(words.substr(star + 1)));
    auto const piece = once.starts_with('\'') ? std::string(once.substr(1, once.size() - 2))
                                              : from_hex(once);
    EXPECT_TRUE(words.empty() || !piece.empty()) << words;
    std::string payload;
    for (std::size_t i = 0; i < times; i++)
        payload += piece;
    return payload;
}

Frame frame_of(std::string_view words)
{
    return {std::stoi(std::string(words.substr(0, 2)), nullptr, 16),
        payload_of(words.substr(std::min<std::size_t>(3, words.size())))};
}

void play(Client& client, Case const& each)
{
    ASSERT_EQ(client.connect(), "");
    for (std::string_view step : each.steps) {
        if (step == "< end") {
            EXPECT_TRUE(client.hears_the_end());
            return;
        }
        if (step.starts_with("chop "))
            client.chop = std::stoul(std::string(step.substr(5)));
        else if (step.starts_with("> raw "))
            client.send(from_hex(step.substr(6)));
        else if (auto const frame = frame_of(step.substr(2)); step.starts_with("> "))
            client.send_frame(frame.first, frame.payload);
        else
            EXPECT_EQ(client.hear(), frame) << step.substr(0, 80);
    }
    say_goodbye(client);
}

TEST(WebSocketConformance, frames_are_taken_and_refused_as_rfc_6455_says)
{
    auto const cases = read_cases();
    EXPECT_GT(cases.size(), 80U);
    Client client;
    for (auto const& each : cases) {
        SCOPED_TRACE(each.what);
        play(client, each);
    }
}

// ---- Text: utf8.txt

struct Text {
    std::string line;
    std::string bytes;
    std::size_t bad_at = 0; // The number of the byte that spoils it; 0: none.
    bool is_good = false;
};

std::vector<Text> read_texts()
{
    std::vector<Text> texts;
    std::ifstream file(std::string(folder) + "utf8.txt");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#'))
            continue;
        std::istringstream words(line);
        std::string kind;
        Text each{.line = line, .bytes = {}};
        words >> kind;
        if (kind == "bad")
            words >> each.bad_at;
        std::string hex;
        words >> hex;
        each.bytes = from_hex(hex);
        each.is_good = kind == "good";
        EXPECT_FALSE(each.bytes.empty()) << line;
        texts.push_back(each);
    }
    return texts;
}

void refuses_text(Client& client)
{
    EXPECT_EQ(client.hear(), (Frame{closes, std::string(invalid_payload)}));
    EXPECT_TRUE(client.hears_the_end());
}

// Whole, and cut in two at every byte, between fragments and between pieces of one frame.
void send_cut(Client& client, Text const& each, std::size_t cut, bool is_fragmented)
{
    ASSERT_EQ(client.connect(), "");
    if (is_fragmented) {
        client.send_frame(text_begins, each.bytes.substr(0, cut));
        client.send_frame(ends, each.bytes.substr(cut));
    } else {
        client.chop = 6 + cut; // Behind the header.
        client.send_frame(text, each.bytes);
    }
    if (!each.is_good)
        return refuses_text(client);
    EXPECT_EQ(client.hear(), (Frame{text, each.bytes}));
    say_goodbye(client);
}

TEST(WebSocketConformance, text_is_utf8_however_it_is_cut)
{
    auto const texts = read_texts();
    EXPECT_GT(texts.size(), 60U);
    Client client;
    for (auto const& each : texts)
        for (std::size_t cut = 0; cut <= each.bytes.size(); cut++)
            for (bool const is_fragmented : {false, true}) {
                SCOPED_TRACE(each.line + ", cut at " + std::to_string(cut));
                send_cut(client, each, cut, is_fragmented);
            }
}

// RFC 6455 §8.1. Up to the byte before, the server waits for more: a ping proves that it is there.
// With that byte it fails, though the message goes on, and the frame too.
TEST(WebSocketConformance, text_fails_with_the_first_byte_that_cannot_be_utf8)
{
    Client client;
    for (auto const& each : read_texts()) {
        if (each.bad_at == 0)
            continue;
        SCOPED_TRACE(each.line);
        ASSERT_EQ(client.connect(), "");
        client.send_frame(text_begins, each.bytes.substr(0, each.bad_at - 1));
        client.send_frame(ping, "there?");
        EXPECT_EQ(client.hear(), (Frame{pong, "there?"}));
        // A fragment of 100 bytes, under a mask of zeros, of which one is sent.
        client.send(std::string("\x00\xe4\x00\x00\x00\x00", 6) + each.bytes[each.bad_at - 1]);
        refuses_text(client);
    }
}

// ---- Sizes

void echoes_in_fragments(Client& client, int kind, std::string const& message, std::size_t size)
{
    for (std::size_t at = 0; at < message.size(); at += size) {
        bool const is_last = at + size >= message.size();
        auto const opcode = at == 0 ? kind & 0x0f : goes_on;
        client.send_frame(opcode | (is_last ? ends : 0), message.substr(at, size));
    }
    auto const heard = client.hear();
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->first, kind);
    EXPECT_TRUE(heard->payload == message) << heard->payload.size();
}

std::string message_of(int kind, std::size_t size)
{
    static std::string_view const words = "κόσμε, 日本語, and ASCII! ";
    std::string message;
    while (kind == text && message.size() + words.size() <= size)
        message += words;
    while (message.size() < size)
        message += kind == text ? '*' : static_cast<char>(message.size() * 7);
    return message;
}

TEST(WebSocketConformance, messages_come_back_whatever_their_size)
{
    Client client;
    for (int const kind : {text, binary})
        for (std::size_t const kib : {64, 256, 1024, 4096, 8192, 16384}) {
            SCOPED_TRACE(kib);
            ASSERT_EQ(client.connect(), "");
            auto const message = message_of(kind, kib << 10);
            echoes_in_fragments(client, kind, message, message.size());
            say_goodbye(client);
        }
}

TEST(WebSocketConformance, sixteen_mebibytes_come_back_in_fragments_of_every_size)
{
    Client client;
    for (int const kind : {text, binary}) {
        auto const message = message_of(kind, std::size_t{16} << 20);
        for (std::size_t size = 64; size <= std::size_t{8} << 20; size *= 4) {
            SCOPED_TRACE(size);
            ASSERT_EQ(client.connect(), "");
            echoes_in_fragments(client, kind, message, size);
            say_goodbye(client);
        }
    }
}

TEST(WebSocketConformance, a_mebibyte_comes_back_in_pieces_of_every_size)
{
    Client client;
    for (int const kind : {text, binary}) {
        auto const message = message_of(kind, std::size_t{1} << 20);
        for (std::size_t const size : {64, 128, 256, 512, 1024, 2048}) {
            SCOPED_TRACE(size);
            ASSERT_EQ(client.connect(), "");
            client.chop = size;
            echoes_in_fragments(client, kind, message, message.size());
            client.chop = SIZE_MAX;
            say_goodbye(client);
        }
    }
}

TEST(WebSocketConformance, a_thousand_messages_come_back_in_order)
{
    Client client;
    for (int const kind : {text, binary})
        for (std::size_t const size : {0, 16, 64, 256, 1024, 4096, 16384, 65536}) {
            SCOPED_TRACE(size);
            ASSERT_EQ(client.connect(), "");
            auto const message = message_of(kind, size);
            for (int i = 0; i < 1000; i++)
                client.send_frame(kind, message);
            for (int i = 0; i < 1000; i++)
                ASSERT_TRUE(client.hear() == (Frame{kind, message})) << i;
            say_goodbye(client);
        }
}

// ---- permessage-deflate

// What a client makes of a message (RFC 7692 §7.2.1), with a window of so many bits.
std::string deflated(std::string_view message, int window_bits)
{
    z_stream stream{};
    EXPECT_EQ(
        ::deflateInit2(&stream, 6, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(::deflateBound(&stream, message.size()) + 16, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data()));
    stream.avail_in = static_cast<uInt>(message.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(::deflate(&stream, Z_SYNC_FLUSH), Z_OK);
    out.resize(out.size() - stream.avail_out - 4);
    ::deflateEnd(&stream);
    return out;
}

// And of one that it is sent (§7.2.2), with no more than that window, and nothing kept from the
// message before: a server that refers to more is found out.
std::string inflated(std::string payload, int window_bits)
{
    payload.append("\x00\x00\xff\xff", 4);
    z_stream stream{};
    EXPECT_EQ(::inflateInit2(&stream, -window_bits), Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(payload.data());
    stream.avail_in = static_cast<uInt>(payload.size());
    std::string out;
    int code = Z_OK;
    while (code == Z_OK && stream.avail_in > 0) {
        std::array<char, 256> piece; // What is in here need not be in the window.
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        code = ::inflate(&stream, Z_SYNC_FLUSH);
        out.append(piece.data(), piece.size() - stream.avail_out);
    }
    EXPECT_EQ(code, Z_OK) << "a distance beyond the window, or nonsense";
    ::inflateEnd(&stream);
    return out;
}

std::string const agreed
    = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

struct Offer {
    std::string offered;  // Lines are parted by '|'.
    int window_bits = 15; // Of the server then. 0: it has to decline.
    bool names_window = false;
};

// RFC 7692 §5.1, §7.1: all parameters, alone and together, right and wrong.
std::vector<Offer> offers()
{
    std::string const name = "permessage-deflate";
    std::vector<Offer> all{
        {""}, {name}, {"PerMessage-Deflate"}, {"x-webkit-deflate-frame"},
        {name + "; server_no_context_takeover"}, {name + "; client_no_context_takeover"},
        {name + "; client_no_context_takeover; server_no_context_takeover"},
        {name + "; client_max_window_bits"}, {name + ";client_max_window_bits"},
        {name + "; client_no_context_takeover; client_max_window_bits; "
                "server_no_context_takeover; server_max_window_bits=10",
            10, true},
        {name + "; server_max_window_bits=\"12\"", 12, true},
        {"foo, " + name}, {"foo; bar=\"a\", " + name}, {"foo|" + name},
        // The first that can be kept.
        {name + "; server_max_window_bits=9, " + name, 9, true},
        {name + "; server_max_window_bits=8, " + name},
        {name + "; unknown, " + name + "; server_max_window_bits=11|" + name, 11, true},
        // What makes an offer invalid, or cannot be kept: declined, and the connection goes on.
        {name + "; server_max_window_bits", 0}, {name + "; server_max_window_bits=8", 0},
        {name + "; server_max_window_bits=16", 0}, {name + "; server_max_window_bits=7", 0},
        {name + "; server_max_window_bits=09", 0}, {name + "; server_max_window_bits=-9", 0},
        {name + "; server_max_window_bits=x", 0}, {name + "; server_max_window_bits=", 0},
        {name + "; client_max_window_bits=7", 0}, {name + "; client_max_window_bits=16", 0},
        {name + "; client_max_window_bits=010", 0},
        {name + "; server_no_context_takeover=1", 0},
        {name + "; client_no_context_takeover=1", 0},
        {name + "; server_no_context_takeover; server_no_context_takeover", 0},
        {name + "; client_no_context_takeover; client_no_context_takeover", 0},
        {name + "; server_max_window_bits=10; server_max_window_bits=10", 0},
        {name + "; client_max_window_bits; client_max_window_bits=10", 0},
        {name + "; unknown", 0}, {name + "; unknown=1", 0}, {"permessage-deflates", 0},
    };
    all[0].window_bits = all[3].window_bits = 0;
    for (int bits = 9; bits <= 15; bits++)
        for (std::string const more : {"", "; server_no_context_takeover",
                 "; client_no_context_takeover", "; client_max_window_bits=8"})
            all.push_back(
                {name + "; server_max_window_bits=" + std::to_string(bits) + more, bits, true});
    for (int bits = 8; bits <= 15; bits++)
        all.push_back({name + "; client_max_window_bits=" + std::to_string(bits)});
    return all;
}

std::string header_lines(std::string_view offered)
{
    std::string lines;
    while (!offered.empty()) {
        auto const line = offered.substr(0, offered.find('|'));
        lines.append("Sec-WebSocket-Extensions: ").append(line).append("\r\n");
        offered.remove_prefix(std::min(line.size() + 1, offered.size()));
    }
    return lines;
}

std::string answer_to(Offer const& offer)
{
    if (offer.window_bits == 0)
        return {};
    return agreed
        + (offer.names_window ? "; server_max_window_bits=" + std::to_string(offer.window_bits)
                              : "");
}

// What comes back is compressed, within the window that was agreed on.
void echoes_compressed(
    Client& client, int kind, std::string const& message, std::size_t fragment, int window_bits)
{
    auto const payload = deflated(message, 15);
    for (std::size_t at = 0; at < payload.size(); at += fragment) {
        bool const is_last = payload.size() - at <= fragment;
        auto const opcode = at == 0 ? (kind & 0x0f) | compressed : goes_on;
        client.send_frame(opcode | (is_last ? ends : 0), payload.substr(at, fragment));
    }
    auto const heard = client.hear();
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->first, kind | compressed);
    EXPECT_TRUE(inflated(heard->payload, window_bits) == message);
}

TEST(WebSocketConformance, every_offer_of_rfc_7692_is_read_and_its_window_kept)
{
    Client client;
    std::mt19937 chance(7); // NOLINT
    std::string noise(1500, '\0');
    for (auto& each : noise)
        each = static_cast<char>(chance());
    auto const message = noise + std::string(20'000, 'x') + noise + noise;
    for (auto const& offer : offers()) {
        SCOPED_TRACE(offer.offered);
        ASSERT_EQ(client.connect(header_lines(offer.offered)), answer_to(offer));
        client.send_frame(text, "plain");
        auto const heard = client.hear();
        ASSERT_TRUE(heard);
        if (offer.window_bits == 0) {
            EXPECT_EQ(*heard, (Frame{text, "plain"}));
        } else {
            EXPECT_EQ(inflated(heard->payload, offer.window_bits), "plain");
            for (int i = 0; i < 3; i++)
                echoes_compressed(client, binary, message, SIZE_MAX, offer.window_bits);
        }
        say_goodbye(client);
    }
}

// What compresses well, what does not at all, and what is in between.
std::string material(std::string_view kind, std::size_t size)
{
    std::mt19937 chance(static_cast<std::uint32_t>(size)); // NOLINT
    std::string out;
    while (out.size() < size)
        if (kind == "noise")
            out += static_cast<char>(chance());
        else if (kind == "json")
            out += "{\"seat\":" + std::to_string(chance() % 100) + ",\"by\":\"player\"},";
        else
            out += '*';
    out.resize(size);
    return out;
}

TEST(WebSocketConformance, compressed_messages_come_back_whatever_their_size_and_fragments)
{
    Client client;
    for (std::string const kind : {"noise", "json", "stars"})
        for (std::size_t const fragment : {std::size_t{1}, std::size_t{256}, std::size_t{4096},
                 SIZE_MAX})
            for (int const bits : {9, 15}) {
                SCOPED_TRACE(kind + " in fragments of " + std::to_string(fragment));
                auto const offer = "Sec-WebSocket-Extensions: permessage-deflate; "
                                   "server_max_window_bits="
                    + std::to_string(bits) + "\r\n";
                ASSERT_TRUE(client.connect(offer));
                for (std::size_t size = 0; size <= 131'072; size = size == 0 ? 16 : size * 2) {
                    if (fragment == 1 && size > 4096)
                        break;
                    auto const what = material(kind, size);
                    for (int i = 0; i < 8; i++)
                        echoes_compressed(
                            client, kind == "noise" ? binary : text, what, fragment, bits);
                }
                say_goodbye(client);
            }
}

// RFC 7692 §6: what is agreed on says nothing of continuations, controls and the other bits.
TEST(WebSocketConformance, only_the_first_frame_of_a_message_is_marked_as_compressed)
{
    Client client;
    struct Wrong {
        std::string what;
        int first;
        int second;
    };
    for (auto const& [what, first, second] : std::initializer_list<Wrong>{
             {"a marked continuation", text_begins | compressed, ends | compressed},
             {"a marked ping", ping | compressed, 0}, {"a marked close", closes | compressed, 0},
             {"RSV2", text | compressed | 0x20, 0}, {"RSV3", text | compressed | 0x10, 0}}) {
        SCOPED_TRACE(what);
        ASSERT_TRUE(client.connect("Sec-WebSocket-Extensions: permessage-deflate\r\n"));
        client.send_frame(first, deflated("Hello", 15).substr(0, 3));
        if (second != 0)
            client.send_frame(second, deflated("Hello", 15).substr(3));
        EXPECT_EQ(client.hear(), (Frame{closes, "\x03\xea"}));
        EXPECT_TRUE(client.hears_the_end());
    }
}

// RFC 7692 §7.2.3: the forms that a payload may have, from its examples.
TEST(WebSocketConformance, payloads_may_be_any_blocks_of_deflate)
{
    Client client;
    ASSERT_TRUE(client.connect("Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    for (auto const& [hex, message] : std::initializer_list<std::pair<std::string, std::string>>{
             {"f248cdc9c90700", "Hello"},           // One block.
             {"000500faff48656c6c6f00", "Hello"},   // Without compression.
             {"f348cdc9c9070000", "Hello"},         // With BFINAL.
             {"f248050000 00ffffcac9c907 00", "Hello"}, // Two blocks.
             {"00", ""}}) {
        SCOPED_TRACE(hex);
        std::string bytes;
        std::ranges::copy_if(hex, std::back_inserter(bytes), [](char c) { return c != ' '; });
        client.send_frame(text | compressed, from_hex(bytes));
        auto const heard = client.hear();
        ASSERT_TRUE(heard);
        EXPECT_EQ(inflated(heard->payload, 15), message);
    }
    say_goodbye(client);
    for (std::string const hex : {"f248cdc9c907", "000500faff4865", "f248cd", "07"}) {
        SCOPED_TRACE(hex);
        ASSERT_TRUE(client.connect("Sec-WebSocket-Extensions: permessage-deflate\r\n"));
        client.send_frame(text | compressed, from_hex(hex));
        refuses_text(client);
    }
}

} // namespace
} // namespace gatehouse::conformance
