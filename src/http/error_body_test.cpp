// SPDX-License-Identifier: Apache-2.0
#include "http/error_body.hpp"

#include "http/status.hpp"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

TEST(ErrorBody, says_everything_once_for_every_client)
{
    Problem const problem{.code = ErrorCode::rate_limited,
        .message = "Too \"many\".",
        .instance = "/v1/rooms",
        .request_id = "r1",
        .details = R"({"after":3})"};
    EXPECT_EQ(error_body(problem, {1'795'269'787'123}),
        R"({"type":"about:blank","title":"Too Many Requests","status":429,)"
        R"("detail":"Too \"many\".","instance":"/v1/rooms","error_code":"RATE_001",)"
        R"("code":"rate_limited","message":"Too \"many\".","details":{"after":3},)"
        R"("request_id":"r1","timestamp":"2026-11-21T14:03:07.123Z"})");
}

TEST(ErrorBody, lets_a_status_and_a_word_be_named)
{
    auto const response = error_response({.code = ErrorCode::bad_request,
                                             .message = "x",
                                             .status = 422,
                                             .error_code = idempotency_key_reused},
        {});
    EXPECT_EQ(response.status, 422);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_NE(response.body.find(R"("error_code":"IDEM_003")"), std::string::npos);
    EXPECT_NE(response.body.find(R"("details":{})"), std::string::npos);
}

TEST(Status, each_code_has_a_status_that_is_registered_and_a_word)
{
    for (int code = 0; code <= static_cast<int>(ErrorCode::unsupported); code++) {
        auto const status = status_of(static_cast<ErrorCode>(code));
        EXPECT_FALSE(reason_of(status).empty()) << status;
        EXPECT_FALSE(error_code_of(status).empty());
    }
}

TEST(Status, keeps_the_words_of_the_gateway_contract)
{
    std::pair<int, std::string_view> const words[] = {{401, "AUTH_001"}, {403, "AUTH_002"},
        {400, "VAL_001"}, {429, "RATE_001"}, {503, "SVC_001"}, {502, "SVC_002"}, {504, "SVC_003"},
        {500, "INT_001"}, {404, "REQ_001"}, {405, "REQ_002"}, {413, "REQ_003"}, {415, "REQ_004"},
        {431, "REQ_005"}, {414, "REQ_005"}, {418, "VAL_001"}, {501, "INT_001"}};
    for (auto const& [status, word] : words)
        EXPECT_EQ(error_code_of(status), word) << status;
}

}  // namespace
}  // namespace gatehouse::http
