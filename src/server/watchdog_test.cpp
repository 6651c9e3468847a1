// SPDX-License-Identifier: Apache-2.0
#include "server/watchdog.hpp"

#include "server/temporary_folder_test.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gatehouse::server {
namespace {

using namespace std::chrono_literals;
using rooms::Crumbed;
using rooms::Doing;
using Laid = std::array<std::uint64_t, 3>;

TEST(StareTest, finds_the_shard_whose_crumb_lies_there_for_long)
{
    Stare stare(3);
    for (int look = 0; look < Stare::looks_max; look++)
        EXPECT_FALSE(stare.look(Laid{0, 7, 0}));
    EXPECT_EQ(stare.look(Laid{0, 7, 0}), 1);
}

TEST(StareTest, suspects_nobody_who_is_about_something_else_each_time)
{
    Stare stare(3);
    for (std::uint64_t look = 1; look < 100; look++)
        EXPECT_FALSE(stare.look(Laid{0, look, 1'000 - look}));
    for (int look = 1; look < 100; look++)
        EXPECT_FALSE(stare.look(Laid{0, 0, 0}));
}

TEST(StareTest, begins_anew_when_a_crumb_is_taken_up)
{
    Stare stare(3);
    for (int round = 0; round < 5; round++) {
        for (int look = 0; look < Stare::looks_max; look++)
            EXPECT_FALSE(stare.look(Laid{3, 0, 0}));
        EXPECT_FALSE(stare.look(Laid{0, 0, 0}));
    }
}

class WatchdogTest : public TemporaryFolder {
protected:
    std::unique_ptr<CrumbFile> open() { return CrumbFile::open(path("crumbs"), 2).value(); }

    // What a process says that hangs in this crumb.
    std::string last_words(rooms::Crumb const& crumb)
    {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        auto const child = ::fork();
        if (child == 0) {
            rlimit const no_core{0, 0};
            ::setrlimit(RLIMIT_CORE, &no_core);
            mark_crumbs_on_crash();
            auto const crumbs = open();
            runtime::Clock clock;
            Watchdog watchdog(clock, *crumbs, 2, 20ms, [&](rooms::CrashSite const& site) {
                auto const words = site.room + " " + site.why;
                [[maybe_unused]] auto const size = ::write(ends[1], words.data(), words.size());
            });
            watchdog.start();
            Crumbed const laid(&crumbs->of(1), crumb);
            for (;;)
                ::pause();
        }
        ::close(ends[1]);
        std::string words;
        std::array<char, 256> piece{};
        for (ssize_t size = 0; (size = ::read(ends[0], piece.data(), piece.size())) > 0;)
            words.append(piece.data(), static_cast<std::size_t>(size));
        ::close(ends[0]);
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_NE(status, 0);
        return words;
    }
};

TEST_F(WatchdogTest, ends_a_process_that_hangs_and_says_in_what)
{
    EXPECT_EQ(last_words({.room = "a.1",
                  .doing = Doing::act,
                  .principal = "g_7",
                  .seat = 2,
                  .action = 17,
                  .name = "play"}),
        "a.1 did not return");
    auto const crumbs = open();
    ASSERT_EQ(crumbs->found().size(), 1u);
    EXPECT_EQ(crumbs->found()[0].name, "play");
    EXPECT_EQ(crumbs->found()[0].action, 17u);
    EXPECT_EQ(crumbs->found()[0].why, "did not return");
}

TEST_F(WatchdogTest, has_a_room_shut_that_hangs_as_it_is_read)
{
    last_words({.room = "a.1", .doing = Doing::read});
    auto const crumbs = open();
    ASSERT_EQ(crumbs->shut().size(), 1u);
    EXPECT_EQ(crumbs->shut()[0].why, "did not return");
    EXPECT_TRUE(crumbs->reopen("a.1"));
}

} // namespace
} // namespace gatehouse::server
