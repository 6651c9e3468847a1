// SPDX-License-Identifier: Apache-2.0
#include "gateway/world_test.hpp"
#include "schema/openapi.hpp"
#include "schema/schema.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

// What requests have to look like before a service gets them.
namespace gatehouse::gateway {
namespace {

constexpr std::string_view order = R"({
    "type": "object", "required": ["item"], "additionalProperties": false,
    "properties": {"item": {"type": "string"}, "count": {"type": "integer", "maximum": 5}}
})";

GatewayOptions judged_by_schema()
{
    auto options = one_service();
    options.routes[0].max_body = 1000;
    options.routes[0].validation.body
        = schema::compile({{"order.json", std::string(order)}}, "order.json").value();
    return options;
}

std::string with_body(std::string_view method, std::string_view path, std::string_view body,
    std::string_view fields = "Content-Type: application/json\r\n")
{
    return fmt::format("{} {} HTTP/1.1\r\nHost: h\r\n{}Content-Length: {}\r\n\r\n{}", method, path,
        fields, body.size(), body);
}

std::string post(
    std::string_view body, std::string_view fields = "Content-Type: application/json\r\n")
{
    return with_body("POST", "/api/orders", body, fields);
}

struct Validate : testing::Test {
    // The status, or what the upstream got.
    std::string outcome(std::string_view request)
    {
        auto const client = world.connect();
        auto const dialled = world.wire.dialled.size();
        auto const answer = world.ask(client, request);
        if (!answer.empty())
            return answer;
        EXPECT_GT(world.wire.dialled.size(), dialled);
        return world.hear(world.upstream());
    }
    World world{judged_by_schema()};
};

TEST_F(Validate, lets_a_body_through_that_fits)
{
    auto const sent = outcome(post(R"({"item": "tea", "count": 5})"));
    EXPECT_TRUE(sent.starts_with("POST /api/orders HTTP/1.1\r\n")) << sent;
    EXPECT_TRUE(sent.ends_with("Content-Length: 27\r\n\r\n{\"item\": \"tea\", \"count\": 5}"));
}

TEST_F(Validate, tells_where_a_body_does_not_fit_and_asks_nobody)
{
    auto const client = world.connect();
    auto const answer = world.ask(client, post(R"({"count": 7, "price": 1})"));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
    EXPECT_TRUE(has(answer, R"("error_code":"VAL_001")"));
    EXPECT_TRUE(has(answer, R"({"in":"body","pointer":"/count","keyword":"maximum",)")) << answer;
    EXPECT_TRUE(has(answer, R"("pointer":"/price")")) << answer;
    EXPECT_TRUE(has(answer, R"("keyword":"required")")) << answer;
    EXPECT_TRUE(world.wire.dialled.empty());

    EXPECT_EQ(world.ask(client, post(R"({"item": "tea"})")), "") << "the connection serves on";
    EXPECT_EQ(world.wire.dialled.size(), 1u);
}

TEST_F(Validate, judges_a_chunked_body_once_it_is_whole)
{
    auto const client = world.connect();
    EXPECT_EQ(world.ask(client,
                  "POST /api/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "8\r\n{\"item\":\r\n"),
        "");
    EXPECT_TRUE(world.ask(client, "2\r\n1}\r\n0\r\n\r\n").starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(outcome(post(std::string(1001, ' '))).starts_with("HTTP/1.1 413 "));
}

TEST_F(Validate, refuses_what_is_no_json)
{
    for (auto const* const body : {"{\"item\":", "{} {}", "item=tea", "{\"item\": \"\xff\"}"}) {
        auto const answer = outcome(post(body));
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ") && has(answer, "is no JSON")) << answer;
    }
}

// What is judged as JSON must not be read as anything else behind.
TEST_F(Validate, refuses_bodies_that_the_service_might_read_otherwise)
{
    for (auto const* const fields :
        {"Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n",
            "Content-Type: application/json\r\nContent-Type: text/plain\r\n",
            "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"}) {
        auto const answer = outcome(post(R"({"item": "tea"})", fields));
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 415 ") && has(answer, "REQ_004")) << answer;
    }
    for (auto const* const fields : {"", "Content-Type: Application/JSON; charset=utf-8\r\n",
             "Content-Type: application/order+json\r\nContent-Encoding: identity\r\n"})
        EXPECT_TRUE(outcome(post(R"({"item": "tea"})", fields)).starts_with("POST ")) << fields;
}

TEST_F(Validate, misses_a_body_where_the_method_has_one)
{
    auto const missed = outcome("PUT /api/x HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(missed.starts_with("HTTP/1.1 400 ") && has(missed, "must be there")) << missed;
    EXPECT_TRUE(outcome(plain_get).starts_with("GET "));
    EXPECT_TRUE(outcome(with_body("GET", "/api/x", "{}")).starts_with("HTTP/1.1 400 "));
}

TEST_F(Validate, takes_a_new_schema_from_the_next_request_on)
{
    auto const client = world.connect();
    auto const before = post(R"({"item": "tea", "price": 1})");
    EXPECT_TRUE(world.ask(client, before).starts_with("HTTP/1.1 400 "));
    auto options = judged_by_schema();
    options.routes[0].validation.body = schema::compile({{"any.json", "true"}}, "any.json").value();
    world.gateway.reload(compile(options).value());
    EXPECT_EQ(world.ask(client, before), "");
    EXPECT_EQ(world.wire.dialled.size(), 1u);
}

// ---- OpenAPI

constexpr std::string_view shop = R"({
"openapi": "3.1.0",
"info": {"title": "Shop", "version": "1"},
"paths": {
  "/": {"get": {}},
  "/orders": {"post": {"requestBody": {"required": true, "content": {
      "application/json": {"schema": {"type": "object", "required": ["item"]}},
      "text/plain": {"schema": {"type": "string"}}}}}},
  "/orders/{id}": {
    "parameters": [
      {"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}}],
    "get": {"parameters": [
      {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
      {"name": "state", "in": "query",
        "schema": {"type": "array", "items": {"enum": ["open", "paid"]}}},
      {"name": "X-Trace", "in": "header", "required": true, "schema": {"minLength": 2}},
      {"name": "mood", "in": "cookie", "schema": {"enum": ["good"]}}]}}
}})";

struct ValidateApi : Validate {
    ValidateApi()
    {
        auto options = one_service();
        options.routes[0].validation
            = {.api = schema::read_openapi({{"shop.json", std::string(shop)}}, "shop.json").value(),
                .base = "/api"};
        world.gateway.reload(compile(options).value());
    }
    std::string get(std::string_view path, std::string_view fields = "X-Trace: ab\r\n")
    {
        return outcome(fmt::format("GET {} HTTP/1.1\r\nHost: h\r\n{}\r\n", path, fields));
    }
};

TEST_F(ValidateApi, knows_the_operations_below_its_base)
{
    EXPECT_TRUE(get("/api/orders/7").starts_with("GET /api/orders/7 "));
    EXPECT_TRUE(get("/api/").starts_with("GET /api/ "));
    EXPECT_TRUE(get("/api/none").starts_with("HTTP/1.1 404 "));
    EXPECT_TRUE(outcome("HEAD /api/ HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HEAD "));
    auto const refused = outcome("DELETE /api/orders/7 HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 405 ")) << refused;
    EXPECT_TRUE(has(refused, "Allow: GET, HEAD\r\n")) << refused;
}

TEST_F(ValidateApi, judges_parameters_wherever_they_stand)
{
    auto const good = "X-Trace: ab\r\nCookie: a=b; mood=good\r\n";
    EXPECT_TRUE(
        get("/api/orders/7?limit=100&state=open&state=paid&other=1", good).starts_with("GET "));
    auto const refused = [&](std::string_view path, std::string_view fields, std::string_view why) {
        auto const answer = get(path, fields);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ") && has(answer, why)) << answer;
    };
    refused("/api/orders/0", good, R"({"in":"path","name":"id","pointer":"","keyword":"minimum")");
    refused("/api/orders/x", good, R"({"in":"path","name":"id","pointer":"","keyword":"type")");
    refused("/api/orders/7?limit=1000", good, R"({"in":"query","name":"limit",)");
    refused("/api/orders/7?state=open&state=new", good, R"("name":"state","pointer":"/1",)");
    refused("/api/orders/7?limit=%zz", good, "has an escape that is broken");
    refused("/api/orders/7", "", R"({"in":"header","name":"x-trace","pointer":"","keyword":)");
    refused("/api/orders/7", "X-Trace: a\r\n", R"("keyword":"minLength")");
    refused("/api/orders/7", "X-Trace: ab\r\nCookie: mood=bad\r\n", R"({"in":"cookie",)");
}

TEST_F(ValidateApi, judges_bodies_by_their_type)
{
    auto const ask = [&](std::string_view body, std::string_view type) {
        return outcome(with_body("POST", "/api/orders", body,
            type.empty() ? "" : fmt::format("Content-Type: {}\r\n", type)));
    };
    EXPECT_TRUE(ask(R"({"item": 1})", "application/json").starts_with("POST "));
    EXPECT_TRUE(ask(R"({"item": 1})", "").starts_with("POST ")) << "taken for JSON, and judged";
    EXPECT_TRUE(ask(R"({})", "").starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(ask(R"({})", "application/json").starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(ask("anything", "text/plain").starts_with("POST ")) << "not JSON: as it comes";
    EXPECT_TRUE(ask("a,b", "text/csv").starts_with("HTTP/1.1 415 "));
    EXPECT_TRUE(
        outcome("POST /api/orders HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 400 "));
    auto const surplus = outcome(with_body("GET", "/api/", "{}"));
    EXPECT_TRUE(surplus.starts_with("HTTP/1.1 400 ") && has(surplus, "must not be there"));
}

} // namespace
} // namespace gatehouse::gateway
