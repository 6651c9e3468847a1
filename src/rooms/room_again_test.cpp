// SPDX-License-Identifier: Apache-2.0
// A decider that is away, or wants to prepare.
#include "rooms/testing.hpp"

#include <algorithm>

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

// What the tests have the decider do, and what it was asked.
struct Far {
    bool is_away = false;
    std::string detail{}; // Why.
    bool wants_prepare = false;
    Verdict prepares{}; // So.
    std::vector<TimePoint> asked{};
    std::vector<std::string> what{};
    std::vector<std::vector<Occupant>> prepared{};
    Now const* now = nullptr;

    [[nodiscard]] auto times(std::string_view question) const
    {
        return std::ranges::count(what, question);
    }
};

Later const at_once = [](auto answer) { answer(); };

std::string name_of(Question const& question)
{
    return std::visit(Overload{[](SeatAction const& wish) { return std::string(wish.name); },
                          [](TimerRang const& rang) { return "timer " + std::string(rang.name); },
                          [](SeatQuery const&) { return std::string("query"); },
                          [](Prepare const&) { return std::string("prepare"); }},
        question);
}

class FarPlay final : public LatePlay {
public:
    FarPlay(std::unique_ptr<Play> play, Far& far)
        : LatePlay(std::move(play), at_once)
        , far_(far)
    { }

    void decide(Question const& question, Context const& context,
        std::move_only_function<void(Verdict)> answer) override
    {
        EXPECT_EQ(context.room, Bench::stream);
        far_.asked.push_back(far_.now->steady);
        far_.what.push_back(name_of(question));
        if (far_.is_away)
            return answer(
                {.undecided = Error{ErrorCode::unavailable, "they are away", far_.detail}});
        if (!std::holds_alternative<Prepare>(question))
            return LatePlay::decide(question, context, std::move(answer));
        last_ = {context.seats.begin(), context.seats.end()};
        far_.prepared.push_back(last_);
        answer(Verdict{.events = far_.prepares.events, .refusal = far_.prepares.refusal});
    }
    bool wants_prepare(std::span<Occupant const> seats) const override
    {
        return far_.wants_prepare && !std::ranges::equal(seats, last_);
    }

private:
    Far& far_;
    std::vector<Occupant> last_{};
};

class FarRules final : public Rules {
public:
    explicit FarRules(Far& far)
        : far_(far)
    { }

    About about() const override { return rules_->about(); }
    Result<std::string> read_options(json::Node options) const override
    {
        return rules_->read_options(options);
    }
    Result<std::unique_ptr<Play>> begin(std::string_view options) const override
    {
        return std::make_unique<FarPlay>(GH_TRY(rules_->begin(options)), far_);
    }
    Result<std::unique_ptr<Play>> resume(std::string_view state) const override
    {
        return std::make_unique<FarPlay>(GH_TRY(rules_->resume(state)), far_);
    }

private:
    Far& far_;
    std::unique_ptr<Rules> rules_ = tally_rules();
};

struct WhatNobodyDecides : Table {
    Far far{};

    WhatNobodyDecides()
    {
        far.now = &bench.now;
        bench.games = {};
        bench.games.add(std::make_unique<FarRules>(far));
    }
    ~WhatNobodyDecides() override { bench.room.reset(); }

    void arm(int after_ms)
    {
        bench.act(ann, 1, "arm", R"({"timer":"tick","after":)" + std::to_string(after_ms) + "}");
        bench.settle();
    }
};

TEST_F(WhatNobodyDecides, is_refused_to_who_acts_and_may_be_sent_again)
{
    auto const before = bench.kept.size();
    far.is_away = true;
    bench.act(ann, 1, "add", R"({"n":1})");
    bench.settle();
    EXPECT_EQ(ann.errors[1], "unavailable");
    EXPECT_TRUE(is_worth_retrying(ErrorCode::unavailable));
    EXPECT_EQ(bench.kept.size(), before);
    EXPECT_TRUE(bench.complaints.empty()) << "that they are away is not this room's matter";

    far.detail = "TypeError: x is undefined";
    bench.act(ann, 1, "add", R"({"n":1})");
    bench.settle();
    ASSERT_EQ(bench.complaints.size(), 1u);
    EXPECT_EQ(bench.complaints[0].detail, "act add: " + far.detail);

    far.is_away = false;
    bench.act(ann, 1, "add", R"({"n":1})");
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(1));
    EXPECT_EQ(bench.sum(), 1);
}

TEST_F(WhatNobodyDecides, does_not_spend_a_timer)
{
    arm(500);
    far.is_away = true;
    far.asked.clear();
    bench.after(60s);
    EXPECT_EQ(bench.sum(), 0);
    ASSERT_EQ(bench.room->state().timers().size(), 1u);
    EXPECT_EQ(bench.complaints.size(), 1u) << "and not once a try";
    EXPECT_GT(far.asked.size(), 8u) << "at most 8 s between them";
    EXPECT_LT(far.asked.size(), 60u) << "and some, for most of them";
    for (std::size_t i = 1; i < far.asked.size(); i++)
        EXPECT_LE(far.asked[i] - far.asked[i - 1], bench.options.again_after_max + 1ms);
    EXPECT_LE(far.asked[1] - far.asked[0], bench.options.again_after + 1ms);

    far.is_away = false;
    bench.after(9s);
    EXPECT_EQ(bench.sum(), 100) << "it rings, once";
    EXPECT_TRUE(bench.room->state().timers().empty());
}

TEST_F(WhatNobodyDecides, does_not_spend_a_timer_that_a_crash_leaves_either)
{
    arm(500);
    far.is_away = true;
    bench.after(3s);
    bench.crash();
    far.is_away = false;
    bench.after(10s);
    EXPECT_EQ(bench.sum(), 100);
}

TEST_F(WhatNobodyDecides, keeps_nobody_from_acting)
{
    arm(500);
    far.is_away = true;
    bench.after(60s);
    auto const asked = far.times("timer tick");
    bench.act(ann, 2, "pass");
    bench.act(bob, 1, "pass");
    bench.settle();
    EXPECT_EQ(ann.errors[2], "unavailable");
    EXPECT_EQ(bob.errors[1], "unavailable");
    EXPECT_EQ(far.times("timer tick"), asked) << "and nobody hastens what waits";
}

TEST_F(WhatNobodyDecides, leaves_a_bot_its_turn)
{
    bench.options.bot_after = 20s;
    bench.act(ann, 1, "begin"); // It is seat 1's turn.
    bench.ask(bob, Gone{});
    bench.settle();
    far.is_away = true;
    bench.after(60s);
    EXPECT_EQ(bench.sum(), 0);
    EXPECT_EQ(bench.complaints.size(), 1u);
    far.is_away = false;
    bench.after(10s);
    EXPECT_GT(bench.sum(), 0);
}

TEST_F(WhatNobodyDecides, puts_nobody_out_of_the_game)
{
    bench.options.bot_after = 20s;
    bench.options.absence = Absence::forfeit;
    bench.act(ann, 1, "begin");
    bench.ask(bob, Gone{});
    bench.settle();
    far.is_away = true;
    bench.after(60s);
    EXPECT_EQ(ann.view["room"]["seats"][1]["by"], "player");
    far.is_away = false;
    bench.after(30s);
    EXPECT_EQ(ann.view["room"]["seats"][1]["by"], "nobody");
}

// ---- Preparing

struct RulesPrepare : WhatNobodyDecides {
    void SetUp() override
    {
        far.wants_prepare = true;
        WhatNobodyDecides::SetUp();
    }
};

TEST_F(RulesPrepare, a_new_room_and_whenever_others_sit_there)
{
    using enum Occupant;
    ASSERT_GE(far.prepared.size(), 3u);
    EXPECT_EQ(far.what[0], "prepare") << "before all else";
    EXPECT_TRUE(std::ranges::all_of(far.prepared[0], [](auto by) { return by == nobody; }));
    EXPECT_EQ(far.prepared[1][0], player);
    EXPECT_EQ(far.prepared[1][1], nobody);
    EXPECT_EQ(far.prepared[2][1], player);
    auto const times = far.prepared.size();
    bench.act(ann, 1, "pass");
    bench.act(ann, 2, "room.bot", R"({"seat":2})");
    bench.settle();
    EXPECT_EQ(far.prepared.size(), times + 1) << "not for what changes nobody's seat";
    EXPECT_EQ(far.prepared.back()[2], bot);
}

TEST_F(RulesPrepare, before_anybody_acts)
{
    far.what.clear();
    bench.act(ann, 1, "room.bot", R"({"seat":2})");
    bench.act(bob, 1, "pass");
    bench.settle();
    EXPECT_EQ(far.what, (std::vector<std::string>{"prepare", "pass"}));
}

TEST_F(RulesPrepare, when_they_are_there_again)
{
    far.is_away = true;
    bench.act(ann, 1, "room.bot", R"({"seat":2})");
    bench.after(30s);
    EXPECT_GE(far.times("prepare"), 4);
    EXPECT_EQ(bench.complaints.size(), 1u);
    auto const prepared = far.prepared.size();
    auto dan = bench.add("dan", 9);
    bench.join(dan, {.as_spectator = true});
    bench.settle();
    EXPECT_TRUE(dan.is_in) << "the room can be used";
    far.is_away = false;
    bench.after(9s);
    EXPECT_EQ(far.prepared.size(), prepared + 1);
}

TEST_F(RulesPrepare, soon_when_the_room_is_told_that_they_are_there_again)
{
    far.is_away = true;
    bench.act(ann, 1, "room.bot", R"({"seat":2})");
    bench.settle();
    bench.after(60s); // By now it pauses for seconds.
    ASSERT_GT(far.asked.size(), 8u);
    auto const prepared = far.prepared.size();
    auto const asked = far.asked.size();
    far.is_away = false;
    bench.room->rules_changed();
    bench.settle();
    EXPECT_EQ(far.asked.size(), asked) << "not all rooms at once";
    bench.after(bench.options.again_after);
    EXPECT_EQ(far.prepared.size(), prepared + 1);
}

TEST_F(RulesPrepare, when_the_room_is_told_that_they_changed)
{
    auto const prepared = far.prepared.size();
    far.wants_prepare = false;
    bench.act(ann, 1, "room.bot", R"({"seat":2})");
    bench.settle();
    EXPECT_EQ(far.prepared.size(), prepared);
    far.wants_prepare = true;
    bench.room->rules_changed();
    bench.settle();
    EXPECT_EQ(far.prepared.size(), prepared + 1);
}

TEST_F(RulesPrepare, and_what_they_say_to_that_happens)
{
    auto verdict = Verdict{};
    tally_rules()
        ->begin(options_bytes(*tally_rules()))
        .value()
        ->decide(TimerRang{"tick"}, {bench.now.wall, Chance(std::string(32, 's')), {}},
            [&](Verdict came) { verdict = std::move(came); });
    ASSERT_FALSE(verdict.events.empty());
    auto const before = bench.kept.size();
    far.prepares = std::move(verdict);
    bench.act(ann, 1, "room.bot", R"({"seat":2})");
    bench.settle();
    EXPECT_EQ(bench.kept.size(), before + 2);
    EXPECT_EQ(bench.kept.back().cause, events::Cause{});
    EXPECT_EQ(bench.sum(), 100);
}

TEST_F(RulesPrepare, or_refuse_to_and_the_room_says_so_once)
{
    far.prepares.refusal = Refusal{ErrorCode::rejected, "not with three"};
    bench.act(ann, 1, "room.bot", R"({"seat":2})");
    bench.after(60s);
    ASSERT_EQ(bench.complaints.size(), 1u);
    EXPECT_NE(bench.complaints[0].detail.find("not with three"), std::string::npos);
    bench.act(bob, 1, "pass");
    bench.settle();
    EXPECT_TRUE(bob.acks.contains(1));
}

} // namespace
} // namespace gatehouse::rooms
