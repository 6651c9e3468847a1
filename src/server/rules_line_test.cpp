// SPDX-License-Identifier: Apache-2.0
#include "server/rules_line.hpp"

#include "runtime/dice.hpp"
#include "server/temporary_folder_test.hpp"

#include <array>
#include <functional>
#include <sys/socket.h>
#include <sys/un.h>
#include <utility>

namespace gatehouse::server {
namespace {

using namespace std::chrono_literals;

std::string framed(std::string_view text)
{
    std::string frame(4, '\0');
    for (std::size_t i = 0; i < 4; i++)
        frame[i] = static_cast<char>(text.size() >> 8 * (3 - i));
    return frame.append(text);
}

// Where a rules process listens and talks, by hand.
class Process {
public:
    explicit Process(std::string const& path)
        : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
    {
        std::filesystem::remove(path);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        auto* const raw = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(listener_.get(), raw, sizeof address), 0);
        EXPECT_EQ(::listen(listener_.get(), 8), 0);
    }

    [[nodiscard]] bool accept()
    {
        socket_ = runtime::Descriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK));
        return static_cast<bool>(socket_);
    }
    void say(std::string_view text) const
    {
        auto const frame = framed(text);
        EXPECT_EQ(::send(socket_.get(), frame.data(), frame.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(frame.size()));
    }
    // All that came since.
    std::string const& heard()
    {
        std::array<char, 65'536> buffer;
        for (ssize_t size = 1; size > 0;) {
            size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
            heard_.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        }
        return heard_;
    }
    void hang_up() { socket_.reset(); }

private:
    runtime::Descriptor listener_;
    runtime::Descriptor socket_{};
    std::string heard_{};
};

constexpr auto hello = R"([{"hello":"gatehouse.rules.v1","games":{"nim":{"tag":"1"}}}])";

struct RulesLineTest : TemporaryFolder {
    RulesLineTest()
    {
        line.on_change([this](std::string_view why) { told.emplace_back(why); });
        line.on_hello([this] { hellos++; });
        line.count_in(metrics);
        reactor.at_end_of_turn([this] { line.flush(); });
    }

    void turn_until(std::function<bool()> const& done)
    {
        auto const limit = clock.read().steady + 20s;
        while (!done()) {
            ASSERT_LT(clock.read().steady, limit);
            reactor.turn(1ms);
        }
    }
    // The process that is there from now on; it has said hello.
    std::unique_ptr<Process> come_up()
    {
        auto process = std::make_unique<Process>(path("rules.sock"));
        turn_until([&] { return process->accept(); });
        auto const greeting = framed(R"([{"hello":"gatehouse.rules.v1"}])");
        turn_until([&] { return process->heard() == greeting; });
        process->say(hello);
        turn_until([&] { return line.is_up(); });
        return process;
    }
    void ask(std::string state = "{}")
    {
        line.line().ask({.game = "nim", .room = "r.1",
                            .state = std::make_shared<json::Tree const>(
                                json::Tree::parse(state).value()),
                            .what = remote::Prepare{}, .seed = std::string(32, 's'), .seats = {}},
            [this](Result<remote::Answer> answer) { answers.push_back(std::move(answer)); });
    }
    [[nodiscard]] std::uint64_t counted(std::string_view result) const
    {
        for (auto const& family : metrics.snapshot())
            for (auto const& sample : family.samples)
                if (family.name == "gatehouse_rules_questions"
                    && sample.labels.back().second == result)
                    return sample.count;
        return 0;
    }

    runtime::Clock clock;
    runtime::Reactor reactor{clock};
    runtime::KernelDice dice;
    observe::Metrics metrics;
    RulesLine line{{.socket = path("rules.sock"), .games = {"nim", "chess"},
                       .line = {.deadline = 20s}, .pause_min = 1ms, .pause_max = 4ms},
        reactor, dice};
    std::vector<std::string> told;
    int hellos = 0;
    std::vector<Result<remote::Answer>> answers;
};

TEST_F(RulesLineTest, says_once_why_the_process_is_away_and_that_it_is_back)
{
    turn_until([&] { return told.size() == 1; });
    EXPECT_EQ(told.front(), "No such file or directory");
    for (int i = 0; i < 30; i++)
        reactor.turn(2ms);
    EXPECT_EQ(told.size(), 1u) << told.back();

    auto process = come_up();
    EXPECT_EQ(told.size(), 2u);
    EXPECT_EQ(told.back(), "");
    EXPECT_EQ(line.unknown(), std::vector<std::string>{"chess"});
    process.reset();
    turn_until([&] { return told.size() >= 3; });
    EXPECT_EQ(told[2], "it closed the connection");
    EXPECT_TRUE(line.unknown().empty()) << "nobody is there to ask";
    process = come_up();
    EXPECT_EQ(told.back(), "");
    EXPECT_EQ(hellos, 2);
    process->say(R"([{"hello":"gatehouse.rules.v1","games":{"nim":{"tag":"2"}}}])");
    turn_until([&] { return hellos == 3; });
    EXPECT_EQ(line.line().tag("nim"), "2");
    EXPECT_EQ(told.back(), "");
}

TEST_F(RulesLineTest, tells_of_other_games_that_a_process_does_not_know)
{
    auto process = come_up();
    auto const before = told.size();
    process->say(R"([{"hello":"gatehouse.rules.v1","games":{"chess":{"tag":"1"}}}])");
    turn_until([&] { return hellos == 2; });
    EXPECT_EQ(told.size(), before + 1);
    EXPECT_EQ(line.unknown(), std::vector<std::string>{"nim"});
    process->say(R"([{"hello":"gatehouse.rules.v1","games":{"chess":{"tag":"2"}}}])");
    turn_until([&] { return hellos == 3; });
    EXPECT_EQ(told.size(), before + 1) << "that is no news";
}

// Else it would be dialled as often as it can start.
TEST_F(RulesLineTest, pauses_longer_for_a_process_that_says_hello_and_ends)
{
    RulesLine brief{{.socket = path("brief.sock"), .games = {}, .line = {}, .pause_min = 1ms,
                        .pause_max = 10s},
        reactor, dice};
    reactor.at_end_of_turn([&] { brief.flush(); });
    Process process(path("brief.sock"));
    auto const begin = clock.read().steady;
    for (int lives = 0; lives < 9; lives++) {
        turn_until([&] { return process.accept(); });
        process.say(hello);
        turn_until([&] { return brief.is_up(); });
        process.hang_up();
        turn_until([&] { return !brief.is_up(); });
    }
    EXPECT_GT(clock.read().steady - begin, 127ms) << "1 + 2 + … + 128, half of each at least";
    reactor.at_end_of_turn([this] { line.flush(); });
}

TEST_F(RulesLineTest, brings_a_question_that_waited_and_one_that_was_cut_off)
{
    ask();
    auto process = come_up();
    turn_until([&] { return process->heard().contains(R"("q":1,)"); });
    EXPECT_TRUE(answers.empty());

    process.reset();
    process = come_up();
    turn_until([&] { return process->heard().contains(R"("again":true)"); });
    process->say(R"([{"q":1,"ev":[{"e":"laid_out"}]}])");
    turn_until([&] { return answers.size() == 1; });
    ASSERT_TRUE(answers.front());
    EXPECT_EQ(answers.front()->events.front().name, "laid_out");
    EXPECT_EQ(counted("answered"), 1u);
    EXPECT_EQ(counted("unavailable"), 0u);
}

TEST_F(RulesLineTest, writes_on_when_a_process_that_lags_reads_again)
{
    auto process = come_up();
    std::size_t size = 0;
    for (int i = 0; i < 40; i++) {
        auto const state = R"({"text":")" + std::string(100'000, 'x') + "\"}";
        ask(state);
        size += state.size();
    }
    for (int i = 0; i < 20; i++) // As far as the kernel takes it.
        reactor.turn(1ms);
    turn_until([&] { return process->heard().size() > size; });
    EXPECT_TRUE(process->heard().contains(R"("q":40,)"));
    EXPECT_EQ(told.back(), "");
}

TEST_F(RulesLineTest, leaves_who_does_not_speak_the_protocol)
{
    auto process = come_up();
    ask();
    turn_until([&] { return process->heard().contains(R"("q":1,)"); });
    process->say(R"([{"q":7}])");
    turn_until([&] { return told.size() >= 2 && !told.back().empty(); });
    EXPECT_TRUE(told.back().contains("question 7, which was never asked")) << told.back();
    EXPECT_TRUE(answers.empty()) << "it is asked once more";
}

TEST_F(RulesLineTest, gives_up_a_question_when_its_time_is_over)
{
    RulesLine brief{{.socket = path("nobody.sock"), .games = {}, .line = {.deadline = 5ms}},
        reactor, dice};
    reactor.at_end_of_turn([&] { brief.flush(); });
    brief.line().ask({.game = "nim", .room = "r.1", .state = {}, .what = remote::Prepare{},
                         .seed = {}, .seats = {}},
        [this](Result<remote::Answer> answer) { answers.push_back(std::move(answer)); });
    turn_until([&] { return answers.size() == 1; });
    ASSERT_FALSE(answers.front());
    EXPECT_EQ(answers.front().error().code, ErrorCode::unavailable);
    reactor.at_end_of_turn([this] { line.flush(); });
}

}  // namespace
}  // namespace gatehouse::server
