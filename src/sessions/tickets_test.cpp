// SPDX-License-Identifier: Apache-2.0
#include "sessions/tickets.hpp"

#include "sessions/testing.hpp"

namespace gatehouse::sessions {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct TicketsTest : ::testing::Test {
    CountingDice dice{};
    TimePoint now{1h};
    Tickets tickets{{.tickets_max = 3}};

    std::string issue() { return issue_for("ann").value().ticket; }
    Result<Tickets::Issued> issue_for(std::string principal, std::string room = {})
    {
        identity::Verified login{{.id = std::move(principal)}, WallTime{7}};
        return tickets.issue({std::move(login), std::move(room)}, 5, dice, now);
    }
};

TEST_F(TicketsTest, are_good_once)
{
    auto const ticket = issue();
    EXPECT_TRUE(Tickets::is_ticket(ticket));
    EXPECT_FALSE(Tickets::is_ticket("eyJhbGciOi"));
    EXPECT_EQ(Tickets::shard_of(ticket), 5);
    EXPECT_FALSE(Tickets::shard_of("ticket_").has_value());
    EXPECT_FALSE(Tickets::shard_of(ticket.substr(7)).has_value());
    auto const admission = tickets.redeem(ticket, now);
    ASSERT_TRUE(admission);
    EXPECT_EQ(admission->login.principal.id, "ann");
    EXPECT_EQ(admission->room, "");
    EXPECT_EQ(admission->login.expires_at.ms, 7) << "no longer than the token that it stands for";
    EXPECT_EQ(tickets.redeem(ticket, now).error().code, ErrorCode::unauthenticated);
}

TEST_F(TicketsTest, know_the_room_that_they_are_for)
{
    auto const ticket = issue_for("ann", "k7qxm.1").value().ticket;
    EXPECT_EQ(tickets.redeem(ticket, now)->room, "k7qxm.1");
}

TEST_F(TicketsTest, are_good_for_half_a_minute)
{
    auto const first = issue();
    auto const second = issue();
    now += 30s - 1ms;
    EXPECT_TRUE(tickets.redeem(first, now));
    now += 1ms;
    EXPECT_FALSE(tickets.redeem(second, now));
}

TEST_F(TicketsTest, are_bounded_and_forgotten)
{
    auto const used = issue();
    EXPECT_TRUE(tickets.redeem(used, now));
    static_cast<void>(issue());
    static_cast<void>(issue());
    EXPECT_EQ(issue_for("bob").error().code, ErrorCode::busy);
    now += 30s;
    EXPECT_TRUE(issue_for("bob"));
    EXPECT_EQ(tickets.size(), 1U);
}

struct TicketHello : SessionsTest {
    std::string const ticket = "ticket_" + std::string(32, '0');
    Admission ann(std::string room = {})
    {
        return {{{.id = "ann"}, now.wall + 60s}, std::move(room)};
    }
    ConnectionId knock()
    {
        auto const id = open();
        say(id, {{"t", "hello"}, {"v", 1}, {"auth", ticket}});
        return id;
    }
};

TEST_F(TicketHello, waits_for_word_of_the_ticket)
{
    auto const id = knock();
    EXPECT_TRUE(wire.peers[id].heard.empty());
    EXPECT_EQ(login.tickets.back().first, ticket);
    say(id, {{"t", "join"}, {"id", 1}, {"room", "r.1"}});
    EXPECT_EQ(code(id), "busy");
    login.tickets.back().second(ann());
    EXPECT_EQ(last_heard(id)["t"], "welcome");
    EXPECT_EQ(last_heard(id)["principal"], "ann");
    EXPECT_FALSE(last_heard(id).contains("room"));
}

TEST_F(TicketHello, is_told_the_room_that_its_ticket_is_for)
{
    auto const id = knock();
    login.tickets.back().second(ann("k7qxm.1"));
    EXPECT_EQ(last_heard(id)["room"], "k7qxm.1");
}

TEST_F(TicketHello, ends_with_a_ticket_that_is_no_good)
{
    auto const id = knock();
    login.tickets.back().second(fail(ErrorCode::unauthenticated, "used"));
    EXPECT_EQ(wire.peers[id].close_code, 4001);
}

TEST_F(TicketHello, waits_no_longer_than_for_a_hello)
{
    auto const id = knock();
    after(5s);
    EXPECT_EQ(wire.peers[id].close_code, 4102);
    login.tickets.back().second(ann());
    EXPECT_EQ(last_heard(id)["t"], "bye");
}

TEST_F(TicketHello, is_forgotten_with_its_connection)
{
    auto const id = knock();
    sessions->closed(id);
    login.tickets.back().second(ann());
    EXPECT_TRUE(wire.peers[id].heard.empty());
}

TEST_F(TicketHello, comes_back_to_what_is_its_own)
{
    auto const id = open();
    say(id, {{"t", "hello"}, {"v", 1}, {"auth", ticket},
                {"resume", {{"sid", "s"}, {"tok", "k"}}}});
    login.tickets.back().second(ann());
    ASSERT_EQ(claims.waiting.size(), 1U);
    EXPECT_EQ(claims.waiting[0].first.principal, "ann");
    claims.waiting[0].second(true);
    EXPECT_EQ(last_heard(id)["resumed"], true);
}

}  // namespace
}  // namespace gatehouse::sessions
