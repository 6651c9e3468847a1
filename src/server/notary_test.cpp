// SPDX-License-Identifier: Apache-2.0
// Who is erased while rooms are served stays so: what is owed to whom, who is asked, who is told.
#include "server/notary.hpp"

#include "runtime/clock.hpp"
#include "runtime/descriptor.hpp"
#include "server/annex.hpp"
#include "server/erased_world_test.hpp"
#include "server/store.hpp"

#include <arpa/inet.h>
#include <filesystem>
#include <future>
#include <netinet/in.h>
#include <semaphore>
#include <sys/socket.h>

namespace gatehouse::server {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class NotaryTest : public ErasedWorld {
protected:
    NotaryTest() { shard_.start(); }
    ~NotaryTest() override
    {
        if (annex_)
            annex_->stop();
        shard_.stop();
    }

    // The store is served from now on.
    void serve(std::unique_ptr<storage::Log> log, TargetNames const& unasked = {})
    {
        committer_.emplace(std::move(log), [this] {
            std::vector<storage::Committer::Deliver> deliver;
            deliver.emplace_back([this](storage::Committer::Task task) {
                shard_.reactor().mailbox().post_answer(std::move(task));
            });
            return deliver;
        }());
        known_ = known();
        annex_ = Annex::create(settings_, *committer_, clock_, 0, *known_, unasked,
            {.owes = [this](std::size_t owed) { owes_(owed); },
                .erased_again =
                    [this](auto const& subjects, auto told) {
                        erased_again_(subjects, std::move(told));
                    },
                .trouble = [this](auto const&, auto const&) { trouble_(); },
                .damaged = [this] { damaged_(); }}).value();
        joined_ = annex_->beside(committer_->store(0), shard_.reactor());
        annex_->start();
    }
    void serve(TargetNames const& unasked = {})
    {
        serve(std::make_unique<storage::MemoryLog>(log_), unasked);
    }

    // Answered within the time that a service may take, of which none is to be waited for.
    template <typename Answer>
    Answer ask(std::move_only_function<void(std::move_only_function<void(Answer)>)> question)
    {
        std::promise<Answer> promise;
        auto answer = promise.get_future();
        shard_.reactor().mailbox().post_answer([&] {
            question([&](Answer found) { promise.set_value(std::move(found)); });
        });
        EXPECT_EQ(answer.wait_for(8s), std::future_status::ready) << "somebody waits for a target";
        return answer.get();
    }
    Result<std::uint64_t> forget(std::string const& subject)
    {
        std::uint64_t keys = 0;
        while (true) {
            auto const gone = ask<Result<std::uint64_t>>(
                [&](auto done) { joined_->forget(subject, std::move(done)); });
            if (!gone || *gone == 0)
                return gone ? Result<std::uint64_t>(keys) : gone;
            keys += *gone;
        }
    }
    void with_log(std::function<void(storage::Log&)> const& piece)
    {
        ASSERT_TRUE(committer_->keep_up_with(piece));
    }
    void let_no_notes_in(std::string const& target) { write(target + "/erased", "a file"); }

    std::function<void(std::size_t)> owes_ = [](std::size_t) { };
    std::function<void(std::vector<std::string> const&, Notary::News::OnTold)> erased_again_
        = [](auto const&, auto told) { told(); };
    std::function<void()> trouble_ = [] { };
    std::function<void()> damaged_ = [] { };

    runtime::Clock clock_;
    runtime::Worker shard_{clock_, {.name = "shard"}};
    std::optional<storage::Committer> committer_;
    std::unique_ptr<KnownErasures> known_;
    std::unique_ptr<Annex> annex_;
    std::unique_ptr<events::EventStore> joined_;
};

TEST_F(NotaryTest, a_target_that_was_away_is_asked_until_it_answers_and_is_told_what_is_owed)
{
    note("archive", 'a');
    settings_.backup.to = {};
    ASSERT_TRUE(known()->owe({name('c')}));
    std::binary_semaphore is_in_trouble(0);
    std::binary_semaphore is_done(0);
    std::vector<std::string> erased;
    owes_ = [&](std::size_t owed) {
        if (owed == 0 && !erased.empty())
            is_done.release();
    };
    erased_again_ = [&](auto const& subjects, auto told) {
        erased = subjects;
        told();
    };
    trouble_ = [&] { is_in_trouble.release(); };
    lead_astray("archive");
    serve({"file:" + path("archive")});
    is_in_trouble.acquire();
    bring_back("archive");
    is_done.acquire();
    annex_->stop();
    EXPECT_EQ(erased, std::vector<std::string>{"u:anna"});
    EXPECT_TRUE(fs::exists(path("archive/erased/" + name('c'))));
    EXPECT_FALSE(fs::exists(path("data/erasures.owed")));
    EXPECT_TRUE(known()->used().contains("file:" + path("archive")));
}

// They may bring a key to the store until they are told; then it is looked at once more.
TEST_F(NotaryTest, rooms_are_waited_for_before_the_store_is_looked_at_again)
{
    note("archive", 'a');
    std::binary_semaphore is_being_told(0);
    std::binary_semaphore is_done(0);
    Notary::News::OnTold told;
    int times = 0;
    erased_again_ = [&](auto const&, auto done) {
        if (times++ > 0)
            return done();
        told = std::move(done);
        is_being_told.release();
    };
    owes_ = [&](std::size_t) { is_done.release(); }; // When all was done.
    serve({"file:" + path("archive")});
    is_being_told.acquire();
    with_log([](storage::Log& log) { join(log, "a.3", "u:anna", key('a')); });
    told();
    is_done.acquire();
    with_log([](storage::Log& log) { EXPECT_TRUE(log.memberships("u:anna", "", 9)->empty()); });
    EXPECT_EQ(times, 2);
}

TEST_F(NotaryTest, says_once_that_keys_are_damaged_which_nobody_looked_at_before)
{
    struct Damaged final : storage::MemoryLog {
        Result<std::vector<events::Membership>> keys(std::uint64_t, std::size_t) override
        {
            return fail(ErrorCode::internal, "damaged");
        }
        Result<storage::KeyRing> key_ring() override
        {
            return storage::KeyRing{.id = "", .last = 2};
        }
    };
    note("archive", 'a');
    int times = 0;
    std::binary_semaphore is_done(0);
    damaged_ = [&] { times++; };
    owes_ = [&](std::size_t) { is_done.release(); }; // When all was done.
    serve(std::make_unique<Damaged>(), erasure_target_names(settings_));
    is_done.acquire();
    annex_->stop();
    EXPECT_EQ(times, 1);
}

TEST_F(NotaryTest, stops_while_rooms_have_yet_to_be_told)
{
    note("archive", 'a');
    std::binary_semaphore is_being_told(0);
    erased_again_ = [&](auto const&, auto) { is_being_told.release(); };
    serve({"file:" + path("archive")});
    is_being_told.acquire();
    annex_->stop();
}

TEST_F(NotaryTest, who_came_to_very_many_rooms_is_erased_while_a_target_is_away)
{
    constexpr std::size_t rooms = 60'000;
    settings_.archive.to = {};
    let_no_notes_in("backup");
    for (std::size_t i = 0; i < rooms; i++) {
        auto key = std::to_string(i);
        key.resize(32, '.');
        join(log_, "b." + std::to_string(i), "u:cora", key);
    }
    serve();
    auto const gone = forget("u:cora");
    ASSERT_TRUE(gone) << gone.error().message;
    EXPECT_EQ(*gone, rooms);
    EXPECT_EQ(known()->owed_count(), rooms);
    EXPECT_EQ(*forget("u:ben"), 1u) << "nor are others in their way";
}

TEST_F(NotaryTest, where_it_cannot_be_kept_who_was_erased_they_are_but_are_not_told_so)
{
    serve();
    fs::create_directories(path("data/erasures.owed/in/the/way"));
    auto const gone = forget("u:anna");
    ASSERT_FALSE(gone);
    EXPECT_TRUE(gone.error().message.contains("may bring them back")) << gone.error().message;
    with_log([](storage::Log& log) { EXPECT_TRUE(log.memberships("u:anna", "", 9)->empty()); });
}

// It takes the connection and says nothing.
TEST_F(NotaryTest, nobody_waits_for_a_target_that_hangs)
{
    runtime::Descriptor const socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
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

    serve(erasure_target_names(settings_));
    runtime::Descriptor const peer(::accept(socket.get(), nullptr, nullptr));
    ASSERT_TRUE(peer) << "it is being asked now";
    EXPECT_EQ(*forget("u:anna"), 1u);
    auto const packed = ask<Result<std::vector<std::string>>>(
        [this](auto done) { joined_->archived("liap-tui", {"a.1"}, {}, std::move(done)); });
    EXPECT_TRUE(packed) << packed.error().message;
}

// Not only when all notes are made: until then somebody may put a copy in its place.
TEST_F(NotaryTest, what_the_store_was_before_an_erasure_is_not_known_when_it_is_done)
{
    settings_.store.kind = config::Store::Kind::sqlite;
    auto log = open_store(settings_.store, {}, storage::sqlite::Synchronous::off).value();
    join(*log, "a.1", "u:anna", key('a'));
    ASSERT_TRUE(start(*log));
    auto const before = known()->sight_of(*log, 0);
    ASSERT_TRUE(known()->knows(before));
    let_no_notes_in("backup");
    serve(std::move(log));
    EXPECT_EQ(*forget("u:anna"), 1u);
    EXPECT_FALSE(known()->knows(before));
    with_log([&](storage::Log& its) {
        EXPECT_TRUE(known()->knows(known()->sight_of(its, 0)));
    });
}

} // namespace
} // namespace gatehouse::server
