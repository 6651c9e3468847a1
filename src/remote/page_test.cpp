// SPDX-License-Identifier: Apache-2.0

// The example of docs/rules-protocol.md, played: what gatehouse says there is what it says, what
// the process answers can be read, and the states that it is sent are what its patches led to.
#include "base/bytes.hpp"
#include "remote/line.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <map>

namespace gatehouse::remote {
namespace {

using json::Tree;

std::string text_of(Tree const& object, char const* key)
{
    auto const* const member = object.find(key);
    return std::string(member ? member->text().value_or("") : "");
}

std::int64_t number_of(Tree const& object, char const* key)
{
    auto const* const member = object.find(key);
    return member ? member->integer().value_or(0) : 0;
}

std::string frame_of(std::string_view json)
{
    std::string frame{0, 0, static_cast<char>(json.size() >> 8), static_cast<char>(json.size())};
    return frame += json;
}

class Reading {
public:
    Reading() { line_.connected(); }

    void gatehouse_says(std::string_view expected)
    {
        auto const frame = Tree::parse(expected);
        ASSERT_TRUE(frame) << expected;
        for (auto const& message : frame->elements())
            if (auto const number = number_of(message, "q"); number > asked_) {
                asked_ = number;
                ask(message);
            }
        std::string written;
        ASSERT_TRUE(line_.write(written));
        EXPECT_EQ(Tree::parse(std::string_view(written).substr(4))->canonical(),
            frame->canonical());
        EXPECT_EQ(frame_of(std::string_view(written).substr(4)), written);
        EXPECT_FALSE(line_.write(written));
    }

    void process_says(std::string_view json)
    {
        EXPECT_TRUE(line_.received(frame_of(json))) << json;
    }

    void cut()
    {
        line_.disconnected();
        line_.connected();
    }

    void expect_all_answered() const
    {
        EXPECT_GT(asked_, 0);
        EXPECT_EQ(line_.questions(), 0u);
    }

private:
    struct Room {
        Tree state;
        std::optional<Held> held{};
    };

    void ask(Tree const& message)
    {
        auto const name = text_of(message, "room");
        if (!rooms_.contains(name))
            rooms_[name].state = *message.find("state");
        auto& room = rooms_[name];
        Question question{.game = text_of(message, "game"), .room = name,
            .state = std::make_shared<Tree const>(room.state), .held = room.held,
            .what = Prepare{}, .now = {number_of(message, "now")},
            .seed = from_hex(text_of(message, "seed")), .seats = {}};
        if (auto const what = text_of(message, "do"); what == "act")
            question.what = Act{static_cast<int>(number_of(message, "seat")),
                text_of(message, "a"), message.find("d")->canonical()};
        else if (what == "timer")
            question.what = Ring{text_of(message, "a")};
        EXPECT_EQ(question.seed.size(), 32u);
        for (auto const& each : message.find("seats")->elements())
            question.seats.push_back(
                *each.text() == "player" ? rooms::Occupant::player : rooms::Occupant::nobody);
        line_.ask(std::move(question), [&room](Result<Answer> answer) {
            ASSERT_TRUE(answer) << answer.error().detail;
            for (auto const& event : answer->events)
                if (event.patch)
                    room.state.merge(*event.patch);
            room.held = answer->held;
        });
    }

    LineOptions options_{};
    Now now_{};
    Line line_{options_, now_};
    std::int64_t asked_ = 0;
    std::map<std::string, Room> rooms_{};
};

TEST(TheRulesProtocol, is_as_its_page_shows_it)
{
    std::ifstream page("docs/rules-protocol.md");
    ASSERT_TRUE(page);
    Reading reading;
    constexpr std::string_view to = "→ ";
    constexpr std::string_view from = "← ";
    for (std::string line; std::getline(page, line);) {
        SCOPED_TRACE(line);
        if (line.starts_with(to))
            reading.gatehouse_says(std::string_view(line).substr(to.size()));
        else if (line.starts_with(from))
            reading.process_says(std::string_view(line).substr(from.size()));
        else if (line == "(cut)")
            reading.cut();
    }
    reading.expect_all_answered();
}

}  // namespace
}  // namespace gatehouse::remote
