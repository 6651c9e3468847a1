// SPDX-License-Identifier: Apache-2.0
// Who was erased is asked before anybody is served.
#include "server/erasures.hpp"

#include "server/erased_world_test.hpp"
#include "runtime/descriptor.hpp"
#include "storage/archive/testing.hpp"

#include <arpa/inet.h>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>

namespace gatehouse::server {
namespace {

namespace fs = std::filesystem;

using ErasuresTest = ErasedWorld;

TEST_F(ErasuresTest, asks_every_target_before_anybody_is_served)
{
    note("archive", 'a');
    note("backup", 'b');
    auto const done = start(log_);
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->keys, 2u);
    EXPECT_TRUE(done->unasked.empty());
    EXPECT_EQ(rooms_of("u:anna") + rooms_of("u:ben"), 0u);
}

// The rows of read models may tell of whose keys are gone.
TEST_F(ErasuresTest, say_so_before_the_first_key_goes_and_delete_none_where_that_fails)
{
    int told = 0;
    std::uint64_t history = 0; // Another one each time, so that it is looked at.
    auto const begin = [&](Result<void> answer) {
        auto const targets = erasure_targets(settings_).value();
        return erase_again(targets, log_, ++history, *known(), [&, answer] {
            told++;
            EXPECT_EQ(rooms_of("u:anna") + rooms_of("u:ben"), 2u);
            return answer;
        });
    };
    ASSERT_TRUE(begin({}));
    EXPECT_EQ(told, 0) << "nobody is erased";
    note("archive", 'a');
    note("archive", 'b');
    EXPECT_FALSE(begin(fail(ErrorCode::unavailable, "the disk is full")));
    EXPECT_EQ(told, 1);
    EXPECT_EQ(rooms_of("u:anna") + rooms_of("u:ben"), 2u);
    ASSERT_TRUE(begin({}));
    EXPECT_EQ(told, 2);
    EXPECT_EQ(rooms_of("u:anna") + rooms_of("u:ben"), 0u);
}

// The one that answers need not have all notes.
TEST_F(ErasuresTest, a_store_that_was_set_back_is_not_served_while_one_target_is_away)
{
    note("archive", 'a');
    lead_astray("archive");
    auto const refused = start(log_);
    ASSERT_FALSE(refused) << "never looked at";
    EXPECT_TRUE(refused.error().message.contains("not all can be asked"));

    bring_back("archive");
    fs::remove_all(path("data"));
    ASSERT_TRUE(start(log_));
    lead_astray("archive");
    auto const again = start(log_);
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_TRUE(again->unasked.contains("file:" + path("archive")));
    EXPECT_TRUE(again->away);
    EXPECT_FALSE(start(log_, 7)) << "another history";
}

// Who waits for a start does not wait for as many notes and keys as there are.
TEST_F(ErasuresTest, a_store_that_was_looked_at_is_served_at_once)
{
    note("archive", 'a');
    ASSERT_TRUE(start(log_));
    note("backup", 'b'); // As nobody would who knows this store.
    auto const again = start(log_);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->keys, 0u);
    EXPECT_EQ(again->unasked, erasure_target_names(settings_)) << "asked while it serves";
    EXPECT_FALSE(again->away);
    EXPECT_EQ(rooms_of("u:ben"), 1u);
}

// One that is away may be silent for minutes.
TEST_F(ErasuresTest, no_bucket_is_asked_before_a_store_that_was_looked_at_is_served)
{
    ASSERT_TRUE(start(log_));
    runtime::Descriptor const socket(
        ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    ASSERT_EQ(::bind(socket.get(), generic, size), 0);
    ASSERT_EQ(::listen(socket.get(), 16), 0);
    ASSERT_EQ(::getsockname(socket.get(), generic, &size), 0);
    settings_.archive.endpoint = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    settings_.backup.to = {.kind = config::ObjectStore::Kind::bucket, .bucket = "away"};
    auto const again = start(log_);
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(again->unasked, erasure_target_names(settings_));
    EXPECT_LT(::accept(socket.get(), nullptr, nullptr), 0) << "nobody has come";
}

TEST_F(ErasuresTest, a_target_that_is_another_place_is_refused_aloud)
{
    ASSERT_TRUE(start(log_));
    fs::remove_all(path("archive")); // As where its disk is not mounted.
    auto const refused = start(log_);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.contains(path("archive"))) << refused.error().message;
    EXPECT_TRUE(refused.error().detail.contains("mounted"));
    fs::remove_all(path("data")); // A new machine: the other target knows.
    EXPECT_FALSE(start(log_));
    std::ofstream(path("archive/gatehouse")) << "";
    EXPECT_TRUE(start(log_)) << "as it is meant";
}

TEST_F(ErasuresTest, a_target_that_was_away_at_the_first_start_is_taken_when_it_is_back)
{
    storage::MemoryLog nobody;
    lead_astray("archive");
    for (auto const* when : {"at first", "again"}) {
        auto const done = start(nobody);
        ASSERT_TRUE(done) << when << done.error().detail;
        EXPECT_TRUE(done->unasked.empty()) << "nobody could be back";
    }
    bring_back("archive");
    ASSERT_TRUE(start(nobody));
    fs::remove_all(path("archive"));
    EXPECT_FALSE(start(nobody)) << "now it was used";
}

// As of a disk that fills up between, or a process that dies: whatever is written by then, the next
// start does not take a target for another place.
TEST_F(ErasuresTest, a_start_that_breaks_off_anywhere_is_in_nobodys_way)
{
    using Objects = std::unique_ptr<storage::archive::Objects>;
    for (auto const& target : {"archive", "backup"}) {
        bool is_done = false;
        for (int calls = 0; !is_done; calls++) {
            for (auto const& each : {"archive", "backup", "data"})
                fs::remove_all(path(each));
            auto targets = erasure_targets(settings_).value();
            std::vector<Objects> inner;
            for (auto& each : targets) {
                inner.push_back(std::move(each.objects));
                auto failing = std::make_unique<storage::testing::Failing>(*inner.back());
                if (each.name.ends_with(target))
                    failing->calls = calls;
                each.objects = std::move(failing);
            }
            storage::MemoryLog log;
            auto const broken = erase_again(targets, log, 0, *known());
            ASSERT_TRUE(broken) << "nobody could be back";
            is_done = !broken->away;
            for (auto const* where : {"here", "on a new machine"}) {
                auto const next = start(log);
                ASSERT_TRUE(next) << target << " after " << calls << " calls, " << where << ": "
                                  << next.error().message;
                EXPECT_FALSE(next->away);
                fs::remove_all(path("data"));
            }
        }
    }
}

TEST_F(ErasuresTest, whoever_is_owed_to_be_noted_elsewhere_is_erased_again_too)
{
    ASSERT_TRUE(start(log_));
    ASSERT_TRUE(known()->owe({name('a')}));
    EXPECT_EQ(start(log_)->keys, 1u);
    EXPECT_EQ(rooms_of("u:anna"), 0u);
    EXPECT_EQ(rooms_of("u:ben"), 1u);
}

} // namespace
} // namespace gatehouse::server
