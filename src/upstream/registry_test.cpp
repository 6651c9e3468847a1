// SPDX-License-Identifier: Apache-2.0
#include "upstream/registry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace gatehouse::upstream {
namespace {

using namespace std::chrono_literals;
using Names = std::set<std::string>;

constexpr TimePoint noon{12h};

struct Registries : ::testing::Test {
    Registry registry{};

    void enter(std::string const& service, std::string const& id, std::string const& address,
        TimePoint now = noon, Duration ttl = 30s)
    {
        auto const entered = registry.enter(service, id, {.address = address, .ttl = ttl}, now);
        ASSERT_TRUE(entered) << entered.error().message;
        EXPECT_EQ(entered->due, now + ttl);
    }
    [[nodiscard]] std::string ids(std::string_view service) const
    {
        std::string ids;
        for (auto const& each : registry.instances(service))
            ids += each.id;
        return ids;
    }
};

TEST_F(Registries, know_who_came_by_address_and_what_they_say)
{
    ASSERT_TRUE(registry.enter("users", "b",
        {.address = "10.0.0.2:80", .weight = 50, .version = "2.1", .metadata = {{"zone", "eu"}}},
        noon));
    enter("users", "a", "10.0.0.1:80");
    enter("rooms", "c", "[::1]:80");
    EXPECT_EQ(ids("users"), "ab");
    EXPECT_EQ(registry.services(), (std::vector<std::string>{"rooms", "users"}));
    auto const told = registry.instances("users")[1];
    EXPECT_EQ(told.says.weight, 50);
    EXPECT_EQ(told.says.version, "2.1");
    EXPECT_EQ(told.says.metadata.at("zone"), "eu");
    EXPECT_EQ(Registry::renew_within(told), 10s);
    EXPECT_TRUE(registry.drop("users", "a"));
    EXPECT_FALSE(registry.drop("users", "a"));
    EXPECT_FALSE(registry.drop("nobody", "a"));
    EXPECT_EQ(ids("users"), "b");
}

TEST_F(Registries, end_leases_that_are_not_renewed)
{
    enter("users", "a", "a:80");
    enter("users", "b", "b:80");
    EXPECT_TRUE(registry.renew("users", "b", noon + 20s));
    EXPECT_EQ(registry.next(), noon + 30s);
    EXPECT_EQ(registry.expire(noon + 30s - 1ns), Names{});
    EXPECT_EQ(registry.expire(noon + 30s), Names{"users"});
    EXPECT_EQ(ids("users"), "b");
    auto const late = registry.renew("users", "a", noon + 31s);
    EXPECT_EQ(late.error().code, ErrorCode::not_found);
}

TEST_F(Registries, give_an_address_that_comes_again_a_new_lease)
{
    enter("users", "a", "a:80");
    auto const version = registry.version();
    enter("users", "z", "a:80", noon + 5s);
    EXPECT_EQ(registry.version(), version) << "callers notice nothing";
    EXPECT_FALSE(registry.renew("users", "a", noon + 6s));
    EXPECT_FALSE(registry.drop("users", "a")) << "who has died cannot take the new one along";
    EXPECT_TRUE(registry.renew("users", "z", noon + 6s));
    ASSERT_TRUE(registry.enter("users", "y", {.address = "a:80", .version = "2"}, noon));
    EXPECT_GT(registry.version(), version);
}

TEST_F(Registries, keep_the_last_set_where_nobody_is_heard)
{
    enter("users", "a", "a:80", noon);
    enter("users", "b", "b:80", noon + 9s);
    enter("rooms", "c", "c:80", noon + 10s);
    EXPECT_EQ(registry.expire(noon + 1h), Names{});
    EXPECT_EQ(ids("users"), "ab");
    EXPECT_TRUE(registry.instances("users")[0].is_overdue);
    EXPECT_EQ(registry.next(), std::nullopt);

    // It is back: they all have a lease again, and who does not use it goes.
    EXPECT_TRUE(registry.renew("users", "b", noon + 1h));
    EXPECT_FALSE(registry.instances("users")[0].is_overdue);
    EXPECT_TRUE(registry.renew("users", "b", noon + 1h + 20s));
    EXPECT_EQ(registry.expire(noon + 1h + 30s), (Names{"rooms", "users"}));
    EXPECT_EQ(ids("users"), "b");
}

TEST_F(Registries, end_a_lease_if_anybody_was_heard_in_its_second_half)
{
    enter("users", "a", "a:80");
    enter("rooms", "b", "b:80", noon, 1h);
    EXPECT_TRUE(registry.renew("rooms", "b", noon + 15s - 1ns));
    EXPECT_EQ(registry.expire(noon + 30s), Names{});
    EXPECT_TRUE(registry.instances("users")[0].is_overdue);

    registry = Registry();
    enter("users", "a", "a:80");
    enter("rooms", "b", "b:80", noon, 1h);
    EXPECT_TRUE(registry.renew("rooms", "b", noon + 15s));
    EXPECT_EQ(registry.expire(noon + 30s), Names{"users"});
}

TEST_F(Registries, keep_those_who_could_not_be_heard_while_they_stood_still)
{
    enter("users", "a", "a:80");
    enter("users", "b", "b:80");
    // Nobody rang the timer for an hour; letters come before it.
    EXPECT_TRUE(registry.renew("users", "b", noon + 1h));
    EXPECT_EQ(registry.expire(noon + 1h), Names{});
    EXPECT_TRUE(registry.renew("users", "a", noon + 1h + 1s));
}

TEST_F(Registries, refuse_what_cannot_be_called)
{
    for (auto const address : {"", "10.0.0.1", ":80", "a:", "a:0", "a:080", "a:65536", "a:8x",
             "a b:80", "::1:80", "[]:80", "a/b:80", "u@a:80", "[a]b:80"}) {
        auto const refused = registry.enter("users", "a", {.address = address}, noon);
        ASSERT_FALSE(refused) << address;
        EXPECT_EQ(refused.error().code, ErrorCode::bad_request);
    }
    for (auto const address : {"a:1", "a-b_c.d:65535", "10.0.0.1:80", "[fe80::1]:80"})
        EXPECT_TRUE(registry.enter("users", "a", {.address = address}, noon)) << address;
    auto const refuses
        = [&](Registration const& says) { return !registry.enter("users", "a", says, noon); };
    EXPECT_TRUE(refuses({.address = "a:1", .weight = 0}));
    EXPECT_TRUE(refuses({.address = "a:1", .weight = 1'001}));
    EXPECT_TRUE(refuses({.address = "a:1", .version = std::string(257, 'v')}));
    EXPECT_TRUE(refuses({.address = "a:1", .metadata = {{"", "x"}}}));
    EXPECT_TRUE(refuses({.address = "a:1", .metadata = {{"x", std::string(257, 'x')}}}));
    EXPECT_TRUE(refuses({.address = "a:1", .ttl = 999ms}));
    EXPECT_TRUE(refuses({.address = "a:1", .ttl = 25h}));
    EXPECT_FALSE(registry.enter("", "a", {.address = "a:1"}, noon));
    EXPECT_FALSE(registry.enter("users", "", {.address = "a:1"}, noon));
}

TEST_F(Registries, refuse_newcomers_where_they_are_full)
{
    registry = Registry({.services_max = 2, .instances_max = 2});
    enter("users", "a", "a:80");
    enter("users", "b", "b:80");
    EXPECT_EQ(
        registry.enter("users", "c", {.address = "c:80"}, noon).error().code, ErrorCode::busy);
    enter("users", "d", "a:80"); // No newcomer.
    enter("rooms", "e", "e:80");
    EXPECT_EQ(registry.enter("more", "f", {.address = "f:80"}, noon).error().code, ErrorCode::busy);
    EXPECT_TRUE(registry.drop("rooms", "e"));
    enter("more", "f", "f:80");
}

// All leases in a list, and every instant at which somebody was heard.
struct Model {
    struct Lease {
        std::string service;
        std::string id;
        std::string address;
        Duration ttl;
        TimePoint due;
        bool is_overdue = false;
    };
    std::vector<Lease> leases{};
    std::vector<TimePoint> heard{};

    void settle(TimePoint now)
    {
        for (auto& lease : leases) {
            if (lease.is_overdue || lease.due > now)
                continue;
            lease.is_overdue = std::ranges::none_of(
                heard, [&](TimePoint at) { return at >= lease.due - lease.ttl / 2; });
            if (!lease.is_overdue)
                lease.id.clear();
        }
        std::erase_if(leases, [](Lease const& each) { return each.id.empty(); });
    }
    void hear(TimePoint now)
    {
        heard.push_back(now);
        for (auto& lease : leases)
            if (std::exchange(lease.is_overdue, false))
                lease.due = now + lease.ttl;
    }
    void enter(Lease const& lease, TimePoint now)
    {
        settle(now);
        hear(now);
        std::erase_if(leases, [&](Lease const& each) {
            return each.service == lease.service && each.address == lease.address;
        });
        leases.push_back(lease);
    }
    bool renew(std::string const& service, std::string const& id, TimePoint now)
    {
        settle(now);
        auto const at = std::ranges::find_if(
            leases, [&](Lease const& each) { return each.service == service && each.id == id; });
        if (at == leases.end())
            return false;
        hear(now);
        at->due = now + at->ttl;
        return true;
    }
    [[nodiscard]] std::set<std::string> known() const
    {
        std::set<std::string> all;
        for (auto const& each : leases)
            all.insert(
                each.service + " " + each.address + " " + each.id + (each.is_overdue ? "!" : ""));
        return all;
    }
};

std::set<std::string> known(Registry const& registry)
{
    std::set<std::string> all;
    for (auto const& service : registry.services())
        for (auto const& each : registry.instances(service))
            all.insert(
                service + " " + each.says.address + " " + each.id + (each.is_overdue ? "!" : ""));
    return all;
}

TEST(Registry, agrees_with_a_plain_list)
{
    int lost = 0;
    int kept = 0;
    for (unsigned seed = 0; seed < 150; seed++) {
        std::mt19937 chance(seed);
        auto const below
            = [&](int bound) { return static_cast<int>(chance() % static_cast<unsigned>(bound)); };
        Registry registry;
        Model model;
        TimePoint now = noon;
        for (int step = 0; step < 500; step++) {
            now += std::chrono::milliseconds(below(below(40) == 0 ? 60'000 : 1'500));
            auto const service = std::string(1, static_cast<char>('s' + below(3)));
            auto const what = below(12);
            if (what < 2) {
                auto const address = std::string(1, static_cast<char>('a' + below(5))) + ":80";
                auto const id = std::to_string(step + 1);
                auto const ttl = 1s * (1 + below(20));
                ASSERT_TRUE(registry.enter(service, id, {.address = address, .ttl = ttl}, now));
                model.enter({service, id, address, ttl, now + ttl}, now);
            } else if (what < 10 && !model.leases.empty()) {
                auto const& lease = model.leases[static_cast<std::size_t>(
                    below(static_cast<int>(model.leases.size())))];
                auto const [of, id] = std::pair(lease.service, lease.id);
                ASSERT_EQ(registry.renew(of, id, now).has_value(), model.renew(of, id, now));
            } else if (what == 10 && !model.leases.empty()) {
                auto const lease = model.leases.front();
                ASSERT_TRUE(registry.drop(lease.service, lease.id));
                model.leases.erase(model.leases.begin());
            }
            lost += static_cast<int>(registry.expire(now).size());
            model.settle(now);
            ASSERT_EQ(known(registry), model.known()) << seed << " " << step;
            kept += std::ranges::any_of(model.leases, &Model::Lease::is_overdue) ? 1 : 0;
            auto first = model.leases.end();
            for (auto at = model.leases.begin(); at != model.leases.end(); ++at)
                if (!at->is_overdue && (first == model.leases.end() || at->due < first->due))
                    first = at;
            ASSERT_EQ(registry.next(),
                first == model.leases.end() ? std::nullopt : std::optional(first->due));
        }
    }
    EXPECT_GT(lost, 1'000) << "the test shows nothing otherwise";
    EXPECT_GT(kept, 100);
}

} // namespace
} // namespace gatehouse::upstream
