// SPDX-License-Identifier: Apache-2.0
#include "config/validation.hpp"

#include "config/testing.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gatehouse::config {
namespace {

using testing::World;

constexpr std::string_view head = R"(
services: { users: { endpoints: "10.0.0.4:80" } }
routes:
  - match: /api/**
    to: users
    validate: )";

std::string with(std::string_view validate)
{
    return std::string(head).append(validate).append("\n");
}

World schemas()
{
    World world{.main = "/etc/gatehouse.yaml"};
    world.files["/etc/schemas/item.json"]
        = R"({"$id": "https://example.com/item.json", "pattern": "^[a-z]+$"})";
    world.files["/etc/place.yaml"] = R"(
$id: https://place.yaml
$defs:
  at: { type: integer, minimum: 5, const: "5${NONE}" }
)";
    return world;
}

std::string refused(World const& world, std::string_view validate)
{
    auto const loaded = world.load(with(validate));
    return loaded ? "accepted" : loaded.error().text();
}

TEST(ValidationFiles, are_read_with_what_they_refer_to_and_watched)
{
    auto world = schemas();
    world.files["/etc/schemas/order.json"] = R"({"properties": {
            "item": {"$ref": "item.json"}, "at": {"$ref": "../place.yaml#/$defs/at"}}})";
    auto const loaded = world.load(with("{ body: schemas/order.json }"));
    ASSERT_TRUE(loaded) << loaded.error().text();
    auto const& validate = *loaded->settings.routes[0].validate;
    EXPECT_EQ(validate.body.text, "/etc/schemas/order.json");
    EXPECT_EQ(validate.texts.size(), 3u);
    EXPECT_EQ(loaded->files,
        (std::vector<std::string>{"/etc/gatehouse.yaml", "/etc/place.yaml",
            "/etc/schemas/item.json", "/etc/schemas/order.json"}));
    auto const compiled = compile(validate);
    ASSERT_TRUE(compiled);
    json::Parser parser;
    EXPECT_TRUE(schema::is_valid(*compiled->body, *parser.parse(R"({"item": "tea"})")));
    EXPECT_FALSE(schema::is_valid(*compiled->body, *parser.parse(R"({"item": "T"})")));
    EXPECT_FALSE(schema::is_valid(*compiled->body, *parser.parse(R"({"at": 7})")))
        << "\"5${NONE}\" is text, and nothing is put in its place";
}

TEST(ValidationFiles, that_are_referred_to_by_another_name_are_named)
{
    auto world = schemas();
    world.files["/etc/schemas/order.json"]
        = R"({"$id": "https://a.example/x", "$ref": "https://b.example/other"})";
    world.files["/etc/other.json"] = R"({"$id": "https://b.example/other"})";
    EXPECT_EQ(refused(world, "{ body: schemas/order.json }"),
        "/etc/schemas/order.json:1:40: /$ref: \"https://b.example/other\" leads to "
        "\"https://b.example/other\", which was not handed in, and nothing is fetched; add that "
        "document\n");
    EXPECT_EQ(refused(world, "{ body: schemas/order.json, with: [other.json] }"), "accepted");
}

TEST(ValidationFiles, are_told_by_their_own_line_and_column)
{
    auto world = schemas();
    world.files["/etc/schemas/order.json"] = "{\n  \"properties\": {\n"
                                             "    \"id\": {\"pattern\": \"(?=a)b\"}\n  }\n}";
    auto const told = refused(world, "{ body: schemas/order.json }");
    EXPECT_TRUE(told.starts_with("/etc/schemas/order.json:3:23: /properties/id/pattern: ")) << told;
    world.files["/etc/schemas/order.json"] = "{\n  \"type\": \"object\",\n}";
    EXPECT_TRUE(
        refused(world, "{ body: schemas/order.json }").starts_with("/etc/schemas/order.json:3:1: "))
        << refused(world, "{ body: schemas/order.json }");
    world.files["/etc/place.yaml"] = "type: object\nproperties:\n  a: { minimum: \"5\" }\n";
    EXPECT_TRUE(refused(world, "{ body: place.yaml }")
                    .starts_with("/etc/place.yaml:3:17: /properties/a/minimum: "))
        << refused(world, "{ body: place.yaml }");
    world.files["/etc/place.yaml"] = "type: object\n\ta: b\n";
    EXPECT_TRUE(refused(world, "{ body: place.yaml }").starts_with("/etc/place.yaml:2:1: "))
        << refused(world, "{ body: place.yaml }");
}

TEST(ValidationFiles, of_openapi_may_be_yaml)
{
    World world{.main = "/etc/gatehouse.yaml"};
    world.files["/etc/api.yaml"] = R"(
openapi: 3.1.0
info: { title: Shop, version: 1.0 }
paths:
  /orders/{id}:
    get:
      parameters:
        - { name: id, in: path, required: true, schema: { type: integer, minimum: 1 } }
      responses: { 200: { description: it } }
)";
    auto const loaded = world.load(with("{ openapi: api.yaml, base: /api }"));
    ASSERT_TRUE(loaded) << loaded.error().text();
    auto const compiled = compile(*loaded->settings.routes[0].validate);
    ASSERT_TRUE(compiled);
    EXPECT_TRUE(compiled->api->find("GET", "/orders/7"));
    world.files["/etc/api.yaml"] = "openapi: 3.0.3\npaths: {}\n";
    EXPECT_TRUE(refused(world, "{ openapi: api.yaml }")
                    .starts_with("/etc/api.yaml:1:10: /openapi: is \"3.0.3\"; only 3.1 is read"))
        << refused(world, "{ openapi: api.yaml }");
}

TEST(Validation, is_told_what_does_not_go_with_it)
{
    World world{.main = "/etc/gatehouse.yaml"};
    world.files["/etc/a.json"] = "{}";
    auto const at = [](std::string_view place, std::string_view message) {
        return fmt::format("/etc/gatehouse.yaml:6:{}: /routes/0/validate{}\n", place, message);
    };
    EXPECT_EQ(refused(world, "{ body: a.json, base: /api }"),
        at("37", "/base: goes with openapi: leave it out"));
    EXPECT_EQ(refused(world, "{ body: a.json, max_body: 9MiB }"),
        at("41",
            "/max_body: bodies that are judged are held in memory: 9MiB of max_body is more "
            "than 8MiB"));
    EXPECT_EQ(
        refused(world, "{ body: b.json }"), at("15", ": the file \"/etc/b.json\" can't be read"));
    EXPECT_EQ(refused(world, "{ body: a.json, with: [c.json] }"),
        at("15", ": the file \"/etc/c.json\" can't be read"));
    EXPECT_EQ(refused(world, "{ openapi: a.json }"), "/etc/a.json:1:1: must have \"openapi\"\n");
    auto const rooms
        = world.load("rooms: { liap-tui: {} }\n"
                     "routes: [{ match: /v1/**, to: rooms, validate: { body: a.json } }]");
    EXPECT_EQ(rooms.error().text(),
        "/etc/gatehouse.yaml:2:48: /routes/0/validate: only what a service gets is judged: leave "
        "it out\n");
}

TEST(ValidationFiles, have_a_bound)
{
    World world{.main = "/etc/gatehouse.yaml"};
    for (int i = 0; i < 200; i++)
        world.files["/etc/" + std::to_string(i) + ".json"]
            = R"({"$ref": ")" + std::to_string(i + 1) + ".json\"}";
    EXPECT_EQ(refused(world, "{ body: 0.json }"),
        "/etc/gatehouse.yaml:6:15: /routes/0/validate: leads to more than 100 files, or 16 MiB\n");
}

} // namespace
} // namespace gatehouse::config
