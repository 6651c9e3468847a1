// SPDX-License-Identifier: Apache-2.0
// Runs each scenario of this folder (README.md says how to write one) in several ways, and demands
// the same transcript of all of them.
#include "house.hpp"
#include "player.hpp"

#include "rooms/state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace gatehouse::scenarios {
namespace {

namespace fs = std::filesystem;

enum class Way : std::uint8_t {
    plain,
    crash_after_each_line,
    crash_and_wake_from_snapshots,
    over_sockets
};

// Is everything in `part` also in `whole`?
bool contains(Json const& whole, Json const& part)
{
    if (!part.is_object())
        return whole == part;
    return std::ranges::all_of(part.items(), [&](auto const& item) {
        return whole.is_object() && whole.contains(item.key())
            && contains(whole[item.key()], item.value());
    });
}

Milliseconds span_of(std::string const& text)
{
    auto const number = std::stoll(text);
    if (text.ends_with("ms"))
        return Milliseconds(number);
    if (text.ends_with("h"))
        return std::chrono::hours(number);
    return text.ends_with("m") ? Milliseconds(std::chrono::minutes(number))
                               : Milliseconds(std::chrono::seconds(number));
}

class Story {
public:
    Story(Way way, std::string file)
        : way_(way)
        , file_(std::move(file))
        , house_(way == Way::over_sockets ? over_sockets() : in_memory())
    {
        house_.configure({.takes_snapshots = takes_snapshots()});
    }

    // What everybody saw and was told, line by line.
    std::vector<std::string> transcript()
    {
        std::ifstream in(file_);
        for (std::string line; std::getline(in, line);) {
            number_++;
            line = line.substr(0, line.find('#'));
            if (line.find_first_not_of(" \t") == std::string::npos)
                continue;
            SCOPED_TRACE(file_ + ":" + std::to_string(number_) + ": " + line);
            told_.clear();
            perform(line);
            settle();
            note(line);
            if ((way_ == Way::crash_after_each_line || takes_snapshots()) && !code_.empty())
                restart({});
            for (auto& [name, each] : players_)
                for (auto const& complaint : each.complaints())
                    ADD_FAILURE() << name << " complains: " << complaint;
            if (::testing::Test::HasFailure())
                break;
        }
        return std::move(transcript_);
    }

private:
    // ---- Lines

    void perform(std::string const& line)
    {
        auto [what, expected] = parted(line, "->");
        std::istringstream words(what);
        std::string who;
        std::string verb;
        words >> who;
        if (who == "after")
            return words >> verb, after(span_of(verb));
        if (who == "open")
            return open(words);
        if (who == "grace")
            return words >> verb, house_.configure({.overdue_grace = span_of(verb),
                                  .takes_snapshots = takes_snapshots()});
        words >> verb;
        if (who == "server" && verb == "restarts") {
            std::string after_word;
            std::string span = "0s";
            words >> after_word >> span;
            return restart(span_of(span));
        }
        if (who == "events" && verb == "replay")
            return replay();
        std::string rest;
        std::getline(words >> std::ws, rest);
        if (who == "everybody")
            for (auto& [name, each] : players_)
                act(each, verb, rest, expected);
        else
            act(player(who), verb, rest, expected);
    }

    void act(Player& who, std::string const& verb, std::string const& rest, std::string expected)
    {
        std::string answer;
        if (verb == "joins") {
            get_in(who, rest.starts_with("as spectator"));
            answer = who.answer();
            if (expected.empty())
                expected = "joined";
        } else if (verb == "acts") {
            auto const [name, body] = parted(rest, " ");
            who.act(name, body.empty() ? Json::object() : Json::parse(body));
            last_act_[who.name()] = rest;
            wait_for(who);
            answer = who.answer();
        } else if (verb == "repeats") {
            auto const [name, body] = parted(last_act_[who.name()], " ");
            who.act(name, body.empty() ? Json::object() : Json::parse(body), who.last_action());
            wait_for(who);
            answer = who.answer();
        } else if (verb == "leaves") {
            who.leave();
            wait_for(who);
        } else if (verb == "drops") {
            who.drop();
        } else if (verb == "sees") {
            settle();
            EXPECT_TRUE(contains(who.view(), Json::parse(rest)))
                << who.name() << " sees " << who.view();
        } else if (verb == "lacks") {
            settle();
            auto const there = Json::json_pointer(rest);
            EXPECT_FALSE(who.view().contains(there)) << who.name() << " sees " << who.view();
        } else if (verb == "left") {
            settle();
            EXPECT_EQ(who.left(), rest.substr(0, rest.find_last_not_of(' ') + 1));
        } else {
            ADD_FAILURE() << "no such verb: " << verb;
        }
        if (!answer.empty())
            told_ += "  " + who.name() + " was told " + answer + "\n";
        if (expected == "ack") {
            EXPECT_TRUE(answer.starts_with("ack ")) << who.name() << " was told " << answer;
        } else if (!expected.empty()) {
            EXPECT_EQ(answer, expected) << who.name();
        }
    }

    void open(std::istringstream& words)
    {
        std::string options;
        std::string seed_word;
        std::string seed;
        words >> options >> seed_word >> seed;
        house_.set_room_seed(std::string(32, static_cast<char>(std::stoi(seed, nullptr, 16))));
        Player host(house_.network(), "host");
        host.log_in();
        wait_for(host);
        host.open_room(Json::parse(options));
        wait_for(host);
        for (auto const& complaint : host.complaints())
            ADD_FAILURE() << complaint;
        code_ = host.code();
    }

    // Without the seat that a name ends in: "ann" and "ann/phone" are one person.
    Player& player(std::string const& name)
    {
        auto const found = players_.find(name);
        if (found != players_.end())
            return found->second;
        auto const owner = players_.find(name.substr(0, name.find('/')));
        auto& made = owner == players_.end()
            ? players_.emplace(name, Player(house_.network(), name)).first->second
            : players_.emplace(name, owner->second.on_another_device(name)).first->second;
        if (owner == players_.end()) {
            made.log_in();
            wait_for(made);
        }
        return made;
    }

    void get_in(Player& who, bool as_spectator)
    {
        if (!who.is_connected()) {
            who.connect();
            wait_for(who);
        }
        who.join(code_, as_spectator);
        wait_for(who);
    }

    void restart(Milliseconds pause)
    {
        std::vector<Player*> here;
        for (auto& [name, each] : players_) {
            each.forget_session(); // The new process knows rooms, but no sessions.
            if (!each.is_connected())
                continue;
            each.drop();
            here.push_back(&each);
        }
        while (house_.turn()) { }
        house_.pass(pause);
        house_.restart();
        for (auto* each : here)
            if (each->was_in_room() && each->left().empty())
                get_in(*each, each->is_spectator());
        settle();
    }

    // What is stored leads to what was seen, also in a program of its own.
    void replay()
    {
        settle();
        ASSERT_FALSE(players_.empty());
        auto const room = players_.begin()->second.room();
        auto const history = house_.log().hydrate(room, 4096);
        ASSERT_TRUE(history);
        rooms::RoomState state(room);
        std::optional<rooms::Chance> chance;
        if (history->snapshot) {
            state = rooms::RoomState::restore(*history->snapshot, house_.games()).value();
            chance.emplace(state.seed());
        }
        state.learn(history->keys);
        for (auto const& event : history->events) {
            if (chance && !rooms::is_platform_type(event.type)) {
                EXPECT_EQ(state.play().unfair(event.type, event.schema,
                              rooms::split(event.data)->body, *chance),
                    std::nullopt);
            }
            ASSERT_TRUE(state.evolve(event, house_.games()));
            chance.emplace(state.seed());
        }
        for (auto& [name, each] : players_) {
            if (!each.is_connected() || !each.is_spectator())
                continue;
            std::string shown;
            json::Writer out(shown);
            state.play().show(rooms::spectator, out);
            EXPECT_EQ(each.view()["game"], Json::parse(shown));
        }
    }

    // ---- Time

    void after(Milliseconds span)
    {
        settle();
        while (true) {
            auto const next = house_.until_next_alarm();
            if (!next || *next > span)
                break;
            auto const step = std::max(*next, Milliseconds(1));
            house_.pass(std::min(step, span));
            span -= std::min(step, span);
            settle();
            if (span == Milliseconds(0))
                return;
        }
        house_.pass(span);
        settle();
    }

    void turn()
    {
        house_.turn();
        for (auto& [name, each] : players_)
            each.pump();
    }

    void wait_for(Player& who)
    {
        for (int i = 0; i < 5'000 && who.is_waiting(); i++) {
            turn();
            who.pump();
        }
        ASSERT_FALSE(who.is_waiting()) << who.name() << " waits for an answer";
    }

    // Until all that players sent was dealt with, and all that came of it was heard.
    void settle()
    {
        for (int round = 0; round < 2; round++) {
            while (house_.turn()) { }
            for (auto& [name, each] : players_)
                each.ping();
            for (auto& [name, each] : players_)
                wait_for(each);
        }
    }

    void note(std::string const& line)
    {
        std::string noted = line + "\n" + told_;
        for (auto& [name, each] : players_)
            noted += "  " + name + " sees " + each.view().dump() + " " + each.left() + "\n";
        transcript_.push_back(std::move(noted));
    }

    static std::pair<std::string, std::string> parted(
        std::string const& text, std::string const& by)
    {
        auto const trimmed = [](std::string part) {
            part.erase(0, std::min(part.find_first_not_of(' '), part.size()));
            part.erase(part.find_last_not_of(' ') + 1);
            return part;
        };
        auto const at = text.find(by);
        if (at == std::string::npos)
            return {trimmed(text), ""};
        return {trimmed(text.substr(0, at)), trimmed(text.substr(at + by.size()))};
    }

    [[nodiscard]] bool takes_snapshots() const
    {
        return way_ == Way::crash_and_wake_from_snapshots;
    }

    Way way_;
    std::string file_;
    int number_ = 0;
    House house_;
    std::string code_;
    std::map<std::string, Player> players_;
    std::map<std::string, std::string> last_act_;
    std::string told_; // In this line.
    std::vector<std::string> transcript_;
};

class Scenario : public ::testing::TestWithParam<fs::path> {
protected:
    void tell_like_the_plain_one(Way way)
    {
        auto const plain = Story(Way::plain, GetParam().string()).transcript();
        ASSERT_FALSE(HasFailure());
        EXPECT_EQ(Story(way, GetParam().string()).transcript(), plain);
    }
};

TEST_P(Scenario, is_told_as_written)
{
    static_cast<void>(Story(Way::plain, GetParam().string()).transcript());
}

TEST_P(Scenario, is_the_same_with_a_crash_after_each_line)
{
    tell_like_the_plain_one(Way::crash_after_each_line);
}

TEST_P(Scenario, is_the_same_with_a_crash_after_each_line_and_only_snapshots_left)
{
    tell_like_the_plain_one(Way::crash_and_wake_from_snapshots);
}

TEST_P(Scenario, is_the_same_over_real_sockets) { tell_like_the_plain_one(Way::over_sockets); }

std::vector<fs::path> scenarios()
{
    std::vector<fs::path> files;
    for (auto const& entry : fs::directory_iterator(SCENARIOS))
        if (entry.path().extension() == ".txt" && entry.path().stem() != "CMakeLists")
            files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

INSTANTIATE_TEST_SUITE_P(Files, Scenario, ::testing::ValuesIn(scenarios()),
    [](auto const& file) { return file.param.stem().string(); });

}  // namespace
}  // namespace gatehouse::scenarios
