// SPDX-License-Identifier: Apache-2.0
#include "records/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <random>

namespace gatehouse::records {
namespace {

using namespace std::chrono_literals;

// Asks and waits. What never was answered shows as `internal`.
struct Asker {
    World& world;

    template <typename T, typename Ask>
    Result<T> wait(Ask&& ask) const
    {
        auto answer = std::make_shared<Result<T>>(fail(ErrorCode::internal, "no answer"));
        ask([answer](Result<T> told) { *answer = std::move(told); });
        world.settle();
        return *answer;
    }
    [[nodiscard]] Result<std::optional<Record>> get(std::string key) const
    {
        return wait<std::optional<Record>>(
            [&](auto done) { world.records().get(std::move(key), std::move(done)); });
    }
    [[nodiscard]] Result<std::optional<Version>> put(std::string key, Version expected,
        std::string value, std::optional<WallTime> expires = std::nullopt) const
    {
        return wait<std::optional<Version>>([&](auto done) {
            world.records().put(
                std::move(key), expected, std::move(value), expires, std::move(done));
        });
    }
    [[nodiscard]] Result<std::optional<Version>> remove(std::string key, Version expected) const
    {
        return wait<std::optional<Version>>(
            [&](auto done) { world.records().remove(std::move(key), expected, std::move(done)); });
    }
    [[nodiscard]] Result<std::vector<Named>> list(
        std::string prefix, std::string after, std::size_t max) const
    {
        return wait<std::vector<Named>>([&](auto done) {
            world.records().list(std::move(prefix), std::move(after), max, std::move(done));
        });
    }
    [[nodiscard]] std::string keys(std::string prefix, std::string after, std::size_t max) const
    {
        std::string text;
        auto const listed = list(std::move(prefix), std::move(after), max);
        EXPECT_TRUE(listed);
        for (auto const& each : *listed)
            text += each.key + " ";
        return text;
    }
    [[nodiscard]] std::optional<Record> record(std::string key) const
    {
        auto const got = get(std::move(key));
        EXPECT_TRUE(got);
        return got ? *got : std::nullopt;
    }
    [[nodiscard]] std::string value(std::string key) const
    {
        auto const found = record(std::move(key));
        return found ? found->value : "none";
    }
};

bool is_stale(Result<std::optional<Version>> const& written)
{
    return written && !*written;
}

void gives_back_what_was_put(World& world)
{
    Asker const ask{world};
    EXPECT_EQ(ask.value("a"), "none");
    std::string const odd("\0 ü\n\xff", 6);
    auto const version = ask.put(odd, 0, odd);
    ASSERT_TRUE(version && *version);
    EXPECT_EQ(ask.record(odd), (Record{odd, **version, std::nullopt}));
    EXPECT_EQ(ask.value("a"), "none");
    ASSERT_TRUE(ask.put("empty", 0, ""));
    EXPECT_EQ(ask.value("empty"), "");
}

void writes_over_the_expected_version_only(World& world)
{
    Asker const ask{world};
    auto const first = **ask.put("a", 0, "one");
    EXPECT_TRUE(is_stale(ask.put("a", 0, "other")));
    EXPECT_TRUE(is_stale(ask.put("a", first + 1, "other")));
    EXPECT_TRUE(is_stale(ask.put("b", first, "other")));
    EXPECT_EQ(ask.value("a"), "one");
    EXPECT_EQ(ask.value("b"), "none");
    auto const second = **ask.put("a", first, "two");
    EXPECT_GT(second, first);
    EXPECT_TRUE(is_stale(ask.put("a", first, "late")));
    EXPECT_TRUE(is_stale(ask.remove("a", first)));
    EXPECT_EQ(ask.value("a"), "two");
    EXPECT_GT(**ask.remove("a", second), second);
    EXPECT_EQ(ask.value("a"), "none");
    EXPECT_TRUE(is_stale(ask.remove("a", second)));
    EXPECT_TRUE(is_stale(ask.remove("a", 0)));
}

// Who read, and comes back after others removed and wrote the same again, is late.
void uses_no_version_twice(World& world)
{
    Asker const ask{world};
    auto const first = **ask.put("a", 0, "same");
    ASSERT_TRUE(*ask.remove("a", first));
    world.reopen();
    auto const second = **ask.put("a", 0, "same");
    EXPECT_GT(second, first);
    EXPECT_TRUE(is_stale(ask.put("a", first, "late")));
}

void forgets_what_expired(World& world)
{
    Asker const ask{world};
    auto const end = world.now() + 10s;
    auto const first = **ask.put("a", 0, "short", end);
    static_cast<void>(ask.put("b", 0, "long"));
    EXPECT_EQ(ask.record("a"), (Record{"short", first, end}));
    world.pass(9'999ms);
    EXPECT_EQ(ask.value("a"), "short");
    world.pass(1ms);
    EXPECT_EQ(ask.value("a"), "none");
    EXPECT_EQ(ask.keys("", "", 10), "b ");
    EXPECT_TRUE(is_stale(ask.put("a", first, "late")));
    EXPECT_TRUE(is_stale(ask.remove("a", first)));
    auto const second = **ask.put("a", 0, "again", world.now() + 5s);
    EXPECT_GT(second, first);
    auto const third = **ask.put("a", second, "longer", world.now() + 60s);
    world.pass(10s);
    EXPECT_EQ(ask.value("a"), "longer");
    ASSERT_TRUE(*ask.put("a", third, "for ever"));
    world.pass(24h);
    EXPECT_EQ(ask.value("a"), "for ever");
}

void lists_in_the_order_of_bytes(World& world)
{
    Asker const ask{world};
    for (auto const* key : {"b/2", "a", "b/1", "b", "b/10", "c", "b/\xff"})
        ASSERT_TRUE(ask.put(key, 0, "value of " + std::string(key)));
    EXPECT_EQ(ask.keys("", "", 10), "a b b/1 b/10 b/2 b/\xff c ");
    EXPECT_EQ(ask.keys("b/", "", 10), "b/1 b/10 b/2 b/\xff ");
    EXPECT_EQ(ask.keys("b/", "", 2), "b/1 b/10 ");
    EXPECT_EQ(ask.keys("b/", "b/10", 10), "b/2 b/\xff ");
    EXPECT_EQ(ask.keys("b/", "b/11", 10), "b/2 b/\xff ");
    EXPECT_EQ(ask.keys("b/", "a", 10), "b/1 b/10 b/2 b/\xff ");
    EXPECT_EQ(ask.keys("b/", "c", 10), "");
    EXPECT_EQ(ask.keys("d", "", 10), "");
    EXPECT_EQ(ask.keys("b/\xff", "", 10), "b/\xff ");
    EXPECT_EQ(ask.list("a", "", 1)->front().record.value, "value of a");
}

void refuses_what_is_too_much(World& world)
{
    Asker const ask{world};
    auto const code
        = [](auto const& answer) { return answer ? ErrorCode::internal : answer.error().code; };
    EXPECT_TRUE(ask.put(std::string(256, 'k'), 0, std::string(64 * 1024, 'v')));
    EXPECT_EQ(ask.value(std::string(256, 'k')), std::string(64 * 1024, 'v'));
    EXPECT_EQ(code(ask.put("", 0, "v")), ErrorCode::bad_request);
    EXPECT_EQ(code(ask.put(std::string(257, 'k'), 0, "v")), ErrorCode::bad_request);
    EXPECT_EQ(code(ask.put("k", 0, std::string(64 * 1024 + 1, 'v'))), ErrorCode::bad_request);
    EXPECT_EQ(code(ask.get("")), ErrorCode::bad_request);
    EXPECT_EQ(code(ask.remove("", 1)), ErrorCode::bad_request);
    EXPECT_EQ(code(ask.list("", "", 0)), ErrorCode::bad_request);
    EXPECT_EQ(code(ask.list("", "", 1'001)), ErrorCode::bad_request);
    EXPECT_TRUE(ask.list("", "", 1'000));
}

void answers_in_the_order_of_the_questions(World& world)
{
    auto order = std::make_shared<std::string>();
    auto const note = [order](char what) {
        return [order, what](auto const& answer) { *order += answer ? what : '!'; };
    };
    auto& records = world.records();
    records.put("a", 0, "one", std::nullopt, note('p'));
    records.get("a", note('g'));
    records.list("", "", 10, note('l'));
    records.get("", note('x'));
    records.remove("a", 1, note('r'));
    world.settle();
    EXPECT_EQ(*order, "pgl!r");
}

// All of the above at random, beside a map that looks at everything each time.
void agrees_with_a_map(World& world)
{
    Asker const ask{world};
    std::mt19937 chance(7);
    auto const below = [&chance](int end) { return static_cast<int>(chance() % unsigned(end)); };
    std::map<std::string, Record> model;
    Version last = 0;
    int written = 0;
    for (int step = 0; step < 1'500; step++) {
        world.pass(Milliseconds(below(200)));
        std::erase_if(model, [&](auto const& each) {
            auto const& expires = each.second.expires;
            return expires && *expires <= world.now();
        });
        auto const key = std::string(1, static_cast<char>('a' + below(6)));
        auto const version = model.contains(key) ? model[key].version : 0;
        auto const expected = below(4) == 0 ? last : version;
        if (auto const what = below(10); what < 4) {
            std::optional<WallTime> expires;
            if (below(2) == 0)
                expires = world.now() + Milliseconds(1 + below(2'000));
            auto const value = std::to_string(step);
            auto const put = *ask.put(key, expected, value, expires);
            ASSERT_EQ(put.has_value(), expected == version) << step;
            if (put) {
                ASSERT_GT(*put, last);
                last = *put;
                model[key] = {value, last, expires};
                written++;
            }
        } else if (what < 6) {
            auto const removed = *ask.remove(key, expected);
            ASSERT_EQ(removed.has_value(), expected != 0 && expected == version) << step;
            if (removed) {
                ASSERT_GT(*removed, last);
                last = *removed;
                model.erase(key);
            }
        } else if (what < 7 && below(10) == 0) {
            if (!world.reopen())
                continue;
        } else {
            auto const got = *ask.get(key);
            ASSERT_EQ(got.has_value(), model.contains(key)) << step;
            ASSERT_EQ(got.value_or(Record{}), model.contains(key) ? model[key] : Record{});
        }
        auto const listed = *ask.list("", "", 10);
        ASSERT_EQ(listed.size(), model.size()) << step;
        ASSERT_TRUE(std::ranges::equal(listed, model, [](auto const& a, auto const& b) {
            return a.key == b.first && a.record == b.second;
        })) << step;
    }
    EXPECT_GT(written, 200);
}

void keeps_what_it_told(World& world)
{
    Asker const ask{world};
    auto const version = **ask.put("a", 0, "kept", world.now() + 1h);
    auto const gone = **ask.put("b", 0, "gone");
    ASSERT_TRUE(*ask.remove("b", gone));
    if (!world.reopen())
        return;
    EXPECT_EQ(ask.record("a"), (Record{"kept", version, world.now() + 1h}));
    EXPECT_EQ(ask.value("b"), "none");
}

} // namespace

std::span<Promise const> promises()
{
    static constexpr std::array all{
        Promise{"gives_back_what_was_put", gives_back_what_was_put},
        Promise{"writes_over_the_expected_version_only", writes_over_the_expected_version_only},
        Promise{"uses_no_version_twice", uses_no_version_twice},
        Promise{"forgets_what_expired", forgets_what_expired},
        Promise{"lists_in_the_order_of_bytes", lists_in_the_order_of_bytes},
        Promise{"refuses_what_is_too_much", refuses_what_is_too_much},
        Promise{"answers_in_the_order_of_the_questions", answers_in_the_order_of_the_questions},
        Promise{"agrees_with_a_map", agrees_with_a_map},
        Promise{"keeps_what_it_told", keeps_what_it_told},
    };
    return all;
}

} // namespace gatehouse::records
