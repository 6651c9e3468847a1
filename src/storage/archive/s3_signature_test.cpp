// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/s3_signature.hpp"

#include <gtest/gtest.h>

// The examples that AWS publishes: "Signature Calculations for the Authorization Header".
namespace gatehouse::storage::archive {
namespace {

S3Keys const keys{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
WallTime const at{1'369'353'600'000}; // 2013-05-24T00:00:00Z
std::string const host = "examplebucket.s3.amazonaws.com";

std::string signature_of(S3Request request)
{
    sign(request, keys, "us-east-1", at);
    auto const& text = request.headers["authorization"];
    return text.substr(text.find("Signature=") + 10);
}

TEST(S3Signature, is_that_of_the_published_examples)
{
    EXPECT_EQ(signature_of({.method = "GET", .path = "/test.txt",
                  .headers = {{"host", host}, {"range", "bytes=0-9"}}}),
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    EXPECT_EQ(signature_of({.method = "PUT", .path = "/test$file.text",
                  .headers = {{"host", host}, {"date", "Fri, 24 May 2013 00:00:00 GMT"},
                      {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                  .body = "Welcome to Amazon S3."}),
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    EXPECT_EQ(signature_of({.method = "GET", .path = "/", .query = {{"lifecycle", ""}},
                  .headers = {{"host", host}}}),
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    EXPECT_EQ(signature_of({.method = "GET", .path = "/",
                  .query = {{"prefix", "J"}, {"max-keys", "2"}}, .headers = {{"host", host}}}),
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(S3Signature, says_who_signs_for_which_day_and_region)
{
    S3Request request{.method = "GET", .path = "/", .headers = {{"host", host}}};
    sign(request, keys, "eu-central-1", at);
    EXPECT_TRUE(request.headers["authorization"].starts_with(
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/eu-central-1/s3/aws4_request,"
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature="));
    EXPECT_EQ(request.headers["x-amz-date"], "20130524T000000Z");
}

TEST(S3Signature, encodes_as_aws_does)
{
    EXPECT_EQ(uri_encoded("a/b c~$ä"), "a%2Fb%20c~%24%C3%A4");
    EXPECT_EQ(uri_encoded("/a/b+c=@", true), "/a/b%2Bc%3D%40");
    EXPECT_EQ(uri_encoded({{"b", "/"}, {"a", ""}}), "a=&b=%2F");
}

} // namespace
} // namespace gatehouse::storage::archive
