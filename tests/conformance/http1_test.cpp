// SPDX-License-Identifier: Apache-2.0

// Judges our HTTP/1.1 parsers by the test vectors of llhttp 9 (the parser of Node.js, MIT licence):
// the strict ones, each a piece of input that llhttp takes or refuses, with the number of messages
// in it. Where we differ, http1/exceptions.txt says why; anything else fails, and so does a reason
// that is no longer needed.

#include "base/json.hpp"
#include "http/parser.hpp"
#include "http/transcript.hpp"

#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <openssl/evp.h>
#include <string>
#include <vector>

namespace gatehouse::http {
namespace {

struct Vector {
    std::string id;
    std::string type;
    std::string bytes;
    bool is_accepted = false;
    std::int64_t messages = 0;
};

std::string folder()
{
    return "tests/conformance/http1/";
}

std::string from_base64(std::string_view text)
{
    std::string bytes(text.size() / 4 * 3, '\0');
    EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
        reinterpret_cast<unsigned char const*>(text.data()), static_cast<int>(text.size()));
    while (text.ends_with('=')) {
        bytes.pop_back();
        text.remove_suffix(1);
    }
    return bytes;
}

// llhttp does not ask for Host, and hardly a vector has one. So that each is judged by its own
// point, 1.1 requests get one.
std::string with_host(std::string bytes)
{
    if (bytes.find("\r\nHost:") != bytes.npos || bytes.find("\r\nHOST:") != bytes.npos)
        return bytes;
    constexpr std::string_view line_end = " HTTP/1.1\r\n";
    for (auto at = bytes.find(line_end); at != bytes.npos; at = bytes.find(line_end, at + 1))
        bytes.insert(at + line_end.size(), "Host: a\r\n");
    return bytes;
}

std::vector<Vector> read_vectors()
{
    std::vector<Vector> vectors;
    json::Parser parser;
    std::ifstream file(folder() + "http1-llhttp.ndjson");
    for (std::string line; std::getline(file, line);) {
        auto const node = parser.parse(line);
        EXPECT_TRUE(node) << line;
        auto const text = [&node](std::string_view key) {
            return std::string(node->find(key)->text().value_or(""));
        };
        vectors.push_back({.id = text("id"),
            .type = text("type"),
            .bytes = from_base64(text("raw_b64")),
            .is_accepted = node->find("error")->kind() == json::Kind::null,
            .messages = *node->find("messages")->integer()});
    }
    return vectors;
}

// "id  ours: reason" by id.
std::map<std::string, std::string> read_exceptions()
{
    std::map<std::string, std::string> exceptions;
    std::ifstream file(folder() + "exceptions.txt");
    for (std::string line; std::getline(file, line);)
        if (!line.empty() && line.front() != '#')
            exceptions.emplace(line.substr(0, line.find(' ')), line.substr(line.find(' ') + 1));
    return exceptions;
}

std::string verdict(bool is_accepted, std::int64_t messages)
{
    return is_accepted ? fmt::format("takes {}", messages) : "refuses";
}

// As a proxy reads them: what follows an upgrade is no longer HTTP, what follows a response that
// ends the connection is surplus.
template <typename Parser>
std::string ours(Vector const& vector, Parser& parser, std::string_view bytes)
{
    Transcript transcript(parser);
    bool has_surplus = false;
    auto const after_end = [&](std::string_view rest) {
        if constexpr (std::is_same_v<Parser, RequestParser>) {
            return !parser.head().wants_upgrade;
        } else {
            has_surplus
                = !parser.head().keeps_alive && parser.head().status != 101 && !rest.empty();
            parser.begin("GET");
            return parser.head().keeps_alive;
        }
    };
    bool const goes_on = transcript.feed(bytes, after_end);
    // A head is judged once it is whole; some of those that llhttp refuses stop before.
    if (goes_on && !vector.is_accepted && transcript.text().empty())
        transcript.feed("\r\n\r\n", after_end);
    if (goes_on && vector.type.ends_with("-finish"))
        transcript.finish();
    return verdict(!transcript.has_failed() && !has_surplus, transcript.ends());
}

std::string ours(Vector const& vector)
{
    if (vector.type.starts_with("request")) {
        RequestParser parser;
        return ours(vector, parser, with_host(vector.bytes));
    }
    ResponseParser parser;
    parser.begin("GET");
    return ours(vector, parser, vector.bytes);
}

bool is_strict(Vector const& vector)
{
    return vector.type.find("lenient") == std::string::npos;
}

TEST(Http1Conformance, each_strict_vector_is_judged_as_llhttp_does_or_for_a_stated_reason)
{
    auto exceptions = read_exceptions();
    int judged = 0;
    for (auto const& vector : read_vectors()) {
        if (!is_strict(vector))
            continue;
        judged++;
        auto const theirs = verdict(vector.is_accepted, vector.messages);
        auto const mine = ours(vector);
        auto const exception = exceptions.find(vector.id);
        if (exception == exceptions.end()) {
            EXPECT_EQ(mine, theirs) << vector.id << '\n' << vector.bytes;
            continue;
        }
        EXPECT_NE(mine, theirs) << vector.id << " needs no exception";
        EXPECT_TRUE(exception->second.starts_with(mine + ": ")) << vector.id << ": " << mine;
        exceptions.erase(exception);
    }
    EXPECT_EQ(judged, 177);
    for (auto const& [id, reason] : exceptions)
        ADD_FAILURE() << id << " is no vector: " << reason;
}

// What llhttp takes only when told to be lenient, a proxy must refuse, or at least survive.
TEST(Http1Conformance, lenient_vectors_do_no_harm)
{
    for (auto const& vector : read_vectors())
        if (!is_strict(vector))
            static_cast<void>(ours(vector));
}

}  // namespace
}  // namespace gatehouse::http
