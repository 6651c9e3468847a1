// SPDX-License-Identifier: Apache-2.0
// Who was erased stays so: what is owed to whom, and who is asked before anybody is served.
#include "server/erasures.hpp"

#include "events/chain.hpp"
#include "runtime/clock.hpp"
#include "server/annex.hpp"
#include "server/owed_notes.hpp"
#include "server/temporary_folder_test.hpp"
#include "storage/archive/folder.hpp"
#include "storage/memory_log.hpp"

#include <filesystem>
#include <fstream>
#include <semaphore>

namespace gatehouse::server {
namespace {

namespace fs = std::filesystem;
namespace archive = storage::archive;

class ErasuresTest : public TemporaryFolder {
protected:
    ErasuresTest()
    {
        constexpr auto kind = config::ObjectStore::Kind::folder;
        settings_.store.path = {path("data/g.db")};
        settings_.archive.to = {.kind = kind, .folder = {path("archive")}};
        settings_.backup.to = {.kind = kind, .folder = {path("backup")}};
        join("a.1", "u:anna", 'a');
        join("a.2", "u:ben", 'b');
    }

    void join(std::string const& room, std::string subject, char key)
    {
        events::Event event{.version = 1, .type = "opened", .schema = 1, .at = {1}, .cause = {},
            .data = ""};
        event.link = events::chain_link(events::chain_start(room), event);
        ASSERT_TRUE(log_.append({{.stream = room, .category = "liap-tui", .events = {event},
                                    .keys = {{std::move(subject), 1, std::string(32, key)}}}})
                        .front());
    }
    void note(std::string const& target, char key)
    {
        auto const objects = archive::Folder::open(path(target)).value();
        ASSERT_TRUE(archive::note_erased(
            *objects, {archive::name_of_key(std::string(32, key))}, {1}));
    }
    // What it says of itself cannot be read.
    void lead_astray(std::string const& target)
    {
        fs::remove_all(path(target + "/gatehouse"));
        fs::create_directories(path(target + "/gatehouse/x"));
    }
    void bring_back(std::string const& target) { fs::remove_all(path(target + "/gatehouse")); }

    std::size_t rooms_of(std::string_view subject)
    {
        return log_.memberships(subject, "", 10)->size();
    }

    config::Settings settings_;
    storage::MemoryLog log_;
};

TEST_F(ErasuresTest, asks_every_target_before_anybody_is_served)
{
    note("archive", 'a');
    note("backup", 'b');
    auto const done = erase_again(settings_, log_, 0);
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->keys, 2u);
    EXPECT_TRUE(done->unasked.empty());
    EXPECT_EQ(rooms_of("u:anna") + rooms_of("u:ben"), 0u);
}

// The one that answers need not have all notes.
TEST_F(ErasuresTest, a_store_that_was_set_back_is_not_served_while_one_target_is_away)
{
    note("archive", 'a');
    lead_astray("archive");
    auto const refused = erase_again(settings_, log_, 0);
    ASSERT_FALSE(refused) << "never looked at";
    EXPECT_TRUE(refused.error().message.contains("not all can be asked"));

    bring_back("archive");
    fs::remove_all(path("data"));
    ASSERT_TRUE(erase_again(settings_, log_, 0));
    lead_astray("archive");
    auto const known = erase_again(settings_, log_, 0);
    ASSERT_TRUE(known) << known.error().detail;
    EXPECT_EQ(known->unasked, std::vector<std::string>{"file:" + path("archive")});
    EXPECT_FALSE(erase_again(settings_, log_, 7)) << "another history";
}

TEST_F(ErasuresTest, a_target_that_is_another_place_is_refused_aloud)
{
    ASSERT_TRUE(erase_again(settings_, log_, 0));
    fs::remove_all(path("archive")); // As where its disk is not mounted.
    auto const refused = erase_again(settings_, log_, 0);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.contains(path("archive"))) << refused.error().message;
    EXPECT_TRUE(refused.error().detail.contains("mounted"));
    fs::remove_all(path("data")); // A new machine: the other target knows.
    EXPECT_FALSE(erase_again(settings_, log_, 0));
    std::ofstream(path("archive/gatehouse")) << "";
    EXPECT_TRUE(erase_again(settings_, log_, 0)) << "as it is meant";
}

TEST_F(ErasuresTest, a_target_that_was_away_at_the_first_start_is_taken_when_it_is_back)
{
    storage::MemoryLog nobody;
    lead_astray("archive");
    for (auto const* when : {"at first", "again"}) {
        auto const done = erase_again(settings_, nobody, 0);
        ASSERT_TRUE(done) << when << done.error().detail;
        EXPECT_TRUE(done->unasked.empty()) << "nobody could be back";
    }
    bring_back("archive");
    ASSERT_TRUE(erase_again(settings_, nobody, 0));
    fs::remove_all(path("archive"));
    EXPECT_FALSE(erase_again(settings_, nobody, 0)) << "now it was used";
}

TEST_F(ErasuresTest, whoever_is_owed_to_be_noted_elsewhere_is_erased_again_too)
{
    ASSERT_TRUE(erase_again(settings_, log_, 0));
    auto notes = OwedNotes::open(data_folder(settings_), {"file:" + path("archive")}).value();
    ASSERT_TRUE(notes.owe({archive::name_of_key(std::string(32, 'a'))}));
    EXPECT_EQ(erase_again(settings_, log_, 0)->keys, 1u);
    EXPECT_EQ(rooms_of("u:anna"), 0u);
    EXPECT_EQ(rooms_of("u:ben"), 1u);
}

TEST_F(ErasuresTest, a_copy_of_the_store_is_another_one)
{
    settings_.store.kind = config::Store::Kind::sqlite;
    fs::create_directories(path("data"));
    std::ofstream(path("data/g.db.keys")) << "keys";
    Remembered remembered(settings_);
    auto const sight = remembered.sight_of(log_, 3);
    EXPECT_FALSE(remembered.knows(sight));
    remembered.save(sight, {"file:/a"});
    Remembered const again(settings_);
    EXPECT_TRUE(again.knows(again.sight_of(log_, 3)));
    EXPECT_EQ(again.targets(), TargetNames{"file:/a"});
    EXPECT_FALSE(again.knows(again.sight_of(log_, 4)));
    fs::copy(path("data/g.db.keys"), path("data/copy"));
    fs::rename(path("data/copy"), path("data/g.db.keys"));
    EXPECT_FALSE(again.knows(again.sight_of(log_, 3)));
    Remembered forgetful(settings_);
    forgetful.save({.history = 3, .key_file = 0, .forgotten = 9}, {});
    EXPECT_FALSE(forgetful.knows({.history = 3, .key_file = 5, .forgotten = 8})) << "set back";
    EXPECT_TRUE(forgetful.knows({.history = 3, .key_file = 5, .forgotten = 9}));
}

TEST_F(ErasuresTest, what_is_owed_outlives_the_process)
{
    auto const open = [this](std::vector<std::string> targets) {
        return OwedNotes::open(data_folder(settings_), std::move(targets)).value();
    };
    {
        auto notes = open({"a", "b"});
        ASSERT_TRUE(notes.owe({"1", "2", "3"}));
        EXPECT_EQ(notes.count(), 6u);
        ASSERT_TRUE(notes.note_paid("a", notes.some("a", 2)));
        EXPECT_EQ(notes.some("a", 2), OwedNotes::Keys{"3"});
        ASSERT_TRUE(notes.note_paid("a", {"3"}));
    }
    EXPECT_EQ(open({"a", "b"}).count(), 3u);
    EXPECT_EQ(open({"a"}).count(), 0u) << "there is no such target now";
    auto notes = open({"b"});
    EXPECT_EQ(notes.some("b", 10), (OwedNotes::Keys{"1", "2", "3"}));
    ASSERT_TRUE(notes.note_paid("b", {"1", "2", "3"}));
    EXPECT_FALSE(fs::exists(path("data/erasures.owed")));
    OwedNotes::Keys many;
    for (std::size_t i = 0; i <= OwedNotes::owed_max; i++)
        many.insert(std::to_string(i));
    EXPECT_EQ(notes.owe(many).error().code, ErrorCode::busy);
}

// While rooms are served; they are told.
TEST_F(ErasuresTest, a_target_that_was_away_is_asked_until_it_answers_and_is_told_what_is_owed)
{
    note("archive", 'a');
    auto log = std::make_unique<storage::MemoryLog>(log_);
    auto notes = OwedNotes::open(data_folder(settings_), {"file:" + path("archive")}).value();
    ASSERT_TRUE(notes.owe({"0123"}));
    storage::Committer committer(std::move(log), {});
    runtime::Clock clock;
    std::binary_semaphore is_in_trouble(0);
    std::binary_semaphore is_done(0);
    std::vector<std::string> erased;
    bool is_told = false;
    lead_astray("archive");
    auto const annex = Annex::create(settings_, committer, clock, 0,
        {.unasked = {"file:" + path("archive")}},
        {.owes =
                [&](std::size_t owed) {
                    if (owed == 0 && is_told && !erased.empty())
                        is_done.release();
                },
            .erased_again = [&](auto const& subjects) { erased = subjects; },
            .trouble =
                [&](std::string const&, std::string const&) {
                    is_told = true;
                    is_in_trouble.release();
                }});
    ASSERT_TRUE(annex) << annex.error().message;
    (*annex)->start();
    is_in_trouble.acquire();
    bring_back("archive");
    is_done.acquire();
    (*annex)->stop();
    EXPECT_EQ(erased, std::vector<std::string>{"u:anna"});
    EXPECT_TRUE(fs::exists(path("archive/erased/0123")));
    EXPECT_FALSE(fs::exists(path("data/erasures.owed")));
}

} // namespace
} // namespace gatehouse::server
