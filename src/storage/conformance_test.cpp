// SPDX-License-Identifier: Apache-2.0
// What every store promises, asked of each through the port: a log behind a committer, with shards
// that are queues pumped by the test.
#include "storage/conformance_test.hpp"

#include "events/append_check.hpp"
#include "events/page.hpp"
#include "storage/committer.hpp"

#include <algorithm>
#include <map>
#include <random>

namespace gatehouse::storage {
namespace {

using events::Appended;
using events::Event;
using events::History;
using events::LogPage;
using events::MemberKey;
using events::Membership;
using events::PositionedEvent;
using events::StreamAppend;
using events::StreamHead;
using events::StreamSnapshot;
using events::Version;
using testing::append_of;
using testing::Kind;
using testing::linked;
using testing::member_of;
using testing::snapshot_of;
using testing::with_keys;

class Stores : public testing::EachStore {
protected:
    static constexpr ShardIndex shards = 2;

    void SetUp() override
    {
        EachStore::SetUp();
        if (!IsSkipped())
            start();
    }

    void start()
    {
        std::vector<Committer::Deliver> delivers;
        for (auto& mailbox : mailboxes_)
            delivers.push_back([&mailbox](Committer::Task task) { mailbox.post(std::move(task)); });
        committer_ = std::make_unique<Committer>(make_log(), std::move(delivers));
    }

    void reopen()
    {
        if (!can_reopen())
            return;
        committer_.reset();
        start();
    }

    events::EventStore& store(ShardIndex shard = 0) { return committer_->store(shard); }

    // Asks, then runs what is delivered to the shard until the answer is there.
    template <typename Answer, typename Ask>
    Answer wait_for(ShardIndex shard, Ask ask)
    {
        std::optional<Answer> answer;
        ask([&answer](Answer given) { answer = std::move(given); });
        EXPECT_FALSE(answer) << "answered within the call";
        while (!answer)
            mailboxes_[shard].run_one();
        return *std::move(answer);
    }

    std::vector<Result<Appended>> append(std::vector<StreamAppend> batch, ShardIndex shard = 0)
    {
        return wait_for<std::vector<Result<Appended>>>(
            shard, [&](auto done) { store(shard).append(std::move(batch), std::move(done)); });
    }

    std::vector<Event> read(std::string stream, Version after = 0, std::size_t events_max = 1000)
    {
        return wait_for<Result<std::vector<Event>>>(0, [&](auto done) {
            store().read(std::move(stream), after, events_max, std::move(done));
        }).value();
    }

    std::vector<StreamHead> heads(Slot slot)
    {
        return wait_for<Result<std::vector<StreamHead>>>(0, [&](auto done) {
            store().heads(slot, std::move(done));
        }).value();
    }

    Result<History> hydrate(std::string stream, std::size_t events_max = 1000)
    {
        return wait_for<Result<History>>(0, [&](auto done) {
            store().hydrate(std::move(stream), events_max, std::move(done));
        });
    }

    Result<void> keep(StreamSnapshot snapshot)
    {
        return wait_for<Result<void>>(
            0, [&](auto done) { store().keep(std::move(snapshot), std::move(done)); });
    }

    std::vector<Membership> memberships(
        std::string subject, std::string after = "", std::size_t memberships_max = 1000)
    {
        return wait_for<Result<std::vector<Membership>>>(0, [&](auto done) {
            store().memberships(
                std::move(subject), std::move(after), memberships_max, std::move(done));
        }).value();
    }

    std::uint64_t forget(std::string subject)
    {
        return wait_for<Result<std::uint64_t>>(0, [&](auto done) {
            store().forget(std::move(subject), std::move(done));
        }).value();
    }

    std::vector<StreamHead> find(std::string name)
    {
        return wait_for<Result<std::vector<StreamHead>>>(0, [&](auto done) {
            store().find(std::move(name), std::move(done));
        }).value();
    }

    std::vector<std::string> found(std::string name) { return names_of(find(std::move(name))); }

    std::vector<std::string> streams(std::string after, std::size_t streams_max)
    {
        return names_of(wait_for<Result<std::vector<StreamHead>>>(0, [&](auto done) {
            store().streams(std::move(after), streams_max, std::move(done));
        }).value());
    }

    // In the order in which they came.
    static std::vector<std::string> names_of(std::vector<StreamHead> const& heads)
    {
        std::vector<std::string> names;
        for (auto const& head : heads)
            names.push_back(head.stream);
        return names;
    }

    std::vector<PositionedEvent> whole_log(std::size_t page_size)
    {
        std::vector<PositionedEvent> all;
        LogPage page;
        do {
            page = wait_for<Result<LogPage>>(0, [&](auto done) {
                store().log(page.next, page_size, std::move(done));
            }).value();
            EXPECT_LE(page.events.size(), page_size);
            std::ranges::move(page.events, std::back_inserter(all));
        } while (!page.is_last);
        return all;
    }

private:
    std::array<testing::Mailbox, shards> mailboxes_;
    std::unique_ptr<Committer> committer_;

protected:
    testing::Mailbox& mailbox(ShardIndex shard) { return mailboxes_[shard]; }
};

TEST_P(Stores, an_append_can_be_read_back_whole)
{
    StreamAppend deal{.stream = "k7qxm.9f0c2ab1",
        .category = "liap-tui",
        .expected = 0,
        .events = {{.version = 1,
                       .type = "dealt",
                       .schema = 7,
                       .at = {1'790'000'000'123},
                       .cause = {.actor = 0xffffffff, .action = 0xffffffffffffffff},
                       .data = std::string("\0\xff'\";", 5)},
            {.version = 2, .type = "declared", .at = {-1}, .data = ""}},
        .state = {.finished = true, .deadline = WallTime{1'790'000'030'000}}};

    auto const appended = append({deal});
    ASSERT_TRUE(appended.at(0));
    EXPECT_EQ(appended[0]->slot, slot_of(deal.stream));
    EXPECT_EQ(appended[0]->first_position, 1u);
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(read(deal.stream), deal.events);
        auto head = find(deal.stream).at(0);
        head.at = {};
        EXPECT_EQ(head, (StreamHead{deal.stream, deal.category, 2, deal.state}));
        reopen();
    }
}

TEST_P(Stores, one_stream_is_refused_and_the_next_one_kept)
{
    auto const answers = append({append_of("a.1", 0, 2), append_of("b.1", 3), append_of("a.1", 2),
        append_of("a.1", 2), append_of("c.1", 0)});
    ASSERT_EQ(answers.size(), 5u);
    EXPECT_TRUE(answers[0]);
    EXPECT_EQ(answers[1].error().code, ErrorCode::stale_base);
    EXPECT_EQ(answers[2]->first_position, 3u) << "a batch may append to one stream twice";
    EXPECT_EQ(answers[3].error().code, ErrorCode::stale_base);
    EXPECT_TRUE(answers[4]);
    EXPECT_EQ(read("a.1").size(), 3u);
    EXPECT_TRUE(read("b.1").empty());
    EXPECT_EQ(read("c.1").size(), 1u);
    EXPECT_EQ(append({append_of("a.1", 0)}).at(0).error().code, ErrorCode::stale_base);
}

TEST_P(Stores, a_stream_that_does_not_exist_has_no_events)
{
    EXPECT_TRUE(read("nobody.1").empty());
    EXPECT_TRUE(heads(17).empty());
    EXPECT_TRUE(heads(slots_total).empty());
    EXPECT_TRUE(whole_log(10).empty());
}

TEST_P(Stores, reads_what_comes_after_a_version_up_to_a_number)
{
    auto const kept = append_of("a.1", 0, 10);
    append({kept});
    auto const part = [&](std::size_t begin, std::size_t end) {
        return std::vector(kept.events.begin() + static_cast<std::ptrdiff_t>(begin),
            kept.events.begin() + static_cast<std::ptrdiff_t>(end));
    };
    EXPECT_EQ(read("a.1", 0, 3), part(0, 3));
    EXPECT_EQ(read("a.1", 3, 3), part(3, 6));
    EXPECT_EQ(read("a.1", 8, 3), part(8, 10));
    EXPECT_EQ(read("a.1", 10, 3), part(0, 0));
    EXPECT_EQ(read("a.1", ~Version{0}, 3), part(0, 0));
    EXPECT_EQ(read("a.1", 4, 0), part(0, 0));
    EXPECT_EQ(read("a.1", 4, ~std::size_t{0}), part(4, 10));
}

TEST_P(Stores, refuses_what_no_store_may_keep)
{
    auto long_type = append_of("a.1", 0);
    long_type.events[0].type.assign(events::word_size_max + 1, 't');
    auto const answers = append({append_of("a.1", 0, 0), long_type,
        append_of("a.1", 0, 1, std::string(events::data_size_max + 1, 'd')),
        append_of("a.1", 0, 1, std::string(events::data_size_max, 'd'))});
    for (std::size_t i = 0; i < 3; i++)
        EXPECT_EQ(answers[i].error().code, ErrorCode::bad_request);
    ASSERT_TRUE(answers[3]);
    EXPECT_EQ(read("a.1").at(0).data.size(), events::data_size_max);
}

TEST_P(Stores, answers_each_kind_in_the_order_of_the_questions)
{
    std::vector<int> appended, found;
    for (int i = 0; i < 200; i++) {
        store().append({append_of("a.1", static_cast<Version>(i))}, [&appended, i](auto answers) {
            EXPECT_TRUE(answers.at(0));
            appended.push_back(i);
        });
        store().read("a.1", 0, 1000, [&found, i](auto events) {
            EXPECT_GT(events.value().size(), static_cast<std::size_t>(i))
                << "its shard appended them";
            found.push_back(i);
        });
    }
    while (appended.size() + found.size() < 400)
        mailbox(0).run_one();
    EXPECT_TRUE(std::ranges::is_sorted(appended));
    EXPECT_TRUE(std::ranges::is_sorted(found));
}

TEST_P(Stores, a_page_of_the_log_is_bounded_by_bytes_too)
{
    for (int i = 0; i < 10; i++)
        append({append_of(
            "a" + std::to_string(i) + ".1", 0, 1, std::string(events::data_size_max, 'd'))});
    auto const page
        = wait_for<Result<LogPage>>(0, [&](auto done) { store().log(0, 1000, std::move(done)); });
    EXPECT_EQ(page->events.size(), page_bytes_max / events::data_size_max);
    EXPECT_FALSE(page->is_last);
    EXPECT_EQ(whole_log(1000).size(), 10u);
}

TEST_P(Stores, a_page_of_a_stream_is_bounded_by_bytes_too)
{
    std::string const mebibyte(1 << 20, 'x');
    append({append_of("a.1", 0, 1, "small")});
    append({append_of("a.1", 1, 3, mebibyte)});
    append({append_of("a.1", 4, 3, mebibyte)});
    auto const versions_of = [](std::vector<Event> const& events) {
        std::vector<Version> versions;
        for (auto const& event : events)
            versions.push_back(event.version);
        return versions;
    };
    auto const first = read("a.1", 0, 100);
    EXPECT_EQ(versions_of(first), (std::vector<Version>{1, 2, 3, 4, 5}));
    EXPECT_FALSE(events::is_last_page(first, 100));
    auto const second = read("a.1", 5, 100);
    EXPECT_EQ(versions_of(second), (std::vector<Version>{6, 7}));
    EXPECT_TRUE(events::is_last_page(second, 100));
    EXPECT_FALSE(events::is_last_page(second, 2));
    EXPECT_EQ(versions_of(hydrate("a.1", 100)->events), versions_of(first));
    EXPECT_EQ(versions_of(read("a.1", 1, 2)), (std::vector<Version>{2, 3}));
}

TEST_P(Stores, keeps_the_links_of_events)
{
    auto const first = linked(append_of("a.1", 0, 3));
    auto const second = linked(append_of("a.1", 3, 2), first.events.back().link);
    append({first});
    append({second});
    reopen();
    auto expected = first.events;
    expected.insert(expected.end(), second.events.begin(), second.events.end());
    EXPECT_EQ(read("a.1"), expected);
    EXPECT_EQ(whole_log(10).back().event, expected.back());
}

TEST_P(Stores, the_log_tells_game_and_state_of_each_event)
{
    auto first = append_of("a.1", 0, 2);
    auto last = append_of("a.1", 2);
    first.state = {.finished = false, .deadline = WallTime{-5}};
    last.state = {.finished = true, .deadline = std::nullopt};
    append({first, last});
    for (int i = 0; i < 2; i++) {
        auto const log = whole_log(10);
        ASSERT_EQ(log.size(), 3u);
        EXPECT_EQ(log[0].category, first.category);
        EXPECT_EQ(log[0].state, first.state);
        EXPECT_EQ(log[1].state, first.state);
        EXPECT_EQ(log[2].state, last.state);
        reopen();
    }
}

TEST_P(Stores, a_head_tells_when_its_last_event_was)
{
    for (Version version = 0; version < 3; version++) {
        auto one = append_of("a.1", version);
        one.events[0].at = WallTime{static_cast<std::int64_t>(version) - 1};
        append({one});
        reopen();
        EXPECT_EQ(find("a.1").at(0).at, one.events[0].at);
    }
}

TEST_P(Stores, the_heads_of_a_slot_are_of_streams_that_are_not_finished)
{
    auto finished = append_of("a.1", 0);
    finished.state.finished = true;
    append({finished, append_of("a.2", 0), append_of("a.3", 0)});
    for (int i = 0; i < 2; i++) {
        auto names = names_of(heads(slot_of("a.1")));
        std::ranges::sort(names);
        EXPECT_EQ(names, (std::vector<std::string>{"a.2", "a.3"}));
        reopen();
    }
    ASSERT_TRUE(append({append_of("a.1", 1)}).at(0)) << "it goes on after all";
    EXPECT_EQ(heads(slot_of("a.1")).size(), 3u);
}

TEST_P(Stores, finds_a_stream_by_its_name_or_its_code)
{
    auto finished = append_of("k7qxm.2", 0);
    finished.state = {.finished = true, .deadline = std::nullopt};
    append({append_of("k7qxm.1", 0), finished, append_of("k7qx.1", 0), append_of("k7qxmm.1", 0),
        append_of("plain", 0), append_of("k7qxm.2x", 0)});
    using Names = std::vector<std::string>;
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(found("k7qxm.1"), Names{"k7qxm.1"});
        EXPECT_EQ(found("k7qxm.2"), Names{"k7qxm.2"}) << "a finished one, and no longer name";
        auto of_code = found("k7qxm");
        std::ranges::sort(of_code);
        EXPECT_EQ(of_code, (Names{"k7qxm.1", "k7qxm.2", "k7qxm.2x"}));
        EXPECT_EQ(found("plain"), Names{"plain"});
        for (auto const* const nobody : {"k7qxm.", "k7qxm.3", "K7QXM", "k7q", "", "zzz"})
            EXPECT_EQ(found(nobody), Names{}) << nobody;
        EXPECT_EQ(find("k7qxm.2").at(0).state, finished.state);
        reopen();
    }
}

TEST_P(Stores, a_finished_stream_can_go_on)
{
    auto finished = append_of("a.1", 0);
    finished.state.finished = true;
    append({finished});
    reopen();
    EXPECT_EQ(append({append_of("a.1", 0)}).at(0).error().code, ErrorCode::stale_base);
    EXPECT_TRUE(append({append_of("a.1", 1)}).at(0));
    EXPECT_EQ(find("a.1").at(0).version, 2u);
    EXPECT_FALSE(find("a.1").at(0).state.finished);
}

TEST_P(Stores, tells_all_streams_page_by_page_in_the_order_of_their_names_as_bytes)
{
    std::vector<std::string> names{"-", "A.1", "a", "a-b.1", "a.1", "a.10", "a.2", "b.1", "~"};
    auto shuffled = names;
    std::ranges::shuffle(shuffled, std::mt19937(1));
    for (auto const& name : shuffled) {
        auto one = append_of(name, 0);
        one.state.finished = name.size() % 2 == 0;
        append({one});
    }
    reopen();
    EXPECT_EQ(streams("", 100), names);
    EXPECT_TRUE(streams("", 0).empty());
    EXPECT_TRUE(streams("~", 100).empty());
    EXPECT_EQ(streams("a-z", 100), std::vector(names.begin() + 4, names.end()));
    std::vector<std::string> paged;
    while (true) {
        auto const page = streams(paged.empty() ? "" : paged.back(), 2);
        if (page.empty())
            break;
        EXPECT_LE(page.size(), 2u);
        paged.insert(paged.end(), page.begin(), page.end());
    }
    EXPECT_EQ(paged, names);
}

TEST_P(Stores, life_begins_with_the_newest_snapshot_and_goes_on_with_what_came_after)
{
    EXPECT_FALSE(hydrate("a.1")->snapshot);
    EXPECT_TRUE(hydrate("a.1")->events.empty());
    auto const all = append_of("a.1", 0, 10);
    append({all});
    EXPECT_FALSE(hydrate("a.1")->snapshot);
    EXPECT_EQ(hydrate("a.1")->events, all.events);
    EXPECT_EQ(hydrate("a.1", 4)->events.size(), 4u);

    for (Version const version : {3, 7, 7, 10}) {
        auto const kept = snapshot_of("a.1", version, std::string(version * 100, '\0'));
        ASSERT_TRUE(keep(kept));
        reopen();
        auto const history = hydrate("a.1").value();
        EXPECT_EQ(history.snapshot, kept.snapshot);
        EXPECT_EQ(history.events,
            std::vector(all.events.begin() + static_cast<std::ptrdiff_t>(version),
                all.events.end()));
    }
    ASSERT_TRUE(append({append_of("a.1", 10)}).at(0)) << "a snapshot moves no version";
    EXPECT_EQ(hydrate("a.1")->events.size(), 1u);
    EXPECT_EQ(read("a.1").size(), 11u) << "the events are all there still";
}

TEST_P(Stores, a_snapshot_of_what_is_not_there_or_older_is_stale)
{
    EXPECT_EQ(keep(snapshot_of("a.1", 1)).error().code, ErrorCode::stale_base);
    append({append_of("a.1", 0, 5)});
    EXPECT_EQ(keep(snapshot_of("a.1", 6)).error().code, ErrorCode::stale_base);
    ASSERT_TRUE(keep(snapshot_of("a.1", 4)));
    EXPECT_EQ(keep(snapshot_of("a.1", 3)).error().code, ErrorCode::stale_base);
    EXPECT_TRUE(keep(snapshot_of("a.1", 4, "the same version again")));
    EXPECT_EQ(hydrate("a.1")->snapshot->state, "the same version again");
}

TEST_P(Stores, a_snapshot_has_bounds)
{
    append({append_of("a.1", 0)});
    auto no_hash = snapshot_of("a.1", 1);
    no_hash.snapshot.hash.pop_back();
    EXPECT_EQ(keep(no_hash).error().code, ErrorCode::bad_request);
    EXPECT_EQ(keep(snapshot_of("a.1", 1, "")).error().code, ErrorCode::bad_request);
    std::string const large(events::snapshot_size_max, 's');
    EXPECT_EQ(keep(snapshot_of("a.1", 1, large + 's')).error().code, ErrorCode::bad_request);
    ASSERT_TRUE(keep(snapshot_of("a.1", 1, large)));
    EXPECT_TRUE(hydrate("a.1")->snapshot->state == large);
}

// ---- Keys

TEST_P(Stores, keys_come_with_the_history_of_their_stream)
{
    auto const anna = member_of("u:anna", 1), ben = member_of("u:b\u00e4n'\"", 4'000'000'000);
    append({with_keys(append_of("a.1", 0), {ben, anna}),
        with_keys(append_of("b.1", 0), {member_of("u:anna", 7)}), append_of("c.1", 0)});
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(hydrate("a.1")->keys, (std::vector{anna, ben})) << "in the order of the actors";
        EXPECT_EQ(hydrate("a.1", 0)->keys.size(), 2u);
        EXPECT_EQ(hydrate("b.1")->keys, std::vector{member_of("u:anna", 7)});
        EXPECT_TRUE(hydrate("c.1")->keys.empty());
        EXPECT_TRUE(hydrate("d.1")->keys.empty());
        reopen();
    }
    auto const anna_again = member_of("u:anna", 1, 'n');
    append({with_keys(append_of("a.1", 1), {member_of("u:anna", 1, 'm'), anna_again})});
    EXPECT_EQ(hydrate("a.1")->keys, (std::vector{anna_again, ben})) << "in the other one's place";
}

TEST_P(Stores, an_append_that_is_refused_brings_no_keys)
{
    auto short_key = member_of("u:anna", 2);
    short_key.key.pop_back();
    auto const long_id = std::string(events::subject_size_max + 1, 'u');
    auto const answers = append({append_of("a.1", 0),
        with_keys(append_of("a.1", 0), {member_of("u:anna", 1)}),
        with_keys(append_of("a.1", 1), {short_key}),
        with_keys(append_of("a.1", 1), {member_of("u:anna", 0)}),
        with_keys(append_of("a.1", 1), {member_of("", 3)}),
        with_keys(append_of("a.1", 1), {member_of(long_id, 3)}),
        with_keys(append_of("a.1", 1), {member_of(std::string("u:\0", 3), 3)}),
        with_keys(append_of("a.1", 1), {member_of("u:\xff", 3)}),
        with_keys(append_of("a.1", 1), {member_of("u:ben", 3)})});
    EXPECT_EQ(answers[1].error().code, ErrorCode::stale_base);
    for (std::size_t i = 2; i < 8; i++)
        EXPECT_EQ(answers[i].error().code, ErrorCode::bad_request);
    EXPECT_TRUE(answers[8]);
    EXPECT_TRUE(memberships("u:anna").empty());
    EXPECT_EQ(hydrate("a.1")->keys, std::vector{member_of("u:ben", 3)});
}

TEST_P(Stores, tells_page_by_page_where_a_person_came_to)
{
    std::vector<std::string> const names{"A.1", "a-b.1", "a.1", "a.10", "a.2", "b.1"};
    auto shuffled = names;
    std::ranges::shuffle(shuffled, std::mt19937(3));
    for (auto const& name : shuffled)
        append({with_keys(append_of(name, 0), {member_of("u:anna", 5), member_of("u:ann", 6)})});
    reopen();
    std::vector<std::string> paged;
    while (true) {
        auto const page = memberships("u:anna", paged.empty() ? "" : paged.back(), 2);
        if (page.empty())
            break;
        EXPECT_LE(page.size(), 2u);
        for (auto const& each : page) {
            EXPECT_EQ(each.member, member_of("u:anna", 5));
            paged.push_back(each.stream);
        }
    }
    EXPECT_EQ(paged, names);
    EXPECT_TRUE(memberships("u:anna", "", 0).empty());
    EXPECT_TRUE(memberships("u:an").empty());
    EXPECT_TRUE(memberships("u:anna'").empty());
}

TEST_P(Stores, a_person_is_forgotten_for_good_and_nobody_else_is)
{
    constexpr std::size_t rooms = forget_max + 3;
    std::vector<StreamAppend> batch;
    for (std::size_t i = 0; i < rooms; i++)
        batch.push_back(with_keys(append_of("a." + std::to_string(i), 0),
            {member_of("u:anna", 1), member_of("u:ben", 2)}));
    append(batch);
    EXPECT_EQ(forget("u:ann"), 0u);
    EXPECT_EQ(forget("u:anna"), forget_max);
    EXPECT_EQ(memberships("u:anna").size(), 3u);
    EXPECT_EQ(forget("u:anna"), 3u);
    EXPECT_EQ(forget("u:anna"), 0u);
    for (int i = 0; i < 2; i++) {
        EXPECT_TRUE(memberships("u:anna").empty());
        EXPECT_EQ(memberships("u:ben", "", 2 * rooms).size(), rooms);
        EXPECT_EQ(hydrate("a.7")->keys, std::vector{member_of("u:ben", 2)});
        EXPECT_EQ(hydrate("a.7")->events.size(), 1u) << "the events are there still";
        reopen();
    }
    append({with_keys(append_of("a.7", 1), {member_of("u:anna", 3, 'n')})});
    EXPECT_EQ(memberships("u:anna").at(0).member, member_of("u:anna", 3, 'n'))
        << "who comes again is somebody new";
}

// Random batches, many of them with wrong versions, from two shards in turn, against a model that
// keeps a list of events per stream and slot.
struct Model {
    // What the store has to answer: the position, or 0 where the version is stale.
    std::uint64_t append(StreamAppend const& append)
    {
        auto& events = streams[append.stream];
        if (append.expected != events.size())
            return 0;
        auto& slot_size = slot_sizes[slot_of(append.stream)];
        for (auto const& event : append.events) {
            events.push_back(event);
            log.push_back({slot_of(append.stream), ++slot_size, append.stream,
                append.category, append.state, event});
        }
        states[append.stream] = append.state;
        return slot_size - append.events.size() + 1;
    }

    std::map<std::string, std::vector<Event>> streams;
    std::map<std::string, events::StreamState> states;
    std::map<Slot, std::uint64_t> slot_sizes;
    std::vector<PositionedEvent> log;
};

TEST_P(Stores, agrees_with_a_naive_model)
{
    std::mt19937 chance(1);
    Model model;
    // Rooms of one code share a slot.
    auto const any_stream = [&] {
        return "code" + std::to_string(chance() % 10) + "." + std::to_string(chance() % 5);
    };
    for (int round = 0; round < 200; round++) {
        std::vector<StreamAppend> batch(chance() % 25 + 1);
        for (auto& one : batch) {
            auto const stream = any_stream();
            auto const version = model.streams[stream].size();
            one = append_of(stream, chance() % 4 == 0 ? chance() % 5 : version, chance() % 3 + 1,
                std::string(chance() % 200, static_cast<char>(chance())));
            one.state = {.finished = chance() % 2 == 0,
                .deadline = chance() % 2 == 0 ? std::nullopt : std::optional(WallTime{round})};
        }
        auto const answers = append(batch, static_cast<ShardIndex>(chance() % shards));
        for (std::size_t i = 0; i < batch.size(); i++)
            ASSERT_EQ(answers[i] ? answers[i]->first_position : 0, model.append(batch[i]));
        if (chance() % 20 == 0)
            reopen();
        auto const stream = any_stream();
        ASSERT_EQ(read(stream), model.streams[stream]);
    }

    auto const log = whole_log(37);
    ASSERT_EQ(log.size(), model.log.size());
    for (std::size_t i = 0; i < log.size(); i++) {
        EXPECT_EQ(log[i].slot, model.log[i].slot);
        EXPECT_EQ(log[i].position, model.log[i].position);
        EXPECT_EQ(log[i].stream, model.log[i].stream);
        EXPECT_EQ(log[i].event, model.log[i].event);
    }
    for (auto const& [stream, state] : model.states) {
        auto const head = find(stream).at(0);
        EXPECT_EQ(head.version, model.streams[stream].size());
        EXPECT_EQ(head.state, state);
        auto const in_slot = names_of(heads(slot_of(stream)));
        if (!state.finished) {
            EXPECT_EQ(std::ranges::count(in_slot, stream), 1);
        }
    }
}

// Both shards append at once without waiting, to streams that share slots.
TEST_P(Stores, positions_have_no_gaps_whoever_appends)
{
    std::array<std::size_t, shards> answered{};
    for (Version version = 0; version < 100; version++)
        for (ShardIndex shard = 0; shard < shards; shard++)
            for (auto const* const code : {"x.", "y."})
                store(shard).append({append_of(code + std::to_string(shard), version)},
                    [&answered, shard](auto answers) {
                        EXPECT_TRUE(answers.at(0));
                        answered[shard]++;
                    });
    for (ShardIndex shard = 0; shard < shards; shard++)
        while (answered[shard] < 200)
            mailbox(shard).run_one();
    std::map<Slot, std::uint64_t> positions;
    for (auto const& event : whole_log(64))
        ASSERT_EQ(event.position, ++positions[event.slot]);
    EXPECT_EQ(positions.size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Each, Stores,
    ::testing::Values(Kind::memory, Kind::sqlite, Kind::postgres), testing::name_of);

} // namespace
} // namespace gatehouse::storage
