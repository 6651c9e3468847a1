// SPDX-License-Identifier: Apache-2.0
// Whatever a room lived through, and wherever it is cut: a snapshot and the rest say what all of
// its events say.
#include "rooms/testing.hpp"

#include "base/digest.hpp"

#include <cstring>
#include <random>

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

using History = std::vector<events::Event>;

// All that anybody can ask of a state, in words of this test.
std::string told(RoomState const& state)
{
    auto told = state_bytes(state) + " " + state.seed() + " "
        + std::to_string(state.opened_at().ms) + " " + std::to_string(state.bytes()) + " "
        + state.opened().options;
    for (auto const& chair : state.chairs())
        told += " " + std::to_string(static_cast<int>(chair.by)) + ":" + std::to_string(chair.actor)
            + (chair.stand_in ? "*" : "");
    for (auto const& member : state.members()) {
        told += " " + member.principal + "=" + member.display;
        for (std::uint64_t id = 1; id < 100; id++)
            told += "," + std::to_string(member.applied.find(id).value_or(0));
    }
    for (auto const& letter : state.letters())
        told += " " + std::to_string(letter.number) + letter.about.what + letter.about.body;
    auto const next = state.link_of(
        {.version = state.version() + 1, .type = "room.acted", .data = {}});
    return told + " " + to_hex({reinterpret_cast<char const*>(next.data()), next.size()});
}

// People come, play, are silent, go and come back; bots and alarms do what they do.
class Life {
public:
    explicit Life(unsigned seed)
        : random_(seed)
        , bench_({.bot_delay = 20ms, .bot_after = 300ms, .seat_held = 400ms})
    {
        bench_.open();
        for (std::uint64_t i = 1; i <= 4; i++)
            people_.push_back(bench_.add("p" + std::to_string(i), i));
        for (int step = 0; step < 60; step++)
            live();
        bench_.settle();
    }
    [[nodiscard]] History const& history() const { return bench_.kept; }
    [[nodiscard]] std::span<events::MemberKey const> keys() const { return bench_.keys; }
    [[nodiscard]] Catalogue const& games() const { return bench_.games; }

private:
    void live()
    {
        static constexpr std::array<std::pair<char const*, char const*>, 12> deeds{{
            {"add", R"({"n":3})"}, {"add", R"({"n":5})"}, {"whisper", R"({"n":42})"},
            {"many", R"({"n":3})"}, {"pass", "{}"}, {"begin", "{}"},
            {"arm", R"({"timer":"tick","after":250})"}, {"arm", R"({"timer":"loop","after":100})"},
            {"arm", R"({"timer":"tick"})"}, {"room.name", R"({"name":"Ann"})"},
            {"room.bot", R"({"seat":2})"}, {"room.unbot", R"({"seat":2})"}}};
        auto& who = people_[random_() % people_.size()];
        switch (random_() % 12) {
        case 0: bench_.join(who); break;
        case 1: bench_.ask(who, Gone{}); break;
        case 2: bench_.ask(who, Leave{}); break;
        case 3: bench_.after(Milliseconds(random_() % 500)); break;
        case 4:
            if (random_() % 16 == 0)
                bench_.act(who, ++id_, "end");
            break;
        default: {
            auto const& [name, body] = deeds[random_() % deeds.size()];
            bench_.act(who, ++id_, name, body);
        }
        }
        bench_.settle();
    }

    std::mt19937 random_;
    Bench bench_;
    std::deque<Client> people_{};
    std::uint64_t id_ = 0;
};

void follow(RoomState& state, Catalogue const& games, std::span<events::Event const> events)
{
    for (auto const& event : events)
        ASSERT_TRUE(state.evolve(event, games)) << event.version;
}

RoomState replayed(Catalogue const& games, std::span<events::Event const> events,
    std::span<events::MemberKey const> keys = {})
{
    RoomState state(Bench::stream);
    state.learn(keys);
    follow(state, games, events);
    return state;
}

TEST(Snapshots, and_the_rest_say_what_all_events_say)
{
    std::size_t finished = 0;
    for (unsigned seed = 0; seed < 60; seed++) {
        Life const life(seed);
        std::span const events = life.history();
        auto const whole = replayed(life.games(), events, life.keys());
        finished += whole.status() == Status::finished ? 1 : 0;
        for (std::size_t cut = 1; cut <= events.size(); cut++) {
            auto const before = replayed(life.games(), events.first(cut), life.keys());
            auto const snapshot = before.snapshot();
            ASSERT_EQ(snapshot.version, cut);
            ASSERT_EQ(snapshot.link, events[cut - 1].link);
            auto after = RoomState::restore(snapshot, life.games());
            ASSERT_TRUE(after) << after.error().detail;
            after->learn(life.keys());
            ASSERT_EQ(told(*after), told(before)) << "seed " << seed << ", cut at " << cut;
            follow(*after, life.games(), events.subspan(cut));
            ASSERT_EQ(told(*after), told(whole)) << "seed " << seed << ", cut at " << cut;
            ASSERT_EQ(after->snapshot(), whole.snapshot()) << "seed " << seed << ", cut at " << cut;
        }
    }
    EXPECT_GT(finished, 3) << "the test shows less otherwise";
}

// The control: what misses its last event, and says that it has it, is found out.
TEST(Snapshots, that_are_off_by_one_say_something_else)
{
    std::size_t found_out = 0;
    std::size_t cuts = 0;
    for (unsigned seed = 0; seed < 10; seed++) {
        Life const life(seed);
        auto events = life.history();
        for (auto& event : events)
            event.link = {}; // The chain would not let it pass.
        auto const whole = replayed(life.games(), events);
        for (std::size_t cut = 2; cut <= events.size(); cut++, cuts++) {
            auto late = replayed(life.games(), std::span(events).first(cut - 1));
            ASSERT_TRUE(late.evolve({.version = cut, .type = "room.acted",
                                        .data = encode_body(Acted{})}, life.games()));
            auto after = RoomState::restore(late.snapshot(), life.games());
            ASSERT_TRUE(after);
            bool is_broken = false;
            for (auto const& event : std::span(events).subspan(cut))
                is_broken = is_broken || !after->evolve(event, life.games());
            found_out += is_broken || told(*after) != told(whole) ? 1 : 0;
        }
    }
    EXPECT_GT(found_out, cuts * 8 / 10) << "but where the next events hide it";
}

TEST(Snapshots, do_not_let_an_event_be_left_out_or_repeated)
{
    Life const life(1);
    std::span const events = life.history();
    auto const cut = events.size() / 2;
    auto const snapshot = replayed(life.games(), events.first(cut)).snapshot();
    EXPECT_FALSE(RoomState::restore(snapshot, life.games())->evolve(events[cut - 1], life.games()));
    EXPECT_FALSE(RoomState::restore(snapshot, life.games())->evolve(events[cut + 1], life.games()));
    EXPECT_TRUE(RoomState::restore(snapshot, life.games())->evolve(events[cut], life.games()));
}

TEST(Snapshots, are_used_whole_or_not_at_all)
{
    Life const life(2);
    auto const sound = replayed(life.games(), life.history()).snapshot();
    auto const refuses = [&](events::Snapshot const& snapshot) {
        return !RoomState::restore(snapshot, life.games());
    };
    auto changed = sound;
    changed.version--;
    EXPECT_TRUE(refuses(changed));
    changed = sound;
    changed.link[0] ^= std::byte{1};
    EXPECT_TRUE(refuses(changed));
    changed = sound;
    changed.hash.clear();
    EXPECT_TRUE(refuses(changed));
    for (std::size_t i = 0; i < sound.state.size(); i++) {
        changed = sound;
        changed.state[i] ^= 1;
        EXPECT_TRUE(refuses(changed)) << i;
    }
    changed = sound;
    changed.state[0] = 6; // Of a later format, and in itself sound.
    changed.hash = sha256(changed.state);
    auto const other = RoomState::restore(changed, life.games());
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().detail, "its format is newer than 5");
    EXPECT_FALSE(RoomState::restore(sound, {})) << "nobody knows the game";
}

// Whatever the store brings: an error, or a state that still answers.
TEST(Snapshots, may_be_broken_without_harm)
{
    Life const life(3);
    auto const sound = replayed(life.games(), life.history()).snapshot();
    std::mt19937 random(1);
    for (int round = 0; round < 20'000; round++) {
        auto broken = sound;
        for (auto i = random() % 3 + 1; i > 0; i--) {
            auto const at = random() % broken.state.size();
            switch (random() % 3) {
            case 0: broken.state[at] = static_cast<char>(random()); break;
            case 1: broken.state.erase(at, 1 + random() % 4); break;
            default: broken.state.insert(at, 1, static_cast<char>(random()));
            }
        }
        broken.hash = sha256(broken.state);
        auto state = RoomState::restore(broken, life.games());
        if (!state)
            continue;
        static_cast<void>(told(*state));
        static_cast<void>(state->host());
        static_cast<void>(state->snapshot());
    }
}

// The keys of people may go, or come; what is snapshot of the room does not change with them.
TEST(Snapshots, are_the_same_without_the_keys)
{
    for (unsigned seed = 0; seed < 10; seed++) {
        Life const life(seed);
        auto const with = replayed(life.games(), life.history(), life.keys());
        auto const without = replayed(life.games(), life.history());
        ASSERT_NE(told(with), told(without)) << "the names";
        EXPECT_EQ(with.snapshot(), without.snapshot());
    }
}

// What a server of before sealing wrote: stores have it still, and events of going back for ever.
TEST(Snapshots, of_format_1_are_read)
{
    events::Snapshot old{.version = 4, .link = {}, .state = from_hex(
        "0150e7116d4c5cb15f33ce08a31da0b989a8aa6776657273696f6e0465627974657318a8666f70656e6564"
        "a56467616d656574616c6c796572756c65730164636f6465654b3751584d64736565647840303030303030"
        "30303030303030303030303030303030303030303030303030303030303030303030303030303030303030"
        "303030303030303030303030303030676f7074696f6e737061313635363636393732373337343030696f70"
        "656e65645f61741a000f4240"
        "68726573746f726564006866696e6973686564f4676d656d6265727381a3697072696e636970616c63"
        "616e6e67646973706c617960676170706c696564a167616374696f6e7381a266616374696f6e0767766572"
        "73696f6e046663686169727383a362627901656163746f7201687374616e645f696ef4a362627900656163"
        "746f7200687374616e645f696ef4a362627900656163746f7200687374616e645f696ef46674696d657273"
        "81a2646e616d65647469636b6261741a000f4434676c657474657273805831a66772756e6e696e67f46373"
        "756d00656d6f7665730067736563726574738300000065626c696e64f4666a616d6d6564f4"), .hash = {}};
    auto const link = from_hex("e7116d4c5cb15f33ce08a31da0b989a8");
    std::memcpy(old.link.data(), link.data(), link.size());
    old.hash = sha256(old.state);
    Bench const bench;
    auto const state = RoomState::restore(old, bench.games);
    ASSERT_TRUE(state) << state.error().detail;
    EXPECT_EQ(state->actor_of("ann"), 1);
    EXPECT_EQ(state->member(1).applied.find(7), 4);
    EXPECT_EQ(state->seat_of(1), 0);
    EXPECT_EQ(state->timers().at(0).name, "tick");
    auto const again = RoomState::restore(state->snapshot(), bench.games);
    ASSERT_TRUE(again) << "in the format of today";
    EXPECT_EQ(told(*again), told(*state));
}

TEST(Snapshots, are_stored_in_these_bytes)
{
    Bench bench;
    bench.open();
    auto ann = bench.add("ann", 1);
    bench.join(ann);
    bench.act(ann, 7, "arm", R"({"timer":"tick","after":500})");
    bench.settle();
    auto const snapshot = bench.replayed().snapshot();
    EXPECT_EQ(to_hex(snapshot.state),
        "025028e271b07c6a62365371ab9e591ed492aa6776657273696f6e0465627974657318ec666f70656e65"
        "64a56467616d656574616c6c796572756c65730164636f6465654b3751584d6473656564784030303030"
        "303030303030303030303030303030303030303030303030303030303030303030303030303030303030"
        "303030303030303030303030303030303030676f7074696f6e7370613136353636363937323733373430"
        "30696f70656e65645f61741a000f424068726573746f726564006866696e6973686564f4676d656d6265"
        "727381a5697072696e636970616c6067646973706c617960707365616c65645f7072696e636970616c78"
        "3e3032303230323032303230323032303230323032303230323636623861373334643132643361633432"
        "6562666538356366613331613665353761656562316e7365616c65645f646973706c617960676170706c"
        "696564a167616374696f6e7381a266616374696f6e076776657273696f6e046663686169727383a36262"
        "7901656163746f7201687374616e645f696ef4a362627900656163746f7200687374616e645f696ef4a3"
        "62627900656163746f7200687374616e645f696ef46674696d65727381a2646e616d65647469636b6261"
        "741a000f4434676c657474657273805831a66772756e6e696e67f46373756d00656d6f76657300677365"
        "63726574738300000065626c696e64f4666a616d6d6564f4");
}

}  // namespace
}  // namespace gatehouse::rooms
