// SPDX-License-Identifier: Apache-2.0
// What every log promises of its upkeep: compacted and erased events are gone, and nothing else is.
#include "storage/conformance_test.hpp"

#include <algorithm>
#include <map>
#include <random>

namespace gatehouse::storage {
namespace {

using events::Event;
using events::LogCursor;
using events::MemberKey;
using events::Membership;
using events::PositionedEvent;
using events::StreamAppend;
using events::StreamHead;
using events::Version;
using testing::append_of;
using testing::Kind;
using testing::member_of;
using testing::snapshot_of;
using testing::with_keys;

class Upkeep : public testing::EachStore {
protected:
    void SetUp() override
    {
        EachStore::SetUp();
        if (!IsSkipped())
            log_ = make_log();
    }

    Log& log() { return *log_; }

    void reopen()
    {
        if (!can_reopen())
            return;
        log_.reset();
        log_ = make_log();
    }

    void append(StreamAppend append)
    {
        ASSERT_TRUE(log().append({std::move(append)}).at(0));
    }

    void append_finished(std::string stream, Version expected, std::size_t count = 1)
    {
        auto one = append_of(std::move(stream), expected, count);
        one.state = {.finished = true, .deadline = std::nullopt};
        append(one);
    }

    std::vector<PositionedEvent> whole_log(std::size_t page_size, LogCursor from = 0)
    {
        std::vector<PositionedEvent> all;
        while (true) {
            auto page = log().log(from, page_size).value();
            EXPECT_LE(page.events.size(), page_size);
            EXPECT_TRUE(page.is_last || page.next > from) << "it goes on";
            std::ranges::move(page.events, std::back_inserter(all));
            if (page.is_last)
                return all;
            from = page.next;
        }
    }

    // Of each event in the log: stream and version, in order.
    std::vector<std::string> told(std::size_t page_size = 100)
    {
        std::vector<std::string> told;
        for (auto const& each : whole_log(page_size))
            told.push_back(each.stream + "/" + std::to_string(each.event.version));
        return told;
    }

    StreamHead head_of(std::string_view stream)
    {
        auto const found = log().find(stream).value();
        return found.empty() ? StreamHead{} : found[0];
    }

    std::vector<StreamHead> all_streams()
    {
        return log().streams("", 1000).value();
    }

private:
    std::unique_ptr<Log> log_;
};

using Told = std::vector<std::string>;

TEST_P(Upkeep, compacts_only_what_a_snapshot_tells_of)
{
    EXPECT_EQ(log().compact("a.1", 1).error().code, ErrorCode::not_found);
    append(append_of("a.1", 0, 6));
    EXPECT_EQ(log().compact("a.1", 1).error().code, ErrorCode::stale_base);
    ASSERT_TRUE(log().keep(snapshot_of("a.1", 4)));
    EXPECT_EQ(log().compact("a.1", 5).error().code, ErrorCode::stale_base);
    EXPECT_EQ(log().read("a.1", 0, 10)->size(), 6u) << "what is refused changes nothing";
    EXPECT_TRUE(log().compact("a.1", 0));
    EXPECT_TRUE(log().compact("a.1", 4));
    EXPECT_TRUE(log().compact("a.1", 4)) << "twice";
    EXPECT_TRUE(log().compact("a.1", 2)) << "less than before";
    EXPECT_EQ(head_of("a.1").floor, 4u);
}

TEST_P(Upkeep, what_was_compacted_is_gone_and_the_stream_goes_on)
{
    auto const all = append_of("a.1", 0, 9).events;
    for (Version version = 0; version < 9; version++) { // Each beside an event of another stream.
        append(append_of("a.1", version));
        append(append_of("b.1", version));
    }
    ASSERT_TRUE(log().keep(snapshot_of("a.1", 5)));
    ASSERT_TRUE(log().compact("a.1", 3));
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(log().read("a.1", 2, 10).error().code, ErrorCode::not_found);
        EXPECT_EQ(log().read("a.1", 0, 1).error().code, ErrorCode::not_found);
        EXPECT_EQ(log().read("a.1", 3, 2).value(), std::vector(all.begin() + 3, all.begin() + 5));
        EXPECT_TRUE(log().read("a.1", 9, 2)->empty());
        auto const history = log().hydrate("a.1", 100).value();
        EXPECT_EQ(history.snapshot, snapshot_of("a.1", 5).snapshot);
        EXPECT_EQ(history.events, std::vector(all.begin() + 5, all.end()));
        EXPECT_EQ(head_of("a.1").version, 9u);
        EXPECT_EQ(head_of("a.1").floor, 3u);
        EXPECT_EQ(head_of("b.1").floor, 0u);
        EXPECT_EQ(log().read("b.1", 0, 10)->size(), 9u);
        reopen();
    }
    ASSERT_TRUE(log().compact("a.1", 5));
    append(append_of("a.1", 9));
    reopen();
    EXPECT_EQ(log().read("a.1", 5, 10)->size(), 5u);
    EXPECT_EQ(told(4).size(), 14u);
}

TEST_P(Upkeep, a_stream_compacted_to_its_end_goes_on)
{
    append(append_of("a.1", 0, 3));
    ASSERT_TRUE(log().keep(snapshot_of("a.1", 3)));
    ASSERT_TRUE(log().compact("a.1", 3));
    for (int i = 0; i < 2; i++) {
        EXPECT_TRUE(log().read("a.1", 3, 10)->empty());
        EXPECT_TRUE(log().hydrate("a.1", 10)->events.empty());
        EXPECT_EQ(log().read("a.1", 2, 10).error().code, ErrorCode::not_found);
        EXPECT_TRUE(log().log(0, 10)->is_last);
        reopen();
    }
    EXPECT_EQ(log().append({append_of("a.1", 0)}).at(0).error().code, ErrorCode::stale_base);
    auto const appended = log().append({append_of("a.1", 3)}).at(0);
    ASSERT_TRUE(appended);
    EXPECT_EQ(appended->first_position, 4u);
    reopen();
    EXPECT_EQ(log().read("a.1", 3, 10).value(), append_of("a.1", 3).events);
    EXPECT_EQ(told(), Told{"a.1/4"});
}

TEST_P(Upkeep, erases_only_what_is_finished_and_has_not_gone_on)
{
    EXPECT_EQ(log().erase("a.1", 0).error().code, ErrorCode::not_found);
    append(append_of("a.1", 0, 2));
    EXPECT_EQ(log().erase("a.1", 2).error().code, ErrorCode::stale_base) << "not finished";
    append_finished("a.1", 2);
    EXPECT_EQ(log().erase("a.1", 2).error().code, ErrorCode::stale_base) << "it has gone on";
    EXPECT_EQ(log().erase("a.1", 4).error().code, ErrorCode::stale_base);
    EXPECT_EQ(log().read("a.1", 0, 10)->size(), 3u);
    EXPECT_TRUE(log().erase("a.1", 3));
    EXPECT_EQ(log().erase("a.1", 3).error().code, ErrorCode::not_found) << "twice";
}

TEST_P(Upkeep, what_was_erased_has_never_been)
{
    // Three streams of one slot, among each other.
    for (Version version = 0; version < 4; version++)
        for (auto const* const stream : {"a.1", "a.2", "a.3"})
            append(append_of(stream, version));
    append_finished("a.2", 4);
    ASSERT_TRUE(log().keep(snapshot_of("a.2", 4)));
    auto const others = log().read("a.3", 0, 10).value();
    ASSERT_TRUE(log().erase("a.2", 5));
    for (int i = 0; i < 2; i++) {
        EXPECT_TRUE(log().find("a.2")->empty());
        EXPECT_EQ(log().find("a")->size(), 2u);
        EXPECT_EQ(all_streams().size(), 2u);
        EXPECT_TRUE(log().read("a.2", 0, 10)->empty());
        EXPECT_FALSE(log().hydrate("a.2", 10)->snapshot);
        EXPECT_EQ(log().keep(snapshot_of("a.2", 1)).error().code, ErrorCode::stale_base);
        EXPECT_EQ(log().read("a.3", 0, 10).value(), others);
        for (std::size_t const page_size : {1, 2, 3, 100})
            EXPECT_EQ(told(page_size),
                (Told{"a.1/1", "a.3/1", "a.1/2", "a.3/2", "a.1/3", "a.3/3", "a.1/4", "a.3/4"}));
        for (LogCursor from = 0; from <= 14; from++)
            EXPECT_LE(whole_log(2, from).size(), 8u) << "from within the holes";
        reopen();
    }
    // Its place is empty, its name is free.
    auto const appended = log().append({append_of("a.2", 0), append_of("a.1", 4)});
    EXPECT_EQ(appended.at(0)->first_position, 14u);
    EXPECT_EQ(appended.at(1)->first_position, 15u);
    reopen();
    EXPECT_EQ(log().read("a.2", 0, 10).value(), append_of("a.2", 0).events);
    EXPECT_FALSE(log().hydrate("a.2", 10)->snapshot);
    EXPECT_EQ(told().size(), 10u);
}

TEST_P(Upkeep, the_end_of_the_log_may_be_erased)
{
    append(append_of("b.1", 0));
    append_finished("a.1", 0, 3);
    ASSERT_TRUE(log().erase("a.1", 3));
    reopen();
    EXPECT_EQ(told(), Told{"b.1/1"});
    auto const cursor = log().log(0, 10)->next;
    EXPECT_TRUE(log().log(cursor, 10)->events.empty());
    append(append_of("b.1", 1));
    EXPECT_EQ(log().log(cursor, 10)->events.at(0).event.version, 2u)
        << "who follows the log sees what came after the hole";
    append_finished("b.1", 2);
    ASSERT_TRUE(log().erase("b.1", 3));
    reopen();
    EXPECT_TRUE(told().empty());
    EXPECT_TRUE(all_streams().empty());
    EXPECT_EQ(log().append({append_of("b.1", 0)}).at(0)->first_position, 4u);
}

TEST_P(Upkeep, a_compacted_stream_can_be_erased)
{
    append(append_of("a.1", 0, 5));
    append(append_of("b.1", 0, 1));
    append_finished("a.1", 5, 5);
    ASSERT_TRUE(log().keep(snapshot_of("a.1", 7)));
    ASSERT_TRUE(log().compact("a.1", 6));
    ASSERT_TRUE(log().erase("a.1", 10));
    reopen();
    EXPECT_EQ(told(), Told{"b.1/1"});
}

// What of keys stores must agree on: their numbers may have other gaps.
std::vector<std::pair<std::string, MemberKey>> members_of(
    Result<std::vector<Membership>> const& memberships)
{
    std::vector<std::pair<std::string, MemberKey>> members;
    for (std::uint64_t last = 0; auto const& each : memberships.value()) {
        EXPECT_NE(each.number, last);
        last = each.number;
        members.emplace_back(each.stream, each.member);
    }
    return members;
}

TEST_P(Upkeep, keys_are_told_in_the_order_in_which_they_came)
{
    append(with_keys(append_of("b.1", 0), {member_of("u:anna", 1), member_of("u:ben", 2)}));
    append(with_keys(append_of("a.1", 0), {member_of("u:anna", 1)}));
    append(with_keys(append_of("b.1", 1), {member_of("u:anna", 1, 'n')}));
    reopen();
    auto const all = log().keys(0, 10).value();
    using Members = std::vector<std::pair<std::string, MemberKey>>;
    EXPECT_EQ(members_of(all),
        (Members{{"b.1", member_of("u:ben", 2)}, {"a.1", member_of("u:anna", 1)},
            {"b.1", member_of("u:anna", 1, 'n')}}));
    EXPECT_TRUE(std::ranges::is_sorted(all, std::ranges::less{}, &Membership::number));
    EXPECT_EQ(log().keys(0, 2).value(), (std::vector{all[0], all[1]}));
    EXPECT_EQ(log().keys(all[0].number, 10).value(), (std::vector{all[1], all[2]}));
    ASSERT_EQ(log().forget("u:anna"), 2u);
    append(with_keys(append_of("c.1", 0), {member_of("u:carl", 1)}));
    auto const later = log().keys(all[2].number, 10).value();
    ASSERT_EQ(later.size(), 1u) << "no number is given twice";
    EXPECT_EQ(later[0].stream, "c.1");
    EXPECT_TRUE(log().keys(~std::uint64_t{0}, 10)->empty());
}

TEST_P(Upkeep, keys_outlive_their_stream_until_they_are_dropped)
{
    auto finished = with_keys(append_of("a.1", 0), {member_of("u:anna", 1)});
    finished.state.finished = true;
    append(finished);
    append(with_keys(append_of("a.10", 0), {member_of("u:anna", 1)}));
    ASSERT_TRUE(log().erase("a.1", 1));
    reopen();
    EXPECT_EQ(log().memberships("u:anna", "", 10)->size(), 2u);
    EXPECT_TRUE(log().hydrate("a.1", 10)->keys.empty());
    append(append_of("a.1", 0));
    EXPECT_EQ(log().hydrate("a.1", 10)->keys.size(), 1u) << "the archive gave it back";
    ASSERT_TRUE(log().drop_keys("a.1"));
    ASSERT_TRUE(log().drop_keys("a.1")) << "twice";
    reopen();
    auto const left = log().memberships("u:anna", "", 10).value();
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0].stream, "a.10");
}

// Random appends and upkeep, beside the plain model.
TEST_P(Upkeep, agrees_with_the_plain_model)
{
    std::mt19937 chance(7);
    MemoryLog model;
    auto const both = [&](auto ask) {
        auto const answer = ask(log());
        auto const expected = ask(static_cast<Log&>(model));
        ASSERT_EQ(answer.has_value(), expected.has_value());
        if (!answer) {
            EXPECT_EQ(answer.error().code, expected.error().code);
        }
    };
    for (int round = 0; round < 1500; round++) {
        auto const stream
            = "c" + std::to_string(chance() % 6) + "." + std::to_string(chance() % 2);
        auto const head = model.find(stream)->empty() ? StreamHead{} : model.find(stream)->at(0);
        auto const some_version = head.version == 0 ? 1 : chance() % head.version + 1;
        auto const subject = "u:" + std::to_string(chance() % 5);
        switch (chance() % 12) {
        case 0:
            both([&](Log& each) { return each.keep(snapshot_of(stream, some_version)); });
            break;
        case 1: both([&](Log& each) { return each.compact(stream, some_version); }); break;
        case 2: both([&](Log& each) { return each.erase(stream, head.version); }); break;
        case 3: reopen(); break;
        case 4: both([&](Log& each) { return each.forget(subject); }); break;
        case 5: both([&](Log& each) { return each.drop_keys(stream); }); break;
        default: {
            auto one = append_of(stream, head.version + (chance() % 10 == 0 ? 1 : 0),
                chance() % 70 + 1);
            one.state.finished = chance() % 2 == 0;
            while (chance() % 2 == 0)
                one.keys.push_back(member_of(subject, static_cast<std::uint32_t>(chance() % 4 + 1),
                    static_cast<char>(chance())));
            both([&](Log& each) { return each.append({one}).at(0); });
        }
        }
        ASSERT_EQ(log().find(stream).value(), model.find(stream).value());
        auto const after = head.floor + chance() % 100;
        both([&](Log& each) { return each.read(stream, after, 50); });
        ASSERT_EQ(log().read(stream, after, 50).value_or(std::vector<Event>{}),
            model.read(stream, after, 50).value_or(std::vector<Event>{}));
        ASSERT_EQ(log().hydrate(stream, 0)->keys, model.hydrate(stream, 0)->keys);
        ASSERT_EQ(members_of(log().memberships(subject, "c2.0", 4)),
            members_of(model.memberships(subject, "c2.0", 4)));
    }
    ASSERT_EQ(members_of(log().keys(0, 1000)), members_of(model.keys(0, 1000)));
    ASSERT_EQ(all_streams(), model.streams("", 1000).value());
    std::vector<PositionedEvent> expected;
    for (LogCursor from = 0;;) {
        auto page = model.log(from, 1000).value();
        std::ranges::move(page.events, std::back_inserter(expected));
        from = page.next;
        if (page.is_last)
            break;
    }
    auto const log = whole_log(37);
    ASSERT_EQ(log.size(), expected.size());
    for (std::size_t i = 0; i < log.size(); i++) {
        ASSERT_EQ(log[i].position, expected[i].position);
        ASSERT_EQ(log[i].stream, expected[i].stream);
        ASSERT_EQ(log[i].state, expected[i].state);
        ASSERT_EQ(log[i].event, expected[i].event);
    }
}

INSTANTIATE_TEST_SUITE_P(Each, Upkeep,
    ::testing::Values(Kind::memory, Kind::sqlite, Kind::postgres), testing::name_of);

} // namespace
} // namespace gatehouse::storage
