// SPDX-License-Identifier: Apache-2.0
#include "config/load.hpp"

#include "config/testing.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

namespace gatehouse::config {
namespace {

using namespace std::chrono_literals;
using testing::World;

Loaded accepted(World const& world, std::string_view text)
{
    auto loaded = world.load(text);
    EXPECT_TRUE(loaded) << loaded.error().text();
    return loaded ? *std::move(loaded) : Loaded {};
}

std::string refused(World const& world, std::string_view text)
{
    auto const loaded = world.load(text);
    return loaded ? "accepted" : loaded.error().text();
}

TEST(Load, makes_defaults_of_nothing)
{
    for (auto const* nothing : {"", "# only a comment\n", "listen:\nservices:\n", "{}"})
        EXPECT_EQ(accepted({}, nothing).settings, Settings {}) << nothing;
}

// The configuration of GATEWAY.md, as far as this version goes.
TEST(Load, reads_the_configuration_that_the_design_promises)
{
    auto const settings = accepted({}, R"(
listen: { http: ":8080", admin: "127.0.0.1:9901" }
store: sqlite:data/gatehouse.db
auth:
  guests:  { anonymous: { ttl: 24h } }
limits:
  per_player: { rate: 100/min, burst: 20, by: principal }
  login: { rate: 5/min, by: ip }
services:
  users:   { endpoints: users.svc:8080, health: /health }
  designs: { endpoints: ["10.0.0.4:8080", "10.0.0.5:8080"], balance: p2c-ewma, timeout: 10s }
rooms:
  liap-tui: { durability: durable, absence: { bot_after: 20s }, max_rooms: 10000 }
routes:
  - { match: /v1/**, to: rooms, auth: [guests] }
  - match: App.example.com/api/users/**
    to: users
    auth: guests
    limit: per_player
  - match: { path: /api/login, method: POST }
    to: users
    limit: login
    max_body: 16KiB
    errors: normalize
  - match: /api/designs/:id
    to: designs
    timeout: 3s
  - { match: /**, to: { files: page } }
)")
                              .settings;

    Settings expected;
    expected.auth["guests"].anonymous = Anonymous {};
    expected.limits["per_player"] = {{100, 1min}, 20, {LimitBy::principal}};
    expected.limits["login"] = {{5, 1min}, 5, {LimitBy::ip}};
    expected.services["users"]
        = {.endpoints = {{"users.svc", 8080}}, .health = {.path = "/health"}};
    expected.services["designs"]
        = {.endpoints = {{"10.0.0.4", 8080}, {"10.0.0.5", 8080}}, .timeout = 10s};
    expected.rooms["liap-tui"] = {};
    expected.routes = {
        {.match = {"", "/v1/**", {}}, .to = {.kind = Target::Kind::rooms}, .auth = {"guests"}},
        {.match = {"app.example.com", "/api/users/**", {}},
            .to = {.service = "users"},
            .auth = {"guests"},
            .limit = {"per_player"}},
        {.match = {"", "/api/login", {"POST"}},
            .to = {.service = "users"},
            .limit = {"login"},
            .max_body = {16'384},
            .errors = ErrorBodies::normalize},
        {.match = {"", "/api/designs/:id", {}}, .to = {.service = "designs"}, .timeout = 3s},
        {.match = {"", "/**", {}}, .to = {.kind = Target::Kind::files, .folder = {"page"}}},
    };
    EXPECT_EQ(settings, expected);
}

TEST(Load, reads_the_example_game)
{
    std::ifstream file("examples/liap-tui/gatehouse.yaml");
    std::string const text(std::istreambuf_iterator<char>(file), {});
    auto const settings = accepted({.main = "/srv/liap-tui/gatehouse.yaml"}, text).settings;
    EXPECT_EQ(settings.store.path.text, "/srv/liap-tui/data/gatehouse.db");
    EXPECT_EQ(settings.store.data_folder(), "/srv/liap-tui/data");
    ASSERT_EQ(settings.routes.size(), 3u);
    EXPECT_TRUE(settings.routes[0].auth.empty()) << "who asks for a session has no token yet";
    EXPECT_EQ(settings.routes[2].to.folder.text, "/srv/liap-tui/page");
}

TEST(Load, takes_the_password_out_of_a_stores_url)
{
    World world {.main = "/srv/gatehouse.yaml"};
    world.variables["DB_PASSWORD"] = "s3cret";
    world.files["/run/secrets/db"] = "hush\n";
    auto const store = [&](std::string const& url) {
        return accepted(world, "store: " + url).settings.store;
    };
    auto const by_variable = store("postgres://gatehouse:env:DB_PASSWORD@db:5432/rooms?sslmode=on");
    EXPECT_EQ(by_variable.url, "postgres://gatehouse@db:5432/rooms?sslmode=on");
    EXPECT_EQ(by_variable.password, (Secret {"env:DB_PASSWORD", "s3cret"}));
    EXPECT_EQ(by_variable.data_folder(), "/srv/data");
    EXPECT_EQ(store("postgresql://u:file:/run/secrets/db@db/rooms").password.value, "hush");
    for (auto const* const url : {"postgresql://db:5432/rooms", "postgresql://u@db:5432/rooms",
             "postgresql:///rooms?host=/run"}) {
        EXPECT_EQ(store(url).url, url);
        EXPECT_EQ(store(url).password, Secret {});
    }
}

TEST(Load, takes_a_redis_apart)
{
    World world {.main = "/srv/gatehouse.yaml"};
    world.variables["PASSWORD"] = "s3cret";
    world.files["/run/secrets/redis"] = "hush\n";
    auto const redis = [&](std::string const& url) {
        return accepted(world, "redis: " + url).settings.redis;
    };
    EXPECT_EQ(redis("none"), Redis {});
    EXPECT_EQ(redis("unix:run/redis.sock").socket.text, "/srv/run/redis.sock");
    EXPECT_EQ(redis("redis://cache.svc").address, (Address {"cache.svc", 6379}));
    EXPECT_EQ(redis("redis://[::1]").address, (Address {"::1", 6379}));
    EXPECT_EQ(redis("redis://[::1]:7000/3"),
        (Redis {Redis::Kind::host, {"::1", 7000}, {}, "", {}, 3}));
    auto const by_variable = redis("redis://:env:PASSWORD@10.0.0.6:6379");
    EXPECT_EQ(by_variable.user, "");
    EXPECT_EQ(by_variable.password, (Secret {"env:PASSWORD", "s3cret"}));
    auto const by_file = redis("redis://ada:file:/run/secrets/redis@10.0.0.6/1");
    EXPECT_EQ(by_file.user, "ada");
    EXPECT_EQ(by_file.password.value, "hush");
    EXPECT_EQ(by_file.database, 1);
}

TEST(Load, takes_the_process_of_a_game)
{
    World const world {.main = "/srv/gatehouse.yaml"};
    auto const settings = accepted(world,
        "rooms: { nim: { rules: 'unix:run/nim.sock', seats: { max: 4 }, title: Nim }, "
        "liap-tui: {} }").settings;
    auto const& nim = settings.rooms.at("nim");
    EXPECT_EQ(nim.rules, (RulesProcess {{"/srv/run/nim.sock"}}));
    EXPECT_EQ(nim.seats, (Seats {1, 4}));
    EXPECT_EQ(nim.title, "Nim");
    EXPECT_FALSE(settings.rooms.at("liap-tui").rules);
    auto const longer = world.load("rooms: { nim: { rules: 'unix:" + std::string(200, 'x')
        + "', seats: { max: 4 } } }");
    ASSERT_FALSE(longer);
    EXPECT_TRUE(longer.error().text().contains("205 bytes")) << longer.error().text();
}

TEST(Layers, lie_over_one_another_in_their_order)
{
    World world {.main = "/etc/gatehouse.yaml"};
    std::string const text = "import: more/*.yaml\ndrain: { timeout: 1s }\nlog: { level: info }\n";
    EXPECT_EQ(accepted({}, "").settings.drain.timeout, 10s);
    EXPECT_EQ(accepted(world, text).settings.drain.timeout, 1s);
    world.files["/etc/more/a.yaml"] = "drain: { timeout: 2s }";
    EXPECT_EQ(accepted(world, text).settings.drain.timeout, 2s);
    world.files["/etc/more/b.yaml"] = "drain: { timeout: 3s }";
    EXPECT_EQ(accepted(world, text).settings.drain.timeout, 3s);
    world.variables["GATEHOUSE_ENV"] = "prod";
    world.files["/etc/gatehouse.prod.yaml"] = "drain: { timeout: 4s }\nlog:\n";
    EXPECT_EQ(accepted(world, text).settings.drain.timeout, 4s);
    world.variables["GATEHOUSE_DRAIN_TIMEOUT"] = "5s";
    EXPECT_EQ(accepted(world, text).settings.drain.timeout, 5s);
    world.flags = {{"drain.timeout", "6s"}};
    auto const loaded = accepted(world, text);
    EXPECT_EQ(loaded.settings.drain.timeout, 6s);
    EXPECT_EQ(loaded.origins.at("/drain/timeout").text(), "--set drain.timeout");
    EXPECT_EQ(loaded.origins.at("/log/level").text(), "/etc/gatehouse.yaml:3:15");
    EXPECT_EQ(loaded.files.size(), 4u);
}

TEST(Layers, add_up_the_routes_of_imports_and_replace_other_lists)
{
    World world;
    world.files["a.yaml"] = "services: { u: { endpoints: 'h:2', timeout: 9s } }\n"
                            "routes: [{ match: /a, to: u }]\n";
    auto const settings = accepted(world,
        "import: a.yaml\nservices: { u: { endpoints: ['h:1', 'h:3'], connect_timeout: 1s } }\n"
        "routes: [{ match: /b, to: u }]\n")
                              .settings;
    EXPECT_EQ(settings.routes.size(), 2u);
    auto const& service = settings.services.at("u");
    EXPECT_EQ(service.endpoints, (std::vector<Address> {{"h", 2}}));
    EXPECT_EQ(service.timeout, 9s);
    EXPECT_EQ(service.connect_timeout, 1s);
}

TEST(Layers, name_the_file_that_is_wrong)
{
    World world;
    world.files["more.yaml"] = "log: { levl: info }";
    EXPECT_EQ(refused(world, "import: more.yaml"),
        "more.yaml:1:8: /log/levl: unknown key \"levl\"; did you mean \"level\"?\n");
    world.files["more.yaml"] = "import: x.yaml";
    EXPECT_EQ(refused(world, "import: more.yaml"),
        "more.yaml:1:1: /import: only the main file imports\n");
    world.files["more.yaml"] = "[";
    EXPECT_TRUE(refused(world, "import: more.yaml").starts_with("more.yaml:1:"));
    world.variables["GATEHOUSE_ENV"] = "prod";
    EXPECT_EQ(refused(world, ""), "GATEHOUSE_ENV: \"gatehouse.prod.yaml\" can't be read\n");
}

TEST(Variables, set_what_no_file_says_and_reach_named_entries)
{
    World world {
        .variables = {{"GATEHOUSE_LISTEN_HTTP", ":9090"},
            {"GATEHOUSE_SERVICES_MY_USERS_ENDPOINTS", "a:1,b:2"}, {"GATEHOUSE_SHARDS", ""}}};
    auto const loaded = accepted(world, "services: { my-users: { endpoints: 'c:3' } }");
    EXPECT_EQ(loaded.settings.listen.http, (Address {"", 9090}));
    EXPECT_EQ(loaded.settings.services.at("my-users").endpoints,
        (std::vector<Address> {{"a", 1}, {"b", 2}}));
    EXPECT_EQ(loaded.settings.shards.count, 0) << "an empty variable says nothing";
    world.variables = {{"GATEHOUSE_LISTEN_HTTP", "9090"}};
    EXPECT_TRUE(
        refused(world, "").starts_with("GATEHOUSE_LISTEN_HTTP: /listen/http: \"9090\" is no"));
}

TEST(Flags, that_name_no_key_are_refused)
{
    EXPECT_EQ(refused({.flags = {{"listen.htpp", ":1"}}}, ""),
        "--set listen.htpp: no such key can be set; did you mean \"listen.http\"?\n");
    EXPECT_EQ(refused({.flags = {{"routes.0.to", "x"}}}, ""),
        "--set routes.0.to: no such key can be set\n");
}

TEST(Secrets, are_fetched_and_lose_the_newline_at_their_end)
{
    World world {
        .files = {{"/k/key.pem", "hush\n"}}, .variables = {{"KEY", "shh"}}, .main = "/k/g.yaml"};
    auto const key_of = [&](std::string_view reference) {
        auto text
            = std::string("auth: { g: { anonymous: { key: '") + std::string(reference) + "' } } }";
        return accepted(world, text).settings.auth["g"].anonymous->key;
    };
    EXPECT_EQ(key_of("file:key.pem"), (Secret {"file:/k/key.pem", "hush"}));
    EXPECT_EQ(key_of("env:KEY"), (Secret {"env:KEY", "shh"}));
}

TEST(Settings, that_mean_the_same_are_equal_however_they_are_written)
{
    auto const a = accepted({}, "services: { u: { endpoints: 'h:1', timeout: 60s, health: /h } }");
    auto const b = accepted({},
        "services:\n  u:\n    health: { path: /h, up: 2 }\n    timeout: 1m\n    endpoints: [ 'h:1' "
        "]\n");
    EXPECT_EQ(a.settings, b.settings);
}

} // namespace
} // namespace gatehouse::config
