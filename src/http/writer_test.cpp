// SPDX-License-Identifier: Apache-2.0
#include "http/writer.hpp"
#include "http/transcript.hpp"

#include <gtest/gtest.h>

#include <random>

namespace gatehouse::http {
namespace {

using namespace std::string_view_literals;

TEST(HeadWriter, writes_what_the_parser_reads_back)
{
    std::string out;
    HeadWriter(out)
        .request("POST", "/a?b=c")
        .field("Host", "x.org")
        .field("X-Number", 18446744073709551615u)
        .framing(Framing::chunked, 0)
        .end();
    append_chunk(out, "hello, ");
    append_chunk(out, "");
    append_chunk(out, "this is a chunk");
    append_last_chunk(out);
    EXPECT_EQ(request_transcript(out, {}),
        "head: POST /a?b=c path=/a query=b=c host=x.org 1.1 framing=2 length=0 lives Host=x.org; "
        "X-Number=18446744073709551615; Transfer-Encoding=chunked;\n"
        "body: hello, this is a chunk\nend\nidle\n");
}

TEST(Forward, adds_what_the_writer_would_write)
{
    RequestParser parser;
    std::string_view input = "GET / HTTP/1.1\r\nHost: a\r\nConnection: x-own\r\nX-Own: y\r\n"
                             "Accept: z\r\nX_Real_IP: 6.6.6.6\r\nx-id: 1\r\n\r\n";
    ASSERT_EQ(parser.next(input), Step::head);
    std::vector<std::string_view> const except{"X-Real-IP", "X-Id"};
    Headers fields;
    forward(parser.head().headers, except, fields);
    ASSERT_EQ(fields.size(), 1);
    EXPECT_EQ(fields.begin()->name, "Accept");
    std::string by_list, at_once;
    HeadWriter(by_list).fields(fields);
    HeadWriter(at_once).forward(parser.head().headers, except);
    EXPECT_EQ(by_list, at_once);
    fields.add("ACCEPT", "w");
    fields.add("Other", "v");
    fields.remove("accept");
    ASSERT_EQ(fields.size(), 1);
    EXPECT_EQ(fields.begin()->name, "Other");
}

TEST(HeadWriter, forwards_only_what_travels_end_to_end)
{
    // RFC 9110 §7.6.1
    RequestParser parser;
    std::string_view input = "POST / HTTP/1.1\r\nHost: a\r\nConnection: x-secret , close\r\n"
                             "Connection: X-Other\r\nKeep-Alive: 5\r\nProxy-Connection: y\r\n"
                             "Proxy-Authorization: y\r\nProxy-Authenticate: y\r\nTE: trailers\r\n"
                             "Trailer: y\r\nUpgrade: y\r\nX-Secret: y\r\n"
                             "x-other: y\r\nX-Mine: y\r\nx_mine: y\r\nX_Fine: y\r\n"
                             "Content-Length: 0\r\nAccept: */*\r\nCookie: a=b\r\n\r\n";
    ASSERT_EQ(parser.next(input), Step::head);
    std::string_view const mine[] = {"x-mine"};
    std::string out;
    HeadWriter(out).forward(parser.head().headers, mine).end();
    EXPECT_EQ(out, "X_Fine: y\r\nAccept: */*\r\nCookie: a=b\r\n\r\n");
}

// Whatever bytes it is handed, a head stays one head with the fields that were written.
TEST(HeadWriter, cannot_be_made_to_write_another_line)
{
    std::mt19937 chance(3);
    auto const noise = [&chance] {
        std::string text;
        for (auto size = chance() % 12; size > 0; size--)
            text += "\r\n\0: aZ\x7f\xff%/"sv[chance() % 11];
        return text;
    };
    for (int round = 0; round < 2000; round++) {
        std::string out;
        HeadWriter(out).request("GET", "/" + noise()).field("Host", "a").field("B", noise()).end();
        RequestParser parser;
        std::string_view input = out;
        ASSERT_EQ(parser.next(input), Step::head) << out << parser.error().why;
        ASSERT_EQ(parser.head().headers.size(), 2u) << out;
        ASSERT_EQ(parser.next(input), Step::end);
        ASSERT_TRUE(input.empty());

        out.clear();
        HeadWriter(out).response(204, noise()).field("B", noise()).end();
        ResponseParser answers;
        answers.begin("GET");
        input = out;
        ASSERT_EQ(answers.next(input), Step::head) << out << answers.error().why;
        ASSERT_EQ(answers.head().headers.size(), 1u) << out;
        ASSERT_EQ(answers.next(input), Step::end);
        ASSERT_TRUE(input.empty());
    }
}

TEST(HeadWriterDeathTest, takes_no_name_that_is_no_token)
{
    std::string out;
    EXPECT_DEATH(HeadWriter(out).field("A\r\nB", "c"), "is_token");
    EXPECT_DEATH(HeadWriter(out).request("G T", "/"), "is_token");
}

TEST(HeadWriter, announces_an_upgrade)
{
    std::string out;
    HeadWriter(out).response(101).upgrade("websocket").end();
    EXPECT_EQ(out,
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
}

TEST(AppendResponse, writes_an_answer_made_here)
{
    Response const response{
        .status = 404, .content_type = "text/plain", .body = "no", .headers = {{"A", "b"}}};
    std::string out;
    append_response(out, response, {.date = "D"});
    EXPECT_EQ(out,
        "HTTP/1.1 404 Not Found\r\nDate: D\r\nA: b\r\nContent-Type: text/plain\r\n"
        "Content-Length: 2\r\n\r\nno");
    out.clear();
    append_response(out, response, {.answers_head = true, .closes = true});
    EXPECT_EQ(out,
        "HTTP/1.1 404 Not Found\r\nA: b\r\nContent-Type: text/plain\r\n"
        "Content-Length: 2\r\nConnection: close\r\n\r\n");
    out.clear();
    append_response(out, {.status = 204, .body = "never sent"}, {});
    EXPECT_EQ(out, "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST(ImfFixdate, writes_the_date_of_rfc_9110)
{
    EXPECT_EQ(imf_fixdate({784111777'999}), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(imf_fixdate({0}), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(imf_fixdate({951782400'000}), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(DateStamp, follows_the_seconds)
{
    DateStamp stamp;
    EXPECT_EQ(stamp.at({0}), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(stamp.at({999}), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(stamp.at({1000}), "Thu, 01 Jan 1970 00:00:01 GMT");
}

}  // namespace
}  // namespace gatehouse::http
