// SPDX-License-Identifier: Apache-2.0
// Against a real Redis, and against what only says that it is one.
#include "storage/redis/client.hpp"
#include "storage/redis/server_test.hpp"
#include "storage/redis/shared_cache.hpp"

#include "runtime/clock.hpp"
#include "runtime/dice.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <chrono>

namespace gatehouse::storage::redis {
namespace {

using namespace std::chrono_literals;
using Found = Result<std::optional<std::string>>;

// Turns a reactor until something is so. What a turn asks leaves at its end.
struct World {
    runtime::Clock clock{};
    runtime::Reactor reactor{clock};
    runtime::KernelDice dice{};
    std::vector<std::string> changes{};

    template <typename Object>
    void turn(Object& object, auto&& is_so)
    {
        auto const end = clock.read().steady + 20s;
        while (!is_so() && clock.read().steady < end) {
            object.flush();
            reactor.turn(20ms);
        }
        ASSERT_TRUE(is_so());
    }
    static Client::Resolve nobody()
    {
        return [](std::string const&, Client::OnResolved) {};
    }
    Result<Reply> ask(Client& client, std::vector<std::string_view> words)
    {
        std::optional<Result<Reply>> heard;
        client.ask(words, [&](Result<Reply> reply) { heard = std::move(reply); });
        turn(client, [&] { return heard.has_value(); });
        return heard ? *heard : fail(ErrorCode::internal, "never answered");
    }
};

struct RedisTest : ::testing::Test, World {
    void SetUp() override
    {
        if (!testing::Server::is_installed())
            GTEST_SKIP() << testing::Server::what_is_missing;
    }
    // Patient, so that a busy machine makes no answer late where that is not what is tested.
    ClientOptions options(testing::Server const& server)
    {
        return {.target = {.socket = server.socket()}, .answer_within = 5s, .connect_within = 5s,
            .pause_min = 1ms, .pause_max = 20ms};
    }
    std::unique_ptr<Client> connect(ClientOptions with)
    {
        auto client = std::make_unique<Client>(std::move(with), reactor, dice, nobody());
        client->on_change([this](std::string_view why) { changes.emplace_back(why); });
        turn(*client, [&] { return client->is_up(); });
        return client;
    }
};

TEST_F(RedisTest, asks_and_hears)
{
    testing::Server server;
    auto const client = connect(options(server));
    EXPECT_EQ(ask(*client, {"SET", "k", std::string_view("a\0\r\nb", 5)}),
        (Reply{.text = "OK"}));
    EXPECT_EQ(ask(*client, {"GET", "k"}), (Reply{.text = std::string("a\0\r\nb", 5)}));
    EXPECT_EQ(ask(*client, {"GET", "nothing"}), Reply{});
    EXPECT_EQ(ask(*client, {"INCR", "n"}), (Reply{.number = 1}));
    EXPECT_EQ(ask(*client, {"EVAL", "return {1, -2, 3}", "0"}),
        (Reply{.numbers = std::vector<std::int64_t>{1, -2, 3}}));
    EXPECT_EQ(ask(*client, {"EVAL", "return {}", "0"}),
        (Reply{.numbers = std::vector<std::int64_t>{}}));
    auto const refused = ask(*client, {"INCR", "k"});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().detail.starts_with("ERR")) << refused.error().detail;
    EXPECT_TRUE(client->is_up());
}

TEST_F(RedisTest, gives_replies_to_those_who_asked_in_order)
{
    testing::Server server;
    auto const client = connect(options(server));
    std::vector<std::int64_t> heard;
    for (int i = 0; i < 200; i++)
        client->ask(std::array<std::string_view, 2>{"INCR", "n"},
            [&](Result<Reply> const& reply) { heard.push_back(reply->number.value_or(-1)); });
    turn(*client, [&] { return heard.size() == 200; });
    for (std::size_t i = 0; i < heard.size(); i++)
        ASSERT_EQ(heard[i], static_cast<std::int64_t>(i + 1));
}

TEST_F(RedisTest, takes_no_more_questions_than_it_may)
{
    testing::Server server;
    auto with = options(server);
    with.questions_max = 3;
    auto const client = connect(with);
    std::vector<ErrorCode> refused;
    for (int i = 0; i < 5; i++)
        client->ask(std::array<std::string_view, 1>{"PING"}, [&](Result<Reply> const& reply) {
            if (!reply)
                refused.push_back(reply.error().code);
        });
    EXPECT_EQ(refused, (std::vector{ErrorCode::busy, ErrorCode::busy}));
}

TEST_F(RedisTest, knows_its_password_its_name_and_its_database)
{
    testing::Server server({"--requirepass", "s3cret"});
    auto with = options(server);
    with.target.password = "s3cret";
    with.target.database = 3;
    auto const client = connect(with);
    EXPECT_TRUE(ask(*client, {"SET", "k", "3"}));
    EXPECT_TRUE(ask(*client, {"ACL", "SETUSER", "ada", "on", ">pw", "~*", "+@all"}));
    with.target.user = "ada";
    with.target.password = "pw";
    EXPECT_EQ(ask(*connect(with), {"GET", "k"}), (Reply{.text = "3"}));
}

TEST_F(RedisTest, says_once_that_its_password_is_wrong_and_goes_on_trying)
{
    testing::Server server({"--requirepass", "s3cret"});
    auto with = options(server);
    with.target.password = "s3cret";
    connect(with); // It is there.
    changes.clear();
    with.target.password = "wrong";
    Client client(with, reactor, dice, nobody());
    client.on_change([this](std::string_view why) { changes.emplace_back(why); });
    turn(client, [&] { return !changes.empty(); });
    auto const end = reactor.now().steady + 100ms;
    turn(client, [&] { return reactor.now().steady > end; });
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_TRUE(changes[0].starts_with("WRONGPASS")) << changes[0];
    EXPECT_FALSE(client.is_up());
}

TEST_F(RedisTest, comes_back_after_redis_was_killed)
{
    testing::Server server;
    auto const client = connect(options(server));
    server.kill();
    turn(*client, [&] { return !client->is_up(); });
    std::optional<ErrorCode> refused;
    client->ask(std::array<std::string_view, 1>{"PING"},
        [&](Result<Reply> const& reply) { refused = reply.error().code; });
    EXPECT_EQ(refused, ErrorCode::unavailable); // At once.
    changes.clear();
    server.start();
    turn(*client, [&] { return client->is_up(); });
    EXPECT_TRUE(ask(*client, {"PING"}));
    EXPECT_EQ(changes, std::vector<std::string>{""});
}

TEST_F(RedisTest, waits_a_bounded_time_for_a_redis_that_hangs_and_then_not_at_all)
{
    testing::Server server;
    auto with = options(server);
    with.answer_within = 10ms;
    with.connect_within = 200ms;
    auto const client = connect(with);
    server.hang();
    std::size_t late = 0;
    for (std::size_t i = 0; i < with.late_max; i++)
        client->ask(std::array<std::string_view, 1>{"PING"}, [&](Result<Reply> const& reply) {
            late += !reply && reply.error().code == ErrorCode::unavailable ? 1U : 0U;
        });
    turn(*client, [&] { return late == with.late_max; });
    EXPECT_FALSE(client->is_up());
    server.go_on();
    turn(*client, [&] { return client->is_up(); });
}

TEST_F(RedisTest, gives_a_late_reply_to_nobody_else)
{
    testing::Server server;
    auto with = options(server);
    with.answer_within = 30ms;
    auto const client = connect(with);
    auto const set = [&](std::string_view value) { return ask(*client, {"SET", "k", value}); };
    while (!set("old"))
        ;
    server.hang();
    EXPECT_FALSE(ask(*client, {"GET", "k"}));
    EXPECT_TRUE(client->is_up());
    server.go_on();
    Result<Reply> reply = fail(ErrorCode::internal, "");
    while (!(reply = ask(*client, {"INCR", "n"})))
        ;
    EXPECT_TRUE(reply->number);
}

// ---- What only says that it is a Redis

struct Impostor : RedisTest {
    runtime::Descriptor listener{::socket(AF_UNIX, SOCK_STREAM, 0)};
    runtime::Descriptor peer{};
    std::string folder = (std::filesystem::temp_directory_path() / "gatehouse_imp_XXXXXX").string();
    std::unique_ptr<Client> client{};

    void SetUp() override
    {
        ASSERT_NE(::mkdtemp(folder.data()), nullptr);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        (folder + "/socket").copy(address.sun_path, sizeof address.sun_path);
        ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        ASSERT_EQ(::listen(listener.get(), 8), 0);
        client = std::make_unique<Client>(
            ClientOptions{.target = {.socket = folder + "/socket"}, .connect_within = 5s,
                .reply_bytes_max = 100'000, .pause_min = 1h, .pause_max = 1h},
            reactor, dice, nobody());
        client->on_change([this](std::string_view why) { changes.emplace_back(why); });
        reactor.turn(0ms);
        peer = runtime::Descriptor(::accept(listener.get(), nullptr, nullptr));
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    void say(std::string_view bytes)
    {
        while (!bytes.empty() && (changes.empty() || changes.back().empty())) {
            auto const sent = ::send(peer.get(), bytes.data(), bytes.size(),
                MSG_NOSIGNAL | MSG_DONTWAIT);
            bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
            client->flush();
            reactor.turn(1ms);
        }
    }
    void expect_given_up(std::string_view why)
    {
        turn(*client, [&] { return !changes.empty() && !changes.back().empty(); });
        EXPECT_FALSE(client->is_up());
        EXPECT_TRUE(changes.back().contains(why)) << changes.back();
    }
};

TEST_F(Impostor, that_speaks_something_else_is_left)
{
    say("HTTP/1.1 400 Bad Request\r\n\r\n");
    expect_given_up("not what a Redis says");
}

TEST_F(Impostor, that_says_what_nobody_asked_is_left)
{
    say("+PONG\r\n+PONG\r\n");
    expect_given_up("nobody asked");
}

TEST_F(Impostor, whose_reply_never_ends_is_left_before_it_fills_the_memory)
{
    say("+PONG\r\n");
    turn(*client, [&] { return client->is_up(); });
    client->ask(std::array<std::string_view, 2>{"GET", "k"}, [](Result<Reply> const&) {});
    say("$500000000\r\n" + std::string(500'000, 'x'));
    expect_given_up("too big");
}

TEST_F(Impostor, that_promises_a_billion_elements_is_left)
{
    say("*1000000000\r\n");
    expect_given_up("not what a Redis says");
}

TEST_F(Impostor, that_says_too_many_numbers_is_left)
{
    say("*17\r\n");
    expect_given_up("not what a Redis says");
}

TEST_F(Impostor, that_says_anything_but_numbers_in_an_array_is_left)
{
    say("*2\r\n:1\r\n$1\r\nx\r\n");
    expect_given_up("not what a Redis says");
}

TEST_F(Impostor, that_says_arrays_in_arrays_is_left)
{
    say("*2\r\n:1\r\n*1\r\n:1\r\n");
    expect_given_up("not what a Redis says");
}

TEST_F(Impostor, that_says_nothing_in_an_array_is_left)
{
    say("*2\r\n:1\r\n$-1\r\n");
    expect_given_up("not what a Redis says");
}

TEST_F(Impostor, that_hangs_up_is_left)
{
    say("+PONG\r\n");
    turn(*client, [&] { return client->is_up(); });
    peer.reset();
    expect_given_up(""); // "It closed the connection", or the kernel's word for it.
}

// ---- The shared layer

struct SharedCacheTest : RedisTest {
    testing::Server server{};
    SharedCache cache{options(server), reactor, dice, nobody()};

    void SetUp() override
    {
        RedisTest::SetUp();
        if (IsSkipped())
            return;
        turn(cache, [&] { return cache.is_up(); });
    }
    Result<SharedCache::Found> look(std::string_view key)
    {
        std::optional<Result<SharedCache::Found>> heard;
        cache.get({space, key},
            [&](Result<SharedCache::Found> found) { heard = std::move(found); });
        turn(cache, [&] { return heard.has_value(); });
        return *heard;
    }
    Found get(std::string_view key)
    {
        auto found = look(key);
        return found ? Found(std::move(found->value)) : std::unexpected(found.error());
    }
    bool drop(std::string_view key, cache::Version version)
    {
        std::optional<bool> heard;
        cache.drop({space, key}, version, [&](bool dropped) { heard = dropped; });
        turn(cache, [&] { return heard.has_value(); });
        return *heard;
    }
    void put(std::string_view key, cache::Version version, std::string_view value)
    {
        cache.put({space, key}, version, value, 60s);
    }
    static constexpr std::string_view space = "space";
};

TEST_F(SharedCacheTest, keeps_the_newest_version)
{
    EXPECT_EQ(get("k"), std::nullopt);
    put("k", 9, "nine");
    EXPECT_EQ(get("k"), "nine");
    put("k", 10, std::string("ten:\0\n", 6));
    put("k", 9, "nine again");
    EXPECT_EQ(get("k"), std::string("ten:\0\n", 6));
}

TEST_F(SharedCacheTest, takes_nothing_that_was_on_its_way_when_it_was_dropped)
{
    put("k", 9, "nine");
    EXPECT_TRUE(drop("k", 9));
    EXPECT_EQ(get("k"), std::nullopt);
    put("k", 9, "nine");
    EXPECT_EQ(get("k"), std::nullopt);
    put("k", 10, "ten");
    EXPECT_EQ(get("k"), "ten");
    EXPECT_TRUE(drop("k", 8)); // Whatever it was, it is not believed any more.
    EXPECT_EQ(get("k"), std::nullopt);
    put("k", 10, "ten");
    EXPECT_EQ(get("k"), std::nullopt);
}

TEST_F(SharedCacheTest, lets_everything_lapse)
{
    cache.put({space, "k"}, 1, "v", 1ms);
    while (get("k") != std::nullopt)
        ;
    put("k", 1, "v");
    auto const client = connect(options(server));
    EXPECT_EQ(get("k"), "v");
    EXPECT_GT(ask(*client, {"PTTL", "space:k"})->number, 30'000);
    drop("k", 1);
    EXPECT_LE(ask(*client, {"PTTL", "space:k"})->number, SharedCache::dropped_for.count());
}

TEST_F(SharedCacheTest, leaves_it_to_the_asker_to_judge_what_somebody_else_put_there)
{
    auto const client = connect(options(server));
    EXPECT_TRUE(ask(*client, {"SET", "space:k", "nonsense"}));
    EXPECT_EQ(get("k"), "nonsense");
    put("k", 1, "v");
    EXPECT_EQ(get("k"), "v");
    EXPECT_TRUE(ask(*client, {"RPUSH", "space:list", "nonsense"}));
    EXPECT_FALSE(get("list"));
    EXPECT_FALSE(drop("list", 1));
}

TEST_F(SharedCacheTest, tells_redis_of_a_drop_when_it_is_back)
{
    put("k", 9, "nine");
    EXPECT_EQ(get("k"), "nine");
    server.kill();
    turn(cache, [&] { return !cache.is_up(); });
    EXPECT_FALSE(drop("k", 9));
    EXPECT_FALSE(drop("l", 3));
    EXPECT_FALSE(get("k"));
    server.start(); // It may have kept the value (its own snapshot): here somebody puts it back.
    auto const client = connect(options(server));
    turn(cache, [&] { return cache.is_up(); });
    turn(cache, [&] { return ask(*client, {"GET", "space:l"}) == Reply{.text = "3:"}; });
    EXPECT_EQ(ask(*client, {"GET", "space:k"}), (Reply{.text = "9:"}));
}

TEST_F(SharedCacheTest, says_to_everybody_until_when_it_was_cleared)
{
    put("k", 1, "v");
    EXPECT_EQ(look("k")->void_until, std::nullopt);
    cache.clear(space, WallTime{5'000}, 60s);
    cache.clear(space, WallTime{4'000}, 60s);
    EXPECT_EQ(look("k")->void_until, WallTime{5'000});
    EXPECT_EQ(look("k")->value, "v");
    server.kill();
    turn(cache, [&] { return !cache.is_up(); });
    cache.clear(space, WallTime{6'000}, 60s);
    server.start();
    turn(cache, [&] { return cache.is_up(); });
    turn(cache, [&] {
        auto const found = look("k");
        return found && found->void_until == WallTime{6'000};
    });
}

TEST_F(SharedCacheTest, misses_where_redis_is_full)
{
    auto const client = connect(options(server));
    EXPECT_TRUE(ask(*client, {"CONFIG", "SET", "maxmemory", "1"}));
    put("k", 1, "v");
    EXPECT_EQ(get("k"), std::nullopt);
    EXPECT_FALSE(drop("k", 1));
    EXPECT_TRUE(cache.is_up());
}

TEST_F(SharedCacheTest, tells_redis_of_a_drop_when_it_has_room_again)
{
    put("k", 9, "nine");
    EXPECT_EQ(get("k"), "nine");
    auto const client = connect(options(server));
    EXPECT_TRUE(ask(*client, {"CONFIG", "SET", "maxmemory", "1"}));
    EXPECT_FALSE(drop("k", 9));
    EXPECT_EQ(get("k"), "nine");
    EXPECT_TRUE(ask(*client, {"CONFIG", "SET", "maxmemory", "0"}));
    turn(cache, [&] { return get("k") == std::nullopt; });
}

} // namespace
} // namespace gatehouse::storage::redis
