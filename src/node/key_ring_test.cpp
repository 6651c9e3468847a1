// SPDX-License-Identifier: Apache-2.0
#include "node/key_ring.hpp"

#include "base/bytes.hpp"
#include "node/world_test.hpp"

#include <gtest/gtest.h>

namespace gatehouse::node {
namespace {

bool has(std::string_view text, std::string_view part)
{
    return text.find(part) != text.npos;
}

// ---- The stream

struct KeyRingTest : testing::Test {
    Later later{};
    MemoryStore store{later};
    KeyRing ring{store};
    WallTime now{1'763'733'787'000};

    void run()
    {
        while (!later.empty()) {
            auto task = std::move(later.front());
            later.pop_front();
            task();
        }
    }
    // What became of it: its principal, revoked or not, or the message.
    static KeyRing::OnKept into(std::string& said)
    {
        return [&said](Result<identity::ApiKey> kept) {
            said = !kept ? kept.error().message
                         : kept->principal + (kept->revoked_ms ? " revoked" : "");
        };
    }
    std::string add(std::string id, std::string principal)
    {
        std::string said;
        ring.add({.id = std::move(id), .principal = std::move(principal)}, now, into(said));
        run();
        return said;
    }
    std::string revoke(std::string id)
    {
        std::string said;
        ring.revoke(std::move(id), now, into(said));
        run();
        return said;
    }
    static std::string all_of(KeyRing& ring, Later& later)
    {
        std::string said;
        ring.read([&](Result<KeyRing::Keys const*> keys) {
            if (!keys)
                said = keys.error().message;
            else
                for (auto const& [id, key] : **keys)
                    said += id + "=" + key.principal + (key.revoked_ms ? "! " : " ");
        });
        while (!later.empty()) {
            auto task = std::move(later.front());
            later.pop_front();
            task();
        }
        return said;
    }
};

TEST_F(KeyRingTest, what_was_kept_is_there_after_a_restart)
{
    EXPECT_EQ(add("a", "ann"), "ann");
    EXPECT_EQ(add("b", "bob"), "bob");
    EXPECT_EQ(revoke("a"), "ann revoked");
    EXPECT_EQ(revoke("a"), "ann revoked") << "as before";
    EXPECT_EQ(revoke("c"), "there is no API key c");
    EXPECT_EQ(all_of(ring, later), "a=ann! b=bob ");
    KeyRing next(store);
    EXPECT_EQ(all_of(next, later), "a=ann! b=bob ");
    EXPECT_EQ(store.streams_kept["api_keys.all"].events.size(), 3);
}

// What is kept is read by all later servers: these bytes must not change.
TEST_F(KeyRingTest, keys_are_kept_in_bytes_that_do_not_change)
{
    constexpr std::string_view frozen
        = "a8626964703366613163306465393938383737363666646967657374784061626162616261626162"
          "61626162616261626162616261626162616261626162616261626162616261626162616261626162"
          "6162616261626162616261626162697072696e636970616c6f736572766963653a62696c6c696e67"
          "65726f6c6573816762696c6c696e67646e6f7465606a637265617465645f6d731b0000019aa6b9d1"
          "786a657870697265735f6d73f66a7265766f6b65645f6d73f6";
    identity::ApiKey const key{.id = "3fa1c0de99887766",
        .digest = to_hex(std::string(32, '\xab')),
        .principal = "service:billing",
        .roles = {"billing"},
        .created_ms = 1'763'733'787'000};
    ring.add(key, now, [](Result<identity::ApiKey> const&) {});
    run();
    auto& event = store.streams_kept["api_keys.all"].events.front();
    EXPECT_EQ(event.type, "api_key.made");
    EXPECT_EQ(to_hex(event.data), frozen);
    KeyRing next(store);
    next.read([&key](Result<KeyRing::Keys const*> keys) {
        ASSERT_TRUE(keys);
        EXPECT_EQ((*keys)->begin()->second, key);
    });
    run();
}

TEST_F(KeyRingTest, a_failed_write_is_read_again_before_the_next_one)
{
    EXPECT_EQ(add("a", "ann"), "ann");
    store.is_failing = true;
    EXPECT_EQ(add("b", "bob"), "The store cannot write.");
    store.is_failing = false;
    EXPECT_EQ(all_of(ring, later), "a=ann ");
    EXPECT_EQ(add("b", "bob"), "bob");
}

TEST_F(KeyRingTest, many_at_once_go_one_after_the_other_and_too_many_are_refused)
{
    std::vector<std::string> said(KeyRing::waiting_max + 2);
    for (std::size_t i = 0; i < said.size(); i++)
        ring.add({.id = std::to_string(i), .principal = "p"}, now, into(said[i]));
    run();
    EXPECT_EQ(said.back(), "too many changes of API keys wait; try again");
    EXPECT_EQ(std::ranges::count(said, "p"), KeyRing::waiting_max);
}

TEST_F(KeyRingTest, a_stream_that_was_changed_is_no_word_of_ours)
{
    EXPECT_EQ(add("a", "ann"), "ann");
    EXPECT_EQ(add("b", "bob"), "bob");
    auto& events = store.streams_kept["api_keys.all"].events;
    events[0].at.ms++;
    KeyRing next(store);
    EXPECT_TRUE(has(all_of(next, later), "cannot be read"));
}

// ---- Through the node

struct NodeKeys : testing::Test {
    NodeKeys()
    {
        world.start();
        reload({{"guests", GuestOptions{}}, {"partners", ApiKeyOptions{std::string(32, 'p')}}});
    }
    void reload(std::vector<WayOptions> const& ways)
    {
        gateway::GatewayOptions options;
        options.routes
            = {{.path = "/v1/**", .target = gateway::Target::rooms, .auth = {"partners"}},
                {.path = "/admin/**", .target = gateway::Target::admin}};
        auto const config = gateway::compile(std::move(options)).value();
        for (auto& each : world.shards)
            each->node.reload(ways, config);
        world.run();
    }
    std::string operate(std::string_view line, std::string_view body = "", ShardIndex shard = 0)
    {
        return world.ask(shard, line, body.empty() ? "" : "Content-Type: application/json\r\n",
            body, gateway::Listener::admin);
    }
    static rooms::testing::Json body_of(std::string const& answer)
    {
        return rooms::testing::Json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
    }
    bool is_let_in(std::string const& key, ShardIndex shard)
    {
        return has(world.ask(shard, "GET /v1/games", "X-Api-Key: " + key + "\r\n"), " 200 ");
    }

    World world;
};

TEST_F(NodeKeys, a_key_lets_in_on_every_shard_until_it_is_revoked)
{
    auto const made = operate("POST /admin/keys", R"({"principal":"billing","roles":["r"]})", 1);
    ASSERT_TRUE(has(made, " 200 ")) << made;
    std::string const key = body_of(made)["key"];
    std::string const id = body_of(made)["id"];
    EXPECT_TRUE(key.starts_with("gh_" + id + "_"));
    for (ShardIndex shard = 0; shard < World::shards_count; shard++)
        EXPECT_TRUE(is_let_in(key, shard)) << shard;
    auto const listed = operate("GET /admin/keys", "", 2);
    EXPECT_TRUE(has(listed, "\"principal\":\"billing\"") && has(listed, "\"roles\":[\"r\"]"));
    EXPECT_FALSE(has(listed, "digest"));

    EXPECT_TRUE(has(operate("DELETE /admin/keys/" + id, "", 2), " 200 "));
    for (ShardIndex shard = 0; shard < World::shards_count; shard++)
        EXPECT_FALSE(is_let_in(key, shard)) << shard;
    EXPECT_TRUE(has(operate("DELETE /admin/keys/0000000000000000"), " 404 "));
}

TEST_F(NodeKeys, each_change_is_recorded_first_and_no_key_is_in_it)
{
    auto const made = operate("POST /admin/keys", R"({"principal":"billing"})");
    std::string const key = body_of(made)["key"];
    std::string recorded;
    for (auto const& [name, stream] : world.store.streams_kept)
        if (name.starts_with("audit."))
            for (auto const& event : stream.events)
                recorded += event.data;
    EXPECT_TRUE(has(recorded, "key create") && has(recorded, key.substr(3, 16)));
    EXPECT_FALSE(has(recorded, key) || has(recorded, "billing"));
    for (auto const& event : world.store.streams_kept["api_keys.all"].events)
        EXPECT_FALSE(has(event.data, key.substr(20))) << "what is kept lets nobody in";
    world.store.is_failing = true;
    EXPECT_TRUE(has(operate("POST /admin/keys", R"({"principal":"billing"})"), " 503 "));
}

TEST_F(NodeKeys, what_cannot_be_granted_is_said)
{
    EXPECT_TRUE(has(operate("POST /admin/keys", "{}"), " 400 "));
    EXPECT_TRUE(has(operate("POST /admin/keys", R"({"principal":"a","roles":"b"})"), "/roles"));
    EXPECT_TRUE(has(operate("POST /admin/keys", R"({"principal":"a","expires_at":1})"), " 400 "));
    EXPECT_TRUE(has(operate("POST /admin/keys/x/y", "{}"), " 404 "));
    reload({{"guests", GuestOptions{}}});
    EXPECT_TRUE(
        has(operate("POST /admin/keys", R"({"principal":"a"})"), "no way of auth takes API keys"));
}

TEST_F(NodeKeys, the_front_has_no_keys_to_give)
{
    EXPECT_TRUE(has(world.ask(0, "GET /admin/keys"), " 404 "));
}

} // namespace
} // namespace gatehouse::node
