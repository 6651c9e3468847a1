// SPDX-License-Identifier: Apache-2.0
#include "http/parser.hpp"
#include "http/transcript.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace gatehouse::http {
namespace {

// Every way of cutting must give the same: whole, byte by byte, and at random.
std::string transcript(std::string_view bytes, ParserLimits limits = {})
{
    auto const whole = request_transcript(bytes, {}, limits);
    std::vector<std::size_t> all(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); i++)
        all[i] = i;
    EXPECT_EQ(request_transcript(bytes, all, limits), whole);
    std::mt19937 chance(7);
    for (int round = 0; round < 20 && !bytes.empty(); round++) {
        std::vector<std::size_t> cuts(1 + chance() % 6);
        for (auto& cut : cuts)
            cut = chance() % bytes.size();
        std::ranges::sort(cuts);
        EXPECT_EQ(request_transcript(bytes, cuts, limits), whole);
    }
    return whole;
}

// The status a request is refused with; 0 if it is taken.
int status_of_refusal(std::string_view bytes, ParserLimits limits = {})
{
    auto const text = transcript(bytes, limits);
    auto const at = text.find("error: ");
    return at == text.npos ? 0 : std::stoi(text.substr(at + 7));
}

RequestHead head_of(std::string_view bytes)
{
    static RequestParser parser; // Lends what the head views.
    parser = RequestParser();
    EXPECT_EQ(parser.next(bytes), Step::head) << parser.error().why;
    return parser.head();
}

TEST(RequestParser, reads_a_head_and_leaves_what_follows_the_body)
{
    RequestParser parser;
    std::string_view input = "POST /a/b?c=d HTTP/1.1\r\nHost: x.org:81\r\nA:\t b \t\r\n"
                             "Content-Length: 5\r\n\r\nhelloGET";
    ASSERT_EQ(parser.next(input), Step::head);
    auto const& head = parser.head();
    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.target, "/a/b?c=d");
    EXPECT_EQ(head.path, "/a/b");
    EXPECT_EQ(head.query, "c=d");
    EXPECT_EQ(head.host, "x.org:81");
    EXPECT_EQ(head.headers.find("a"), "b");
    EXPECT_EQ(head.framing, Framing::length);
    ASSERT_EQ(parser.next(input), Step::body);
    EXPECT_EQ(parser.body(), "hello");
    ASSERT_EQ(parser.next(input), Step::end);
    EXPECT_EQ(input, "GET");
    EXPECT_EQ(parser.head().host, "x.org:81"); // Still lent.
}

TEST(RequestParser, takes_pipelined_requests_one_by_one)
{
    auto const text = transcript("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                                 "\r\nPOST /2 HTTP/1.1\r\nHost: a\r\n"
                                 "Transfer-Encoding: chunked\r\n\r\n"
                                 "3;x=\"y\"\r\nabc\r\n02\r\nde\r\n0\r\nTrailer: z\r\n\r\n"
                                 "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(text,
        "head: GET /1 path=/1 query= host=a 1.1 framing=0 length=0 lives Host=a;\nend\n"
        "head: POST /2 path=/2 query= host=a 1.1 framing=2 length=0 lives Host=a; "
        "Transfer-Encoding=chunked;\nbody: abcde\nend\n"
        "head: OPTIONS * path=* query= host=a 1.1 framing=0 length=0 lives Host=a;\nend\nidle\n");
}

TEST(RequestParser, refuses_what_is_ambiguous_or_malformed)
{
    struct Case {
        char const* section;
        int status;
        std::string_view request;
    };
    using namespace std::string_view_literals;
    Case const cases[] = {
        {"9112 2.2: one empty line before", 0, "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 2.2: and no second", 400, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 2.2: bare LF after the start line", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"},
        {"9112 2.2: bare LF after a field", 400, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
        {"9112 2.2: bare LF at the end", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
        {"9112 2.2: bare CR in a value", 400, "GET / HTTP/1.1\r\nHost: a\r\nB: c\rd\r\n\r\n"},
        {"9112 2.2: bare CR in the start line", 400, "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 2.2: space before the first field", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
        {"9112 2.3: version 2.0", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
        {"9112 2.3: version 1.2", 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},
        {"9113 3.4: the preface of HTTP/2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        {"9112 2.3: lower case", 400, "GET / http/1.1\r\nHost: a\r\n\r\n"},
        {"9112 2.3: no version", 400, "GET /\r\nHost: a\r\n\r\n"},
        {"9112 3: two spaces", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 3: a tab", 400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 3: a space in the target", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 3: a space after the version", 400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
        {"9112 3.1: no token", 400, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 3.1: an unknown token", 0, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 3.2: no Host", 400, "GET / HTTP/1.1\r\n\r\n"},
        {"9112 3.2: none in 1.0", 0, "GET / HTTP/1.0\r\n\r\n"},
        {"9112 3.2: two Hosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
        {"9112 3.2: two in 1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"},
        {"9112 3.2: an empty Host", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
        {"9112 3.2: a Host with a path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        {"9112 3.2: a Host list", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        {"9110 4.2.4: a user in Host", 400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
        {"9112 3.2: a Host with a bad port", 400, "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n"},
        {"9112 3.2: IPv6", 0, "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"},
        {"9112 3.2: broken IPv6", 400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
        {"9112 3.2: a broken escape in Host", 400, "GET / HTTP/1.1\r\nHost: a%4\r\n\r\n"},
        {"9112 3.2.1: no slash", 400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 3.2.1: a fragment", 400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 3.2.1: a byte above 0x7f", 400, "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 3.2.1: NUL", 400, "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"sv},
        {"9112 3.2.2: another scheme", 400, "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 3.2.2: no host", 400, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9110 4.2.4: a user in the target", 400, "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 3.2.3: CONNECT", 501, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 3.2.4: * but for OPTIONS", 400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"9112 5.1: space before the colon", 400, "GET / HTTP/1.1\r\nHost: a\r\nB : c\r\n\r\n"},
        {"9112 5.1: no colon", 400, "GET / HTTP/1.1\r\nHost: a\r\nB\r\n\r\n"},
        {"9112 5.1: no name", 400, "GET / HTTP/1.1\r\nHost: a\r\n: c\r\n\r\n"},
        {"9110 5.1: no token", 400, "GET / HTTP/1.1\r\nHost: a\r\nB(: c\r\n\r\n"},
        {"9112 5.2: folded", 400, "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n d\r\n\r\n"},
        {"9110 5.5: NUL", 400, "GET / HTTP/1.1\r\nHost: a\r\nB: c\0d\r\n\r\n"sv},
        {"9110 5.5: DEL", 400, "GET / HTTP/1.1\r\nHost: a\r\nB: 0123456\x7f\r\n\r\n"},
        {"9110 5.5: obs-text, tab", 0, "GET / HTTP/1.1\r\nHost: a\r\nB: 01234\t\xff\x80\r\n\r\n"},
        {"9110 8.6: a sign", 400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx"},
        {"9110 8.6: a minus", 400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nx"},
        {"9110 8.6: empty", 400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"},
        {"9110 8.6: hexadecimal", 400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n"},
        {"9110 8.6: beyond 64 bits", 400,
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n"},
        {"9112 6.3: a list", 400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx"},
        {"9112 6.3: repeated", 400,
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"},
        {"9112 6.3: with Transfer-Encoding", 400,
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
            "0\r\n\r\n"},
        {"9112 6.1: another coding", 501,
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
        {"9112 6.1: a word like it", 501,
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"},
        {"9112 6.1: identity", 501,
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"},
        {"9112 6.1: twice", 400,
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
            "chunked\r\n\r\n0\r\n\r\n"},
        {"9112 6.1: in 1.0", 400,
            "GET / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"9112 7: names ignore case", 0,
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n"},
    };
    for (auto const& [section, status, request] : cases)
        EXPECT_EQ(status_of_refusal(request), status) << section;
}

TEST(RequestParser, refuses_nonsense_before_the_head_is_whole)
{
    auto const refused = [](std::string_view bytes) {
        RequestParser parser;
        std::string const before(bytes.substr(0, bytes.size() - 1));
        std::string_view input = before;
        EXPECT_EQ(parser.next(input), Step::need_more) << bytes;
        input = bytes.substr(bytes.size() - 1);
        return parser.next(input) == Step::error ? parser.error().status : 0;
    };
    EXPECT_EQ(refused("\x16"), 400) << "TLS";
    EXPECT_EQ(refused("SSH-2.0-x\r\n"), 400);
    EXPECT_EQ(refused("GET / HTTP/2.0\r\n"), 505);
    EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\nno field\r\n"), 400);
    EXPECT_EQ(refused("GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n"), 501);
    EXPECT_EQ(refused("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n"), 400);
    EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\n"), 0);
    EXPECT_EQ(refused("\r\nGET\r"), 0) << "the line may yet end so";
}

// Else two cuts of the same bytes would be answered differently.
TEST(RequestParser, lets_the_first_line_that_is_wrong_decide)
{
    ParserLimits const limits{.start_line_bytes_max = 20, .head_bytes_max = 60,
        .header_lines_max = 2};
    std::string const line = "GET / HTTP/1.1\r\n";
    EXPECT_EQ(status_of_refusal("GET / HTTP/3.0\r\nA\nB", limits), 505);
    EXPECT_EQ(status_of_refusal("G@" + std::string(100, 'a'), limits), 400);
    EXPECT_EQ(status_of_refusal(line + "Transfer-Encoding: x\r\nA\nB", limits), 501);
    EXPECT_EQ(status_of_refusal(line + "A\nTransfer-Encoding: x\r\n", limits), 400);
    EXPECT_EQ(status_of_refusal(line + "A:\r\nB\r\nC:\r\nD:\r\n", limits), 400);
    EXPECT_EQ(status_of_refusal(line + "A:\r\nB:\r\nC:\r\nD\r\n", limits), 431);
    EXPECT_EQ(status_of_refusal(line + "A\r\nB: " + std::string(100, 'b'), limits), 400);
}

TEST(RequestParser, refuses_chunks_that_two_readers_could_cut_differently)
{
    struct Case {
        char const* section;
        int status;
        std::string_view body;
    };
    Case const cases[] = {
        {"9112 7.1: no size", 400, "\r\n"},
        {"9112 7.1: a sign", 400, "+1\r\na\r\n0\r\n\r\n"},
        {"9112 7.1: a prefix", 400, "0x1\r\na\r\n0\r\n\r\n"},
        {"9112 7.1: sixteen digits", 0, "0000000000000001\r\na\r\n0\r\n\r\n"},
        {"9112 7.1: seventeen", 400, "00000000000000001\r\na\r\n0\r\n\r\n"},
        {"9112 7.1.1: space after the size", 400, "1 \r\na\r\n0\r\n\r\n"},
        {"9112 7.1.1: space before the extension", 400, "1 ;b\r\na\r\n0\r\n\r\n"},
        {"9112 7.1.1: an extension", 0, "1;b=\"c;d\"\r\na\r\n0\r\n\r\n"},
        {"9112 7.1.1: LF ends an extension", 400, "1;b\na\r\n0\r\n\r\n"},
        {"9112 7.1.1: CR within an extension", 400, "1;b\rc\r\na\r\n0\r\n\r\n"},
        {"9112 7.1: LF after the size", 400, "1\na\r\n0\r\n\r\n"},
        {"9112 7.1: more data than the size says", 400, "1\r\nab\r\n0\r\n\r\n"},
        {"9112 7.1: LF after the data", 400, "1\r\na\n0\r\n\r\n"},
        {"9112 7.1: CR without LF after the data", 400, "1\r\na\r0\r\n\r\n"},
        {"9112 7.1.2: a trailer", 0, "0\r\nA: b\r\nC:\r\n\r\n"},
        {"9112 7.1.2: a trailer without a name", 400, "0\r\n: b\r\n\r\n"},
        {"9112 7.1.2: a trailer without a colon", 400, "0\r\nA b\r\n\r\n"},
        {"9112 7.1.2: a folded trailer", 400, "0\r\nA: b\r\n c\r\n\r\n"},
        {"9112 7.1.2: LF after a trailer", 400, "0\r\nA: b\n\r\n"},
        {"9112 7.1: LF at the very end", 400, "0\r\n\n"},
        {"9112 8: cut", 400, "5\r\nab"},
        {"9112 8: cut before the last line", 400, "1\r\na\r\n0\r\n"},
    };
    std::string const head = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (auto const& [section, status, body] : cases)
        EXPECT_EQ(status_of_refusal(head + std::string(body)), status) << section;
}

TEST(RequestParser, answers_each_bound_with_its_status)
{
    ParserLimits const limits{.start_line_bytes_max = 20,
        .head_bytes_max = 100,
        .header_lines_max = 3,
        .chunk_extension_bytes_max = 4,
        .trailer_bytes_max = 10,
        .interim_heads_max = 1};
    auto const fits = "GET /23456 HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(status_of_refusal(fits, limits), 0);
    EXPECT_EQ(status_of_refusal("GET /234567 HTTP/1.1\r\nHost: a\r\n\r\n", limits), 0);
    EXPECT_EQ(status_of_refusal("GET /2345678 HTTP/1.1\r\nHost: a\r\n\r\n", limits), 414);
    EXPECT_EQ(status_of_refusal(std::string(22, 'a'), limits), 400); // May yet fit; but it was cut.
    EXPECT_EQ(status_of_refusal(std::string(23, 'a'), limits), 414);

    auto const with_head_of = [](std::size_t size) {
        std::string head = "GET / HTTP/1.1\r\nHost: a\r\nB: ";
        return head + std::string(size - head.size() - 4, 'b') + "\r\n\r\n";
    };
    EXPECT_EQ(status_of_refusal(with_head_of(100), limits), 0);
    EXPECT_EQ(status_of_refusal(with_head_of(101), limits), 431);

    EXPECT_EQ(status_of_refusal("GET / HTTP/1.1\r\nHost: a\r\nB:\r\nC:\r\n\r\n", limits), 0);
    EXPECT_EQ(status_of_refusal("GET / HTTP/1.1\r\nHost: a\r\nB:\r\nC:\r\nD:\r\n\r\n", limits),
        431);

    std::string const chunked = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(status_of_refusal(chunked + "1;ab\r\nx\r\n1;cd\r\nx\r\n0\r\n\r\n", limits), 0);
    EXPECT_EQ(status_of_refusal(chunked + "1;ab\r\nx\r\n1;cde\r\nx\r\n0\r\n\r\n", limits), 400);
    EXPECT_EQ(status_of_refusal(chunked + "0\r\nA: bcde\r\n\r\n", limits), 431);
    EXPECT_EQ(status_of_refusal(chunked + "0\r\nA: bcd\r\n\r\n", limits), 0);
}

TEST(RequestParser, lets_the_absolute_target_name_the_host)
{
    auto const head = head_of("GET HTTP://x.org:8080?q HTTP/1.1\r\nHost: other\r\n\r\n");
    EXPECT_EQ(head.host, "x.org:8080"); // RFC 9112 §3.2.2
    EXPECT_EQ(head.path, "/");
    EXPECT_EQ(head.query, "q");
    EXPECT_EQ(head_of("OPTIONS http://x.org HTTP/1.1\r\nHost: x.org\r\n\r\n").path, "*");
}

TEST(RequestParser, says_whether_the_connection_lives_on)
{
    // RFC 9112 §9.3
    auto const lives = [](std::string_view version, std::string_view connection) {
        auto const request = fmt::format("GET / {}\r\nHost: a\r\n{}\r\n", version, connection);
        return head_of(request).keeps_alive;
    };
    EXPECT_TRUE(lives("HTTP/1.1", ""));
    EXPECT_FALSE(lives("HTTP/1.1", "Connection: x ,\tCLOSE\r\n"));
    EXPECT_FALSE(lives("HTTP/1.0", ""));
    EXPECT_TRUE(lives("HTTP/1.0", "Connection: Keep-Alive\r\n"));
    EXPECT_FALSE(lives("HTTP/1.0", "Connection: keep-alive\r\nConnection: close\r\n"));
}

TEST(RequestParser, flags_expectations_and_upgrades_of_1_1_alone)
{
    std::string const fields = "Host: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n"
                               "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n";
    auto const head = head_of("GET / HTTP/1.1\r\n" + fields);
    EXPECT_TRUE(head.expects_continue);
    EXPECT_TRUE(head.wants_upgrade);
    auto const old = head_of("GET / HTTP/1.0\r\n" + fields);
    EXPECT_FALSE(old.expects_continue); // RFC 9110 §10.1.1
    EXPECT_FALSE(old.wants_upgrade);    // RFC 9110 §7.8
    EXPECT_FALSE(head_of("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\n\r\n").wants_upgrade);
}

TEST(RequestParser, reads_nothing_after_a_request_that_closes)
{
    // RFC 9112 §9.6: a request smuggled behind it is never seen.
    EXPECT_EQ(transcript("GET / HTTP/1.0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n"),
        "head: GET / path=/ query= host= 1.0 framing=0 length=0\nend\nidle\n");
}

TEST(RequestParser, forgets_the_former_request)
{
    EXPECT_EQ(transcript("GET http://b/?q HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
                         "OPTIONS * HTTP/1.0\r\n\r\n"),
        "head: GET http://b/?q path=/ query=q host=b 1.0 framing=0 length=0 lives "
        "Connection=keep-alive;\nend\n"
        "head: OPTIONS * path=* query= host= 1.0 framing=0 length=0\nend\nidle\n");
}

TEST(RequestParser, says_at_the_close_whether_a_request_was_cut)
{
    EXPECT_EQ(transcript(""), "idle\n");
    EXPECT_EQ(transcript("\r\n"), "idle\n");
    EXPECT_EQ(transcript("GET"), "error: 400 The head is cut.\n");
    EXPECT_EQ(status_of_refusal("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1"), 400);
}

}  // namespace
}  // namespace gatehouse::http
