// SPDX-License-Identifier: Apache-2.0
#include "http/parser.hpp"
#include "http/transcript.hpp"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

std::string transcript(
    std::string_view bytes, std::string_view method = "GET", ParserLimits limits = {})
{
    auto const whole = response_transcript(bytes, {}, method, limits);
    std::vector<std::size_t> all(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); i++) {
        all[i] = i;
        EXPECT_EQ(response_transcript(bytes, {i}, method, limits), whole) << "cut at " << i;
    }
    EXPECT_EQ(response_transcript(bytes, all, method, limits), whole);
    return whole;
}

bool is_refused(std::string_view bytes)
{
    return transcript(bytes).find("error: 502") != std::string::npos;
}

TEST(ResponseParser, delimits_bodies_by_length_chunks_and_close)
{
    // RFC 9112 §6.3
    EXPECT_EQ(transcript("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 404 \r\n"
                         "Transfer-Encoding: chunked\r\n\r\n2\r\ncd\r\n0\r\n\r\n"
                         "HTTP/1.1 500\r\n\r\nefg"),
        "head: 200 OK 1.1 framing=1 length=2 lives Content-Length=2;\nbody: ab\nend\n"
        "head: 404  1.1 framing=2 length=0 lives Transfer-Encoding=chunked;\nbody: cd\nend\n"
        "head: 500  1.1 framing=3 length=0\nbody: efg\nend\n");
}

TEST(ResponseParser, knows_which_answers_have_no_body)
{
    auto const fields = "Content-Length: 5\r\n\r\n";
    EXPECT_EQ(transcript(fmt::format("HTTP/1.1 200 OK\r\n{}", fields), "HEAD"),
        "head: 200 OK 1.1 framing=0 length=5 lives Content-Length=5;\nend\n"
        "error: 502 The connection was closed before the answer.\n");
    for (int const status : {204, 304})
        EXPECT_NE(transcript(fmt::format("HTTP/1.1 {} X\r\n{}", status, fields)).find("end\n"),
            std::string::npos);
    EXPECT_NE(transcript(fmt::format("HTTP/1.1 200 OK\r\n{}", fields), "CONNECT").find("end\n"),
        std::string::npos);
    EXPECT_EQ(transcript(fmt::format("HTTP/1.1 403 No\r\n{}", fields), "CONNECT").find("end\n"),
        std::string::npos);
}

TEST(ResponseParser, shows_interim_heads_and_bounds_them)
{
    std::string const hint = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    std::string const answer = "HTTP/1.1 204 No Content\r\n\r\n";
    ParserLimits const limits{.interim_heads_max = 2};
    EXPECT_EQ(transcript(hint + answer),
        "head: 103 Early Hints 1.1 framing=0 length=0 lives Link=x;\n"
        "head: 204 No Content 1.1 framing=0 length=0 lives\nend\n"
        "error: 502 The connection was closed before the answer.\n");
    EXPECT_EQ(transcript(hint + hint + answer, "GET", limits).find("Too many"), std::string::npos);
    EXPECT_NE(
        transcript(hint + hint + hint + answer, "GET", limits).find("Too many"), std::string::npos);
}

TEST(ResponseParser, leaves_the_bytes_of_another_protocol)
{
    ResponseParser parser;
    parser.begin("GET");
    std::string_view input = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nframes";
    ASSERT_EQ(parser.next(input), Step::head);
    EXPECT_FALSE(parser.head().is_interim());
    EXPECT_FALSE(parser.head().keeps_alive);
    ASSERT_EQ(parser.next(input), Step::end);
    EXPECT_EQ(input, "frames");
}

TEST(ResponseParser, finds_surplus_bytes)
{
    ResponseParser parser;
    parser.begin("GET");
    std::string_view input = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc";
    ASSERT_EQ(parser.next(input), Step::head);
    ASSERT_EQ(parser.next(input), Step::body);
    ASSERT_EQ(parser.next(input), Step::end);
    EXPECT_EQ(input, "bc");
    EXPECT_EQ(parser.next(input), Step::error); // Unasked for.
    parser.begin("GET");
    EXPECT_EQ(parser.next(input), Step::error); // Never trusted again.
}

TEST(ResponseParser, never_takes_a_cut_message_for_a_whole_one)
{
    std::string const whole[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
    };
    for (auto const& bytes : whole)
        for (std::size_t size = 0; size < bytes.size(); size++)
            EXPECT_EQ(
                response_transcript(bytes.substr(0, size), {}).find("end\n"), std::string::npos);
}

TEST(ResponseParser, refuses_what_is_ambiguous_or_malformed)
{
    struct Case {
        char const* section;
        std::string_view response;
    };
    Case const cases[] = {
        {"9112 4: version", "HTTP/2.0 200 OK\r\n\r\n"},
        {"9112 4: version", "HTTP/1.2 200 OK\r\n\r\n"},
        {"9112 4: two spaces", "HTTP/1.1  200 OK\r\n\r\n"},
        {"9112 4: status of two digits", "HTTP/1.1 20 OK\r\n\r\n"},
        {"9112 4: status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"},
        {"9110 15: status out of range", "HTTP/1.1 099 OK\r\n\r\n"},
        {"9110 15: status out of range", "HTTP/1.1 600 OK\r\n\r\n"},
        {"9112 4: control character", "HTTP/1.1 200 O\x01K\r\n\r\n"},
        {"9112 2.2: empty line before", "\r\nHTTP/1.1 200 OK\r\n\r\n"},
        {"9112 2.2: bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"},
        {"9112 5.2: folded", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n"},
        {"9112 5.1: space before colon", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n"},
        {"9112 6.3: two lengths",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"},
        {"9112 6.3: both framings",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"9112 6.1: other coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
        {"9112 6.1: in 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"9112 7.1: chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n\r\n"},
    };
    for (auto const& [section, response] : cases)
        EXPECT_TRUE(is_refused(response)) << section << ": " << response;
}

TEST(ResponseParser, says_whether_the_connection_lives_on)
{
    auto const lives = [](std::string_view head) {
        return transcript(fmt::format("{}Content-Length: 0\r\n\r\n", head)).find(" lives")
            != std::string::npos;
    };
    EXPECT_TRUE(lives("HTTP/1.1 200 OK\r\n"));
    EXPECT_FALSE(lives("HTTP/1.1 200 OK\r\nConnection: close\r\n"));
    EXPECT_FALSE(lives("HTTP/1.0 200 OK\r\n"));
    EXPECT_TRUE(lives("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"));
}

}  // namespace
}  // namespace gatehouse::http
