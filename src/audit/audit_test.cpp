// SPDX-License-Identifier: Apache-2.0
#include "audit/check.hpp"
#include "audit/journal.hpp"
#include "base/bytes.hpp"
#include "base/text.hpp"
#include "events/chain.hpp"
#include "events/testing.hpp"

#include <gtest/gtest.h>

#include <map>

namespace gatehouse::audit {
namespace {

using events::Event;
using events::StreamAppend;
using events::StreamHead;

WallTime at(std::string_view text)
{
    return {from_rfc3339(text).value()};
}

// Keeps streams; answers when told to.
class Store final : public events::testing::UnableStore {
public:
    void find(std::string, OnHeads done) override
    {
        std::vector<StreamHead> heads;
        for (auto const& [name, events] : streams_kept)
            heads.push_back({.stream = name, .category = "audit", .version = events.size()});
        later.push_back([heads, done = std::move(done)]() mutable { done(heads); });
    }
    void read(std::string stream, events::Version after, std::size_t, OnEvents done) override
    {
        std::vector<Event> const last{streams_kept[stream].at(after)};
        later.push_back([last, done = std::move(done)]() mutable { done(last); });
    }
    void append(std::vector<StreamAppend> batch, OnAppended done) override
    {
        std::vector<Result<events::Appended>> results;
        for (auto& each : batch) {
            auto& kept = streams_kept[each.stream];
            bool const fits = !is_failing && kept.size() == each.expected;
            if (fits)
                kept.insert(kept.end(), each.events.begin(), each.events.end());
            results.push_back(fits ? Result<events::Appended>(events::Appended{})
                                   : fail(ErrorCode::unavailable, "The disk is full."));
        }
        later.push_back([results, done = std::move(done)]() mutable { done(results); });
        appends++;
    }
    void run()
    {
        for (; !later.empty(); later.pop_front())
            later.front()();
    }

    std::map<std::string, std::vector<Event>> streams_kept;
    std::deque<std::move_only_function<void()>> later;
    bool is_failing = false;
    int appends = 0;
};

// What a verifier sees: every link, from month to month.
void expect_one_chain(Store const& store)
{
    Event const* last = nullptr;
    std::string last_stream;
    for (auto const& [stream, events] : store.streams_kept) {
        auto link = events::chain_start(stream);
        for (auto const& event : events) {
            EXPECT_EQ(event.link, events::chain_link(link, event)) << stream << event.version;
            link = event.link;
        }
        if (last) {
            auto const first = decode(events.front());
            ASSERT_TRUE(first && std::holds_alternative<Continued>(*first));
            auto const& continued = std::get<Continued>(*first);
            EXPECT_EQ(continued.stream, last_stream);
            EXPECT_EQ(continued.version, last->version);
            EXPECT_EQ(from_hex(continued.link),
                std::string(reinterpret_cast<char const*>(last->link.data()), last->link.size()));
        }
        last = &events.back();
        last_stream = stream;
    }
}

struct Writing {
    Place write(Journal& journal, std::string_view now, Entry entry)
    {
        Result<Place> place = fail(ErrorCode::internal, "no answer");
        journal.write(
            at(now), std::move(entry), [&place](Result<Place> kept) { place = std::move(kept); });
        store.run();
        return place ? *place : Place{place.error().message, 0};
    }

    Store store;
};

TEST(Journal, says_where_an_entry_is_when_it_is_durable)
{
    Writing with;
    Journal journal(with.store);
    Asked const asked{"anna", "127.0.0.1", "room restore", "k7qxm.9f", R"({"version":4})"};
    EXPECT_EQ(with.write(journal, "2026-11-21T14:00:00Z", asked), (Place{"audit.2026-11", 1}));
    auto const ended = with.write(
        journal, "2026-11-21T14:00:01Z", Ended{"audit.2026-11", 1, "done"});
    EXPECT_EQ(ended, (Place{"audit.2026-11", 2}));

    auto const& first = with.store.streams_kept["audit.2026-11"].front();
    EXPECT_EQ(first.at, at("2026-11-21T14:00:00Z"));
    auto const read = decode(first);
    ASSERT_TRUE(read);
    EXPECT_EQ(std::get<Asked>(*read).who, "anna");
    EXPECT_EQ(std::get<Asked>(*read).with, asked.with);
    expect_one_chain(with.store);
}

TEST(Journal, goes_on_where_the_last_process_ended_and_from_month_to_month)
{
    Writing with;
    for (auto const* now : {"2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z", "2027-02-03T00:00:00Z",
             "2026-12-30T00:00:00Z"}) { // The clock went back.
        Journal journal(with.store);
        with.write(journal, now, Asked{});
        with.write(journal, now, Asked{});
    }
    ASSERT_EQ(with.store.streams_kept.size(), 3u);
    EXPECT_EQ(with.store.streams_kept["audit.2026-11"].size(), 2u);
    EXPECT_EQ(with.store.streams_kept["audit.2026-12"].size(), 3u);
    EXPECT_EQ(with.store.streams_kept["audit.2027-02"].size(), 5u);
    expect_one_chain(with.store);
}

TEST(Journal, sends_what_came_while_it_waited_together)
{
    Writing with;
    Journal journal(with.store);
    int kept = 0;
    for (int i = 0; i < 10; i++)
        journal.write(at("2026-11-21T14:00:00Z"), Asked{}, [&kept](Result<Place> const& place) {
            EXPECT_EQ(place->version, static_cast<events::Version>(++kept));
        });
    with.store.run();
    EXPECT_EQ(kept, 10);
    EXPECT_EQ(with.store.appends, 1);
    expect_one_chain(with.store);
}

TEST(Journal, says_that_nothing_was_kept_and_reads_the_end_again)
{
    Writing with;
    Journal journal(with.store);
    with.write(journal, "2026-11-21T14:00:00Z", Asked{});
    with.store.is_failing = true;
    auto const lost = with.write(journal, "2026-11-21T14:00:00Z", Asked{});
    EXPECT_EQ(lost, (Place{"The disk is full.", 0}));
    with.store.is_failing = false;
    EXPECT_EQ(with.write(journal, "2026-11-21T14:00:00Z", Asked{}), (Place{"audit.2026-11", 2}));
    expect_one_chain(with.store);
}

TEST(Journal, is_busy_when_too_many_wait)
{
    Writing with;
    Journal journal(with.store);
    int refused = 0, kept = 0;
    for (std::size_t i = 0; i < Journal::waiting_max + 3; i++)
        journal.write(at("2026-11-21T14:00:00Z"), Asked{},
            [&](Result<Place> const& place) { (place ? kept : refused)++; });
    EXPECT_EQ(refused, 3);
    with.store.run();
    EXPECT_EQ(static_cast<std::size_t>(kept), Journal::waiting_max);
}

// ---- Check

struct AuditCheck : ::testing::Test {
    Writing with{};
    std::vector<std::string> found{};

    void SetUp() override
    {
        for (auto const* now : {"2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z",
                 "2026-12-01T00:00:00Z"}) {
            Journal journal(with.store);
            auto const order = with.write(journal, now, Asked{.what = "room restore"});
            with.write(journal, now, Ended{order.stream, order.version, "done"});
        }
    }
    std::string end_of_check(std::string const& seen = "")
    {
        found.clear();
        Check check(seen, [this](Place const& place, std::string const& what) {
            found.push_back(place.stream + "/" + std::to_string(place.version) + " " + what);
        });
        for (auto const& [stream, entries] : with.store.streams_kept)
            check.take({stream, "audit", entries.back().version, {}, entries.back().at}, entries);
        bool const is_whole = check.finish();
        EXPECT_EQ(is_whole, found.empty());
        return check.end();
    }
};

TEST_F(AuditCheck, knows_a_whole_log_and_what_was_seen_of_it)
{
    auto const end = end_of_check();
    EXPECT_TRUE(found.empty()) << found.front();
    Journal journal(with.store);
    with.write(journal, "2026-12-02T00:00:00Z", Asked{});
    EXPECT_NE(end_of_check(end), end);
    EXPECT_TRUE(found.empty()) << found.front();
}

TEST_F(AuditCheck, misses_months_wherever_they_were)
{
    auto const whole = with.store.streams_kept;
    with.store.streams_kept.erase("audit.2026-10");
    end_of_check();
    EXPECT_EQ(found, std::vector<std::string>{
        "audit.2026-11/1 what was before it is gone: it goes on from audit.2026-10"});
    with.store.streams_kept = whole;
    with.store.streams_kept.erase("audit.2026-11");
    end_of_check();
    EXPECT_EQ(found, std::vector<std::string>{
        "audit.2026-12/1 it does not go on from the month before"});
    with.store.streams_kept = whole;
    auto const end = end_of_check();
    with.store.streams_kept.erase("audit.2026-12");
    end_of_check(end);
    EXPECT_EQ(found, std::vector<std::string>{"/0 " + end + " was seen, and is not there"});
}

TEST_F(AuditCheck, notices_an_entry_that_was_written_anew)
{
    auto const end = end_of_check();
    auto& last = with.store.streams_kept["audit.2026-12"];
    auto forged = encode(Asked{.who = "somebody else", .what = "room restore"});
    last[1].data = forged.data;
    end_of_check();
    EXPECT_FALSE(found.empty());
    auto link = last[0].link; // With all links made anew too, who saw the end knows.
    for (std::size_t i = 1; i < last.size(); i++)
        link = last[i].link = events::chain_link(link, last[i]);
    end_of_check();
    EXPECT_TRUE(found.empty());
    end_of_check(end);
    EXPECT_FALSE(found.empty());
}

TEST_F(AuditCheck, lets_the_first_word_on_an_order_count)
{
    Journal journal(with.store);
    with.write(journal, "2026-12-02T00:00:00Z", Ended{"audit.2026-11", 2, "never happened"});
    end_of_check();
    EXPECT_EQ(found, std::vector<std::string>{
        "audit.2026-12/4 the order audit.2026-11/2 had ended already; the first word counts"});
}

TEST(AuditEntry, cuts_what_is_too_long_and_names_people_by_a_digest)
{
    auto const event = encode(Asked{.with = std::string(1 << 20, 'x')});
    EXPECT_LT(event.data.size(), 3000u);
    EXPECT_TRUE(decode(event));
    EXPECT_EQ(digest_of("g_1"), digest_of("g_1"));
    EXPECT_FALSE(digest_of("g_1").contains("g_1"));
}

TEST(AuditEntry, refuses_what_it_cannot_read)
{
    Event event;
    event.type = "audit.rethought";
    EXPECT_EQ(decode(event).error().code, ErrorCode::unavailable);
    event.type = "audit.ended";
    event.data = "?";
    EXPECT_EQ(decode(event).error().code, ErrorCode::internal);
}

} // namespace
} // namespace gatehouse::audit
