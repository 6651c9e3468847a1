// SPDX-License-Identifier: Apache-2.0
#include "schema/openapi.hpp"

#include <gtest/gtest.h>

namespace gatehouse::schema {
namespace {

constexpr std::string_view shop = R"({
"openapi": "3.1.0",
"info": {"title": "Shop", "version": "1"},
"paths": {
  "/orders": {
    "post": {
      "operationId": "order",
      "requestBody": {"$ref": "#/components/requestBodies/order"}
    },
    "get": {
      "parameters": [
        {"$ref": "#/components/parameters/limit"},
        {"name": "state", "in": "query",
          "schema": {"type": "array", "items": {"enum": ["open", "paid"]}}},
        {"name": "ids", "in": "query", "explode": false,
          "schema": {"type": "array", "items": {"type": "integer"}}},
        {"name": "X-Trace", "in": "header", "required": true, "schema": {"type": "string"}},
        {"name": "Authorization", "in": "header", "required": true, "schema": {"type": "string"}},
        {"name": "filter", "in": "query",
          "content": {"application/json": {"schema": {"type": "object", "required": ["a"]}}}}
      ]
    }
  },
  "/orders/{id}": {
    "parameters": [
      {"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}}
    ],
    "get": {},
    "put": {
      "parameters": [
        {"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 5}}
      ],
      "requestBody": {"content": {
        "application/json": {"schema": {"type": "integer"}},
        "text/*": {},
        "*/*": {"schema": false}
      }}
    }
  },
  "/orders/latest": {"get": {"operationId": "latest"}},
  "/files/{name}.{kind}": {"get": {}},
  "/other": {"$ref": "other.json#/items/a~1b%25"}
},
"components": {
  "requestBodies": {"order": {"required": true, "content": {"application/json": {
    "schema": {"$ref": "#/components/schemas/Order"}}}}},
  "parameters": {"limit": {"name": "limit", "in": "query",
    "schema": {"$ref": "#/components/schemas/Limit"}}},
  "schemas": {
    "Limit": {"type": "integer", "maximum": 100},
    "Order": {"type": "object", "required": ["item"],
      "properties": {"item": {"$ref": "item.json#/$defs/item"}}, "example": {"item": "x"}}
  }
}})";

Documents documents()
{
    return {{"api.json", std::string(shop)},
        {"item.json", R"({"$defs":{"item":{"type":"string"}}})"},
        {"other.json", R"({"items":{"a/b%":{"get":{"operationId":"other"}}}})"}};
}

std::shared_ptr<Api const> api()
{
    auto const read = read_openapi(documents(), "api.json");
    EXPECT_TRUE(read) << read.error().text();
    return read ? *read : nullptr;
}

std::string complaint(std::string_view text)
{
    auto const read = read_openapi({{"a.json", std::string(text)}}, "a.json");
    return read ? "reads" : read.error().text();
}

std::string first_fault(Parameter const& parameter, std::vector<std::string> const& values)
{
    auto const faults = validate(parameter, values);
    return faults.empty() ? "" : faults.front().pointer + " " + faults.front().message;
}

Operation const& operation(Api const& of, std::string_view method, std::string_view path)
{
    auto const found = of.find(method, path);
    EXPECT_TRUE(found) << method << " " << path;
    return *found->operation;
}

TEST(OpenApi, finds_operations_by_method_and_path)
{
    auto const shop_api = api();
    ASSERT_TRUE(shop_api);
    EXPECT_EQ(shop_api->operations().size(), 7U);
    EXPECT_EQ(operation(*shop_api, "POST", "/orders").id, "order");
    EXPECT_EQ(operation(*shop_api, "GET", "/orders/latest").id, "latest");
    EXPECT_EQ(operation(*shop_api, "GET", "/other").id, "other");
    auto const found = shop_api->find("GET", "/orders/17");
    ASSERT_TRUE(found);
    ASSERT_EQ(found->values.size(), 1U);
    EXPECT_EQ(found->values[0].first, "id");
    EXPECT_EQ(found->values[0].second, "17");
    auto const file = shop_api->find("GET", "/files/a.b.json");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->values[0].second, "a");
    EXPECT_EQ(file->values[1].second, "b.json");
    for (auto const* const path :
        {"/", "/order", "/orders/", "/orders/1/2", "/files/a", "/files/.b"})
        EXPECT_FALSE(shop_api->find("GET", path)) << path;
    EXPECT_FALSE(shop_api->find("DELETE", "/orders"));
    EXPECT_TRUE(shop_api->has_path("/orders"));
    EXPECT_FALSE(shop_api->has_path("/none"));
}

TEST(OpenApi, judges_bodies_by_their_media_type)
{
    auto const shop_api = api();
    ASSERT_TRUE(shop_api);
    auto const& order = operation(*shop_api, "POST", "/orders");
    EXPECT_TRUE(order.needs_body);
    auto const* const body = order.body("Application/JSON; charset=utf-8");
    ASSERT_TRUE(body != nullptr && body->schema);
    json::Parser parser;
    EXPECT_TRUE(validate(*body->schema, *parser.parse(R"({"item":"x"})")).empty());
    auto const faults = validate(*body->schema, *parser.parse(R"({"item":1})"));
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_EQ(faults[0].pointer, "/item");
    EXPECT_EQ(order.body("text/plain"), nullptr);

    auto const& put = operation(*shop_api, "PUT", "/orders/1");
    EXPECT_FALSE(put.needs_body);
    EXPECT_EQ(put.body("application/json")->media_type, "application/json");
    EXPECT_EQ(put.body("text/html")->media_type, "text/*");
    EXPECT_EQ(put.body("text/html")->schema, nullptr);
    EXPECT_EQ(put.body("image/png")->media_type, "*/*");
}

TEST(OpenApi, reads_parameters_as_their_schemas_say)
{
    auto const shop_api = api();
    ASSERT_TRUE(shop_api);
    auto const& all = operation(*shop_api, "GET", "/orders").parameters;
    ASSERT_EQ(all.size(), 5U); // Not Authorization.
    auto const& [limit, state, ids, trace, filter]
        = std::tie(all[0], all[1], all[2], all[3], all[4]);
    EXPECT_EQ(first_fault(limit, {}), "");
    EXPECT_EQ(first_fault(limit, {"7"}), "");
    EXPECT_EQ(first_fault(limit, {"101"}), " must be at most 100, but is 101");
    EXPECT_EQ(first_fault(limit, {"x"}), " must be an integer, but is a string");
    EXPECT_EQ(first_fault(limit, {""}), " must be an integer, but is a string");
    EXPECT_EQ(first_fault(limit, {"\"7\""}), " must be an integer, but is a string");
    EXPECT_EQ(first_fault(state, {"open", "paid"}), "");
    EXPECT_EQ(
        first_fault(state, {"open", "lost"}), "/1 must be \"open\" or \"paid\", but is \"lost\"");
    EXPECT_EQ(first_fault(ids, {"1,2"}), "");
    EXPECT_EQ(first_fault(ids, {"1,x"}), "/1 must be an integer, but is a string");
    EXPECT_EQ(trace.name, "x-trace");
    EXPECT_EQ(first_fault(trace, {"17"}), ""); // Text, whatever it looks like.
    EXPECT_EQ(first_fault(trace, {}), " must be there");
    EXPECT_EQ(first_fault(filter, {R"({"a":1})"}), "");
    EXPECT_EQ(first_fault(filter, {"{}"}), " must have \"a\"");
    EXPECT_EQ(first_fault(filter, {"{"}).substr(0, 14), " must be JSON:");

    auto const& id = operation(*shop_api, "PUT", "/orders/1").parameters;
    ASSERT_EQ(id.size(), 1U); // The operation's own stands for that of the path.
    EXPECT_EQ(first_fault(id[0], {"4"}), " must be at least 5, but is 4");
    EXPECT_EQ(first_fault(operation(*shop_api, "GET", "/orders/1").parameters[0], {"4"}), "");
}

TEST(OpenApi, complains_where_and_says_what_to_do)
{
    auto const with
        = [](std::string const& paths) { return R"({"openapi":"3.1.0","paths":{)" + paths + "}}"; };
    std::vector<std::pair<std::string, std::string>> const cases{
        {"[]", "a.json#: must be an object, with \"openapi\" and \"paths\""},
        {"{}", "a.json#: must have \"openapi\""},
        {R"({"openapi":"3.0.3"})",
            "a.json#/openapi: is \"3.0.3\"; only 3.1 is read, whose schemas"},
        {R"({"openapi":"3.1.0","jsonSchemaDialect":"x"})",
            "a.json#/jsonSchemaDialect: \"x\" is not"},
        {with(R"("a":{})"), "a.json#/paths/a: a path begins with \"/\""},
        {with(R"("/{a/b}":{})"), "a.json#/paths/~1{a~1b}: a variable of a path is {name}, within"},
        {with(R"("/{a}{b}":{})"), "a.json#/paths/~1{a}{b}: a variable of a path is {name}"},
        {with(R"("/a":{"get":[]})"), "a.json#/paths/~1a/get: must be an object; is an array"},
        {with(R"("/a":{"get":{"parameters":[{"name":"x","in":"body"}]}})"),
            "a.json#/paths/~1a/get/parameters/0/in: \"body\" is not known; there are path, query"},
        {with(R"("/a":{"get":{"parameters":[{"in":"query"}]}})"),
            "a.json#/paths/~1a/get/parameters/0: must have \"name\""},
        {with(R"("/a":{"get":{"parameters":[{"name":"x","in":"path"}]}})"),
            "a.json#/paths/~1a/get/parameters/0: what is in the path is always there"},
        {with(R"("/a":{"get":{"parameters":[{"$ref":"#/no"}]}})"),
            "a.json#/paths/~1a/get/parameters/0/$ref: \"#/no\" leads nowhere"},
        {with(R"("/a":{"get":{"parameters":[{"$ref":"b.json"}]}})"),
            "a.json#/paths/~1a/get/parameters/0/$ref: \"b.json\": b.json was not handed in"},
        {with(R"("/a":{"get":{"parameters":[{"name":"x","in":"query",)"
              R"("schema":{"type":"object"}}]}})"),
            "a.json#/paths/~1a/get/parameters/0/schema: an object is not read from a parameter"},
        {with(R"("/a":{"get":{"parameters":[{"name":"x","in":"query","style":"deepObject",)"
              R"("schema":{"type":"array"}}]}})"),
            "a.json#/paths/~1a/get/parameters/0/style: \"deepObject\" is not read"},
        {with(R"("/a":{"post":{"requestBody":{}}})"),
            "a.json#/paths/~1a/post/requestBody: must have \"content\""},
        {with(R"("/a%b":{"post":{"requestBody":{"content":{"x/y":{"schema":{"type":"text"}}}}}})"),
            "a.json#/paths/~1a%b/post/requestBody/content/x~1y/schema/type: \"text\" is no type"},
    };
    for (auto const& [text, says] : cases)
        EXPECT_EQ(complaint(text).substr(0, says.size()), says) << text;
    EXPECT_EQ(complaint(with("")), "reads");
    EXPECT_EQ(complaint(R"({"openapi":"3.1.0"})"), "reads");
}

TEST(OpenApi, bounds_the_number_of_operations)
{
    std::string paths;
    for (std::size_t at = 0; at <= Api::operations_max; at++)
        paths.append(at > 0 ? ",\"/" : "\"/").append(std::to_string(at)).append("\":{\"get\":{}}");
    EXPECT_EQ(complaint(R"({"openapi":"3.1.0","paths":{)" + paths + "}}"),
        "a.json#/paths/~12000/get: more than 2000 operations; cut the document");
}

} // namespace
} // namespace gatehouse::schema
