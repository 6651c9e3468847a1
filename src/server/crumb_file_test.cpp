// SPDX-License-Identifier: Apache-2.0
#include "server/crumb_file.hpp"

#include "server/temporary_folder_test.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace gatehouse::server {
namespace {

using rooms::Crumbed;
using rooms::Doing;

class CrumbFileTest : public TemporaryFolder {
protected:
    std::unique_ptr<CrumbFile> open() { return CrumbFile::open(file_, 2).value(); }

    // In a process of its own, which does not come to its end.
    void die_in(std::function<void(CrumbFile&)> const& work)
    {
        auto const child = ::fork();
        if (child == 0) {
            rlimit const no_core{0, 0};
            ::setrlimit(RLIMIT_CORE, &no_core);
            mark_crumbs_on_crash();
            auto const crumbs = open();
            work(*crumbs);
            ::_exit(0);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_NE(status, 0); // A sanitizer makes an exit of the signal.
    }

    std::filesystem::path file_ = path("crumbs");
};

TEST_F(CrumbFileTest, a_crash_in_an_action_names_all_of_it)
{
    die_in([](CrumbFile& crumbs) {
        Crumbed const crumb(&crumbs.of(1),
            {.room = "a.1", .doing = Doing::act, .principal = "g_7", .seat = 2, .action = 17,
                .name = "play", .body = R"({"pieces":[1]})"});
        std::abort();
    });
    auto const crumbs = open();
    ASSERT_EQ(crumbs->found().size(), 1u);
    auto const& site = crumbs->found()[0];
    EXPECT_EQ(site.room, "a.1");
    EXPECT_EQ(site.doing, Doing::act);
    EXPECT_EQ(site.principal, "g_7");
    EXPECT_EQ(site.seat, 2);
    EXPECT_EQ(site.action, 17u);
    EXPECT_EQ(site.name, "play");
    EXPECT_EQ(site.body, R"({"pieces":[1]})");
    EXPECT_EQ(site.why, "SIGABRT");
    EXPECT_TRUE(crumbs->shut().empty());
}

// `end` is never reached: a compiler that knew so would refuse it.
int call_without_end(int depth, int end)
{
    char volatile room[4096];
    room[0] = static_cast<char>(depth);
    return depth == end ? 0 : call_without_end(depth + 1, end) + room[0];
}

TEST_F(CrumbFileTest, a_game_that_uses_up_its_stack_is_named)
{
    die_in([](CrumbFile& crumbs) {
        std::thread([&] { // As a shard's: not the first of the process.
            Crumbed const crumb(&crumbs.of(0), {.room = "a.1", .doing = Doing::act, .action = 3});
            static_cast<void>(call_without_end(0, std::atoi("-1")));
        }).join();
    });
    auto const crumbs = open();
    ASSERT_EQ(crumbs->found().size(), 1u);
    EXPECT_EQ(crumbs->found()[0].action, 3u);
    EXPECT_EQ(crumbs->found()[0].why, "SIGSEGV");
}

TEST_F(CrumbFileTest, a_crash_elsewhere_blames_nobody)
{
    die_in([](CrumbFile& crumbs) {
        { Crumbed const crumb(&crumbs.of(0), {.room = "a.1", .doing = Doing::act}); }
        ::raise(SIGSEGV);
    });
    EXPECT_TRUE(open()->found().empty());
}

TEST_F(CrumbFileTest, a_room_that_crashes_as_it_is_read_is_shut_until_it_is_opened)
{
    die_in([](CrumbFile& crumbs) {
        Crumbed const crumb(&crumbs.of(0), {.room = "a.1", .doing = Doing::read});
        ::raise(SIGSEGV);
    });
    for (int start = 0; start < 3; start++) {
        auto const crumbs = open();
        EXPECT_TRUE(crumbs->found().empty());
        ASSERT_EQ(crumbs->shut().size(), 1u);
        EXPECT_EQ(crumbs->shut()[0].room, "a.1");
        EXPECT_EQ(crumbs->shut()[0].why, "SIGSEGV");
    }
    EXPECT_FALSE(open()->reopen("b.1"));
    EXPECT_TRUE(open()->reopen("a.1"));
    EXPECT_TRUE(open()->shut().empty());
}

TEST_F(CrumbFileTest, whoever_is_killed_from_outside_blames_nobody)
{
    for (int life = 0; life < 3; life++)
        die_in([](CrumbFile& crumbs) {
            Crumbed const crumb(
                &crumbs.of(0), {.room = "a.1", .doing = Doing::act, .action = 1});
            ::raise(SIGKILL);
        });
    auto const crumbs = open();
    EXPECT_TRUE(crumbs->found().empty());
    EXPECT_TRUE(crumbs->shut().empty());
}

// A watchdog that accuses whoever is about to return: the process dies a moment later, in another.
TEST_F(CrumbFileTest, a_mark_that_was_meant_for_the_crumb_before_blames_nobody)
{
    {
        auto const crumbs = open();
        auto& shard = crumbs->of(1);
        shard.lay({.room = "a.1", .doing = Doing::act, .action = 1});
        ASSERT_TRUE(crumbs->accuse(1, crumbs->laid(1)));
        shard.take_up();
        shard.lay({.room = "b.1", .doing = Doing::read});
    }
    auto const crumbs = open();
    EXPECT_TRUE(crumbs->found().empty());
    EXPECT_TRUE(crumbs->shut().empty());
}

TEST_F(CrumbFileTest, what_breaks_before_there_is_a_room_shuts_none)
{
    die_in([](CrumbFile& crumbs) {
        Crumbed const crumb(
            &crumbs.of(0), {.room = "a.1", .doing = Doing::open, .name = "chess"});
        std::abort();
    });
    auto const crumbs = open();
    ASSERT_EQ(crumbs->found().size(), 1u);
    EXPECT_EQ(crumbs->found()[0].name, "chess");
    EXPECT_TRUE(crumbs->shut().empty());
}

TEST_F(CrumbFileTest, the_oldest_of_too_many_shut_rooms_makes_way)
{
    for (std::size_t i = 0; i <= CrumbFile::shut_max; i++)
        die_in([i](CrumbFile& crumbs) {
            Crumbed const crumb(
                &crumbs.of(0), {.room = std::to_string(i), .doing = Doing::show});
            ::raise(SIGBUS);
        });
    auto const crumbs = open();
    EXPECT_EQ(crumbs->shut().size(), CrumbFile::shut_max);
    EXPECT_FALSE(crumbs->reopen("0"));
    EXPECT_TRUE(crumbs->reopen(std::to_string(CrumbFile::shut_max)));
}

TEST_F(CrumbFileTest, what_is_no_crumb_file_is_written_over)
{
    std::ofstream(file_) << std::string(200'000, '\xff');
    auto const crumbs = open();
    EXPECT_TRUE(crumbs->found().empty());
    EXPECT_TRUE(crumbs->shut().empty());
}

} // namespace
} // namespace gatehouse::server
