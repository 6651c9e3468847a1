// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/s3.hpp"

#include "storage/archive/s3_answer.hpp"
#include "storage/archive/s3_server_test.hpp"

#include <gtest/gtest.h>

namespace gatehouse::storage::archive {
namespace {

struct S3Test : ::testing::Test {
    testing::S3Server server;

    std::unique_ptr<S3> open(std::function<void(S3Options&)> const& change = [](S3Options&) {})
    {
        auto options = server.options();
        change(options);
        return S3::open(std::move(options)).value();
    }
};

TEST_F(S3Test, gives_back_what_was_put_and_replaces_and_removes_it)
{
    auto const s3 = open();
    std::string const bytes("x\0y\xff", 4);
    ASSERT_TRUE(s3->put("a/b=c+d@e", bytes));
    EXPECT_EQ(s3->get("a/b=c+d@e"), bytes);
    EXPECT_EQ(server.objects().begin()->first, "some/prefix/a/b=c+d@e");
    ASSERT_TRUE(s3->put("a/b=c+d@e", ""));
    EXPECT_EQ(s3->get("a/b=c+d@e"), "");
    ASSERT_TRUE(s3->remove("a/b=c+d@e"));
    EXPECT_TRUE(s3->remove("a/b=c+d@e"));
    EXPECT_EQ(s3->get("a/b=c+d@e").error().code, ErrorCode::not_found);
    EXPECT_EQ(s3->put("../a", "").error().code, ErrorCode::bad_request);
    std::string const large(3 << 20, 'l');
    ASSERT_TRUE(s3->put("large", large));
    EXPECT_EQ(s3->get("large"), large);
}

// curl takes every name under localhost for this machine.
TEST_F(S3Test, finds_a_bucket_that_is_part_of_the_host)
{
    auto const s3 = open([](S3Options& options) {
        options.endpoint.replace(options.endpoint.find("127.0.0.1"), 9, "localhost");
        options.style = S3Style::host;
    });
    ASSERT_TRUE(s3->put("a/b", "1"));
    EXPECT_EQ(server.objects().begin()->first, "some/prefix/a/b");
    EXPECT_EQ(s3->list("a/", "", 10), (std::vector<ObjectInfo>{{"a/b", 1}}));
    EXPECT_EQ(open()->get("a/b"), "1");
}

TEST_F(S3Test, lists_page_by_page_in_order_what_is_under_its_prefix)
{
    auto const s3 = open();
    auto const elsewhere = open([](S3Options& options) { options.prefix.clear(); });
    ASSERT_TRUE(elsewhere->put("some/prefixed", "x"));
    std::vector<ObjectInfo> expected;
    for (char c = 'a'; c < 'l'; c++) {
        ASSERT_TRUE(s3->put(std::string("x/") + c, std::string(1, c)));
        expected.push_back({std::string("x/") + c, 1});
    }
    ASSERT_TRUE(s3->put("y", "y"));
    EXPECT_EQ(s3->list("x/", "", 1000), expected);
    EXPECT_EQ(s3->list("", "x/k", 1000), (std::vector<ObjectInfo>{{"y", 1}}));
    EXPECT_EQ(s3->list("x/", "x/b", 4),
        std::vector<ObjectInfo>(expected.begin() + 2, expected.begin() + 6));
    EXPECT_EQ(s3->list("z", "", 4), std::vector<ObjectInfo>{});
    EXPECT_EQ(elsewhere->list("", "", 100)->size(), 13u);
}

TEST_F(S3Test, tries_again_what_may_pass_and_gives_up_in_the_end)
{
    using testing::S3Server;
    auto const s3 = open();
    auto const slow = S3Server::error("503 Slow Down", "SlowDown");
    server.answer_next({slow, "", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"});
    ASSERT_TRUE(s3->put("a", "1"));
    EXPECT_EQ(server.requests, 4);
    server.answer_next({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"});
    EXPECT_EQ(s3->get("a"), "1");
    server.answer_next({"after", "after"}); // Done, and nobody heard of it.
    ASSERT_TRUE(s3->put("b", "2"));
    EXPECT_EQ(s3->get("b"), "2");

    server.answer_next({slow, slow, slow, slow});
    auto const put = s3->put("c", "3");
    EXPECT_EQ(put.error().code, ErrorCode::unavailable);
    EXPECT_EQ(put.error().message, "The archive's service has too much to do.");
    EXPECT_EQ(put.error().detail, "PUT /bucket/some/prefix/c: 503 SlowDown: No.");
    EXPECT_EQ(s3->get("c").error().code, ErrorCode::not_found);
}

TEST_F(S3Test, says_what_to_do_and_does_not_try_again_what_will_not_pass)
{
    auto const wrong = open([](S3Options& options) { options.keys.secret = "wrong"; });
    auto const put = wrong->put("a", "1");
    EXPECT_EQ(put.error().code, ErrorCode::unauthenticated);
    EXPECT_TRUE(put.error().message.contains("secret_key")) << put.error().message;
    EXPECT_FALSE(put.error().detail.contains("wrong"));
    EXPECT_EQ(server.requests, 1);

    auto const s3 = open();
    auto const told = [&](std::string const& status, std::string const& code) {
        server.answer_next({testing::S3Server::error(status, code)});
        auto const error = s3->get("a").error();
        return error.message;
    };
    EXPECT_TRUE(told("403 Forbidden", "RequestTimeTooSkewed").contains("clock"));
    EXPECT_TRUE(told("404 Not Found", "NoSuchBucket").contains("bucket does not exist"));
    EXPECT_TRUE(told("301 Moved", "PermanentRedirect").contains("archive.region"));
    EXPECT_TRUE(told("403 Forbidden", "AccessDenied").contains("may not"));
    EXPECT_EQ(server.requests, 5);
}

TEST_F(S3Test, finds_an_object_that_changed_and_a_list_that_is_none)
{
    auto const s3 = open();
    ASSERT_TRUE(s3->put("a", "1"));
    server.damage("some/prefix/a");
    EXPECT_EQ(s3->get("a").error().message, "An object of the archive is damaged.");
    server.answer_next({testing::S3Server::answer("200 OK", "<html>Welcome</html>")});
    EXPECT_EQ(s3->list("", "", 1).error().code, ErrorCode::internal);
}

// The kernel takes the connection, and nobody ever answers.
TEST_F(S3Test, waits_for_a_service_that_is_silent_only_so_long)
{
    runtime::Descriptor const silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    ASSERT_EQ(::bind(silent.get(), generic, size), 0);
    ASSERT_EQ(::listen(silent.get(), 16), 0);
    ASSERT_EQ(::getsockname(silent.get(), generic, &size), 0);
    auto const s3 = open([&](S3Options& options) {
        options.endpoint = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
        options.tries_max = 1;
        options.call_max = std::chrono::seconds(1);
    });
    EXPECT_EQ(s3->put("a", "1").error().code, ErrorCode::unavailable);
    EXPECT_EQ(s3->get("a").error().code, ErrorCode::unavailable);
}

TEST_F(S3Test, stops_when_told_to)
{
    std::stop_source stop;
    stop.request_stop();
    auto const s3 = open([&stop](S3Options& options) { options.stop = stop.get_token(); });
    EXPECT_FALSE(s3->put("a", "1"));
    auto const nobody = open([](S3Options& options) {
        options.endpoint = "http://127.0.0.1:1";
        options.tries_max = 2;
    });
    EXPECT_EQ(nobody->get("a").error().code, ErrorCode::unavailable);
}

TEST(S3, wants_an_endpoint_that_is_one)
{
    for (std::string const endpoint : {"", "s3.example.com", "ftp://a", "http://", "https://a/b"})
        EXPECT_FALSE(S3::open({.endpoint = endpoint, .bucket = "b", .region = "r", .keys = {},
            .clock = [] { return WallTime{}; }})) << endpoint;
}

TEST(S3Answer, reads_the_little_xml_there_is)
{
    EXPECT_EQ(element("<a><Code>x &amp;lt;&#9;</Code></a>", "Code"), "x &lt;&#9;");
    EXPECT_EQ(element("<Code>x", "Code"), std::nullopt);
    auto const page = read_page(
        "<ListBucketResult xmlns=\"y\"><IsTruncated>true</IsTruncated><Contents><Key>a</Key>"
        "<Size>7</Size></Contents></ListBucketResult>");
    EXPECT_EQ(page->objects, (std::vector<ObjectInfo>{{"a", 7}}));
    EXPECT_FALSE(page->is_last);
    for (std::string const bad : {"", "<Contents/>", "<ListBucketResult></ListBucketResult>",
             "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>7x"
             "</Size></Contents></ListBucketResult>"})
        EXPECT_FALSE(read_page(bad)) << bad;
}

} // namespace
} // namespace gatehouse::storage::archive
