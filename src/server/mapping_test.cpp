// SPDX-License-Identifier: Apache-2.0
#include "server/mapping.hpp"

#include "server/temporary_folder_test.hpp"

#include <algorithm>

namespace gatehouse::server {
namespace {

using namespace std::chrono_literals;

config::Route route(std::string path, config::Target to)
{
    return {.match = {.path = std::move(path)}, .to = std::move(to)};
}

config::Target to_service(std::string name) { return {.service = std::move(name)}; }

config::Target to_folder(std::string path)
{
    return {.kind = config::Target::Kind::files, .folder = {std::move(path)}};
}

using MappingTest = TemporaryFolder;

TEST_F(MappingTest, tells_stores_apart_by_the_file_behind_all_links)
{
    namespace fs = std::filesystem;
    write("real/gatehouse.db", "");
    fs::create_directory_symlink(path("real"), path("link"));
    auto const name = [this](std::string const& file) {
        return store_name({.path = {path(file)}});
    };
    EXPECT_EQ(name("real/gatehouse.db"), "sqlite:" + fs::canonical(path("real")).string()
            + "/gatehouse.db");
    EXPECT_EQ(name("link/../link/gatehouse.db"), name("real/gatehouse.db"));
    EXPECT_NE(name("real/other.db"), name("real/gatehouse.db")) << "it need not be there";
    EXPECT_EQ(store_name({.kind = config::Store::Kind::memory}), "memory");
}

TEST_F(MappingTest, takes_over_what_is_said_of_services_limits_and_routes)
{
    config::Settings settings;
    settings.services["users"] = {.endpoints = {{"10.0.0.1", 80}, {"::1", 81}},
        .balance = config::Balance::least_requests, .timeout = 7s, .connect_timeout = 3s,
        .health = {.path = "/up", .interval = 4s, .timeout = 1s, .up = 5, .down = 6}};
    settings.limits["few"] = {.rate = {.count = 9, .period = 60s}, .burst = 2,
        .by = {config::LimitBy::principal}};
    auto to_users = route("/u/**", to_service("users"));
    to_users.match.host = "h";
    to_users.match.methods = {"GET"};
    to_users.auth = {"guests"};
    to_users.limit = {"few"};
    to_users.timeout = 5s;
    to_users.max_body = {123};
    to_users.errors = config::ErrorBodies::normalize;
    settings.routes = {to_users, route("/v1/**", {.kind = config::Target::Kind::rooms})};
    settings.log.access = false;

    auto const config = gateway_config(settings);
    ASSERT_TRUE(config) << config.error().message;
    auto const& options = (*config)->options;
    EXPECT_FALSE(options.access_log);
    gateway::ServiceOptions const users{.name = "users",
        .endpoints = {"10.0.0.1:80", "[::1]:81"}, .balance = gateway::Balance::least_requests,
        .timeout = 7s, .connect_timeout = 3s,
        .health = {.path = "/up", .interval = 4s, .timeout = 1s, .up = 5, .down = 6}};
    EXPECT_EQ(options.services, std::vector{users});
    EXPECT_EQ(endpoints_of(settings), users.endpoints);
    gateway::LimitOptions const few{.name = "few", .rate = 9, .per = 60s, .burst = 2,
        .by = {gateway::LimitBy::principal}};
    EXPECT_EQ(options.limits, std::vector{few});
    auto const& first = options.routes[0];
    EXPECT_EQ(first.host + first.path + first.methods[0], "h/u/**GET");
    EXPECT_EQ(first.to + first.auth[0] + first.limits[0], "usersguestsfew");
    EXPECT_EQ(first.timeout, 5s);
    EXPECT_EQ(first.max_body, 123u);
    EXPECT_TRUE(first.normalize_errors);
    EXPECT_EQ(options.routes[1].target, gateway::Target::rooms);
    EXPECT_EQ(std::ranges::count(options.routes, gateway::Target::admin,
                  &gateway::RouteOptions::target), 1) << "operators have a way in";
}

TEST_F(MappingTest, takes_over_what_a_route_looks_at_and_changes)
{
    config::Settings settings;
    settings.services["users"] = {.endpoints = {{"10.0.0.1", 80}}};
    auto shaped = route("/u/**", to_service("users"));
    shaped.match.headers = {{"x-beta", "1"}};
    shaped.match.query = {{"v", "*"}};
    shaped.rewrite = "/v2/**";
    shaped.headers = {.request = config::Edits{{"A"}, {{"B", "1"}}, {}},
        .response = config::Edits{{}, {}, {{"C", "2"}}}};
    shaped.cors = config::Cors{{"https://a.example"}, {"D"}, {"E"}, true, 7s};
    shaped.security = config::Security{false, config::Frame::sameorigin, "no-referrer", "x"};
    auto elsewhere = route("/old/**", {});
    elsewhere.redirect = config::Redirect{"/u/**", 302};
    settings.routes = {shaped, elsewhere};

    auto const config = gateway_config(settings);
    ASSERT_TRUE(config) << config.error().message;
    auto const& first = (*config)->options.routes[0];
    EXPECT_EQ(first.headers, (std::vector<routing::FieldPattern>{{"x-beta", "1"}}));
    EXPECT_EQ(first.query, (std::vector<routing::FieldPattern>{{"v", std::nullopt}}));
    auto const& shape = first.shape;
    EXPECT_EQ(shape.rewrite, "/v2/**");
    EXPECT_EQ(shape.request.remove[0] + shape.request.set[0].first, "AB");
    EXPECT_EQ(shape.response.add[0].first + shape.response.add[0].second, "C2");
    ASSERT_TRUE(shape.cors && shape.security);
    EXPECT_EQ(shape.cors->origins[0] + shape.cors->headers[0] + shape.cors->expose[0],
        "https://a.exampleDE");
    EXPECT_TRUE(shape.cors->credentials);
    EXPECT_EQ(shape.cors->max_age, 7s);
    EXPECT_EQ(shape.security->frame + shape.security->referrer + shape.security->csp,
        "SAMEORIGINno-referrerx");
    EXPECT_FALSE(shape.security->nosniff);
    auto const& second = (*config)->options.routes[1];
    EXPECT_EQ(second.target, gateway::Target::redirect);
    ASSERT_TRUE(second.shape.redirect);
    EXPECT_EQ(second.shape.redirect->to, "/u/**");
    EXPECT_EQ(second.shape.redirect->status, 302);
}

TEST_F(MappingTest, reads_folders_whole_and_each_once)
{
    write("page/index.html", "hello");
    write("page/js/app.js", "run()");
    config::Settings settings;
    settings.routes = {route("/**", to_folder(path("page"))),
        route("/again/**", to_folder(path("page")))};
    auto const config = gateway_config(settings);
    ASSERT_TRUE(config) << config.error().message;
    auto const& files = (*config)->options.files;
    ASSERT_EQ(files.size(), 1u);
    ASSERT_TRUE(files[0].files->find("/") && files[0].files->find("/js/app.js"));
    EXPECT_EQ(*files[0].files->find("/js/app.js")->bytes, "run()");
}

TEST_F(MappingTest, names_the_folder_or_file_that_cannot_be_served)
{
    auto const missing = read_folder(path("nowhere"));
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message.find(path("nowhere")), std::string::npos);

    config::Settings settings;
    settings.routes = {route("/v1/**", {.kind = config::Target::Kind::rooms}),
        route("/**", to_folder(path("nowhere")))};
    EXPECT_TRUE(gateway_config(settings).error().message.starts_with("/routes/1/to: "));

    write("big/huge.bin", "");
    std::filesystem::resize_file(path("big/huge.bin"), file_bytes_max + 1);
    auto const big = read_folder(path("big"));
    ASSERT_FALSE(big);
    EXPECT_NE(big.error().message.find("huge.bin"), std::string::npos);
}

TEST_F(MappingTest, hands_matches_over_where_a_game_has_them)
{
    config::Settings settings;
    settings.rooms["chess"].match = config::Matching {.players = 2, .patience = 9s, .window = 7,
        .growth = 8, .window_max = 99, .waiting_max = 5, .join_within = 11s};
    settings.rooms["go"] = {};
    auto const matches = matches_of(settings);
    ASSERT_EQ(matches.size(), 1u);
    auto const& [game, join_within] = matches.at("chess");
    EXPECT_EQ(game.queue.players, 2);
    EXPECT_EQ(game.queue.players_min, 0) << "as the game needs";
    EXPECT_EQ(game.queue.patience, 9s);
    EXPECT_EQ(game.queue.window, 7);
    EXPECT_EQ(game.queue.growth, 8);
    EXPECT_EQ(game.queue.window_max, 99);
    EXPECT_EQ(game.waiting_max, 5u);
    EXPECT_EQ(join_within, 11s);
}

TEST_F(MappingTest, shares_the_rooms_of_a_game_between_the_shards)
{
    config::Settings settings;
    settings.rooms["chess"] = {.absence = {.bot_after = 3s}, .bot_think = 40ms, .seat_reserved = 9s,
        .max_rooms = 10};
    settings.rooms["rare"] = {.absence = {.then = config::Absent::wait}, .max_rooms = 1};
    settings.rooms["go"] = {.absence = {.then = config::Absent::forfeit}, .rate = {20, 2s}};
    auto const options = rooms_options(settings, 4);
    auto const& chess = options.games.find("chess")->second;
    EXPECT_EQ(chess.rooms_max, 3u) << "rounded up: all are to fit";
    EXPECT_EQ(chess.room.bot_after, 3s);
    EXPECT_EQ(chess.room.bot_delay, 40ms);
    EXPECT_EQ(chess.room.seat_reserved, 9s);
    EXPECT_EQ(chess.room.rate_max, 50u);
    EXPECT_FALSE(options.games.find("rare")->second.room.bot_after);
    auto const& go = options.games.find("go")->second.room;
    EXPECT_EQ(go.absence, rooms::Absence::forfeit);
    EXPECT_EQ(go.rate_max, 20u);
    EXPECT_EQ(go.rate_period, 2s);
    EXPECT_EQ(options.games.find("rare")->second.rooms_max, 1u);
    EXPECT_EQ(options.others.rooms_max, 2'500u);
}

TEST_F(MappingTest, shares_the_memory_for_rooms_between_the_shards)
{
    config::Settings settings;
    settings.capacity = {.memory = {400 << 20}, .short_at = {70}, .sleep_after = 90s};
    auto const options = rooms_options(settings, 4);
    EXPECT_EQ(options.memory_max, 100u << 20);
    EXPECT_EQ(options.memory_short_at_percent, 70u);
    EXPECT_EQ(options.sleep_after, 90s);
}

}  // namespace
}  // namespace gatehouse::server
