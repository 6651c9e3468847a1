// SPDX-License-Identifier: Apache-2.0
#include "server/archiver.hpp"

#include "events/chain.hpp"
#include "rooms/record.hpp"
#include "runtime/clock.hpp"
#include "server/temporary_folder_test.hpp"
#include "storage/archive/folder.hpp"
#include "storage/memory_log.hpp"

#include <semaphore>

namespace gatehouse::server {
namespace {

using namespace std::chrono_literals;
using events::Event;

Event opened(std::string const& room)
{
    rooms::Opened const body{.game = "liap-tui", .rules = 7, .code = "code", .seed = "00",
        .options = ""};
    Event event{.version = 1, .type = std::string(rooms::Opened::name), .schema = 1,
        .at = {1'790'000'000'000}, .cause = {}, .data = rooms::encode_body(body)};
    event.link = events::chain_link(events::chain_start(room), event);
    return event;
}

std::unique_ptr<storage::Log> log_with(std::string const& room)
{
    auto log = std::make_unique<storage::MemoryLog>();
    EXPECT_TRUE(log->append({{.stream = room, .category = "liap-tui", .events = {opened(room)},
                                .state = {.finished = true, .deadline = {}}}})
                    .front());
    return log;
}

using ArchiverTest = TemporaryFolder;

TEST_F(ArchiverTest, moves_finished_rooms_through_the_committer_while_it_runs)
{
    runtime::Clock clock;
    storage::Committer committer(log_with("k7qxm.1"), {});
    config::Settings settings;
    settings.archive.to = {.kind = config::ObjectStore::Kind::folder, .folder = {path("archive")}};
    auto const archiver
        = Archiver::create(settings, committer, clock, {}, [](auto&) { }).value();
    archiver->start();
    std::size_t left = 1;
    while (left > 0) {
        std::binary_semaphore looked(0);
        ASSERT_TRUE(committer.upkeep([&](storage::Log& log) {
            left = log.find("k7qxm.1")->size();
            looked.release();
        }));
        looked.acquire();
    }
    archiver->stop();
    auto const packs = storage::archive::Folder::open(path("archive")).value();
    storage::archive::Archive archive(*packs);
    auto const found = archive.find("k7qxm").value();
    ASSERT_EQ(found.size(), 1u);
    auto const pack = archive.read(found.front(), [](Event) { return Result<void>{}; });
    ASSERT_TRUE(pack);
    EXPECT_EQ(pack->header.rules, 7u);
}

TEST_F(ArchiverTest, stops_whether_the_committer_did_or_not)
{
    runtime::Clock clock;
    storage::Committer committer(log_with("k7qxm.1"), {});
    committer.stop();
    config::Settings settings;
    settings.archive.to = {.kind = config::ObjectStore::Kind::folder, .folder = {path("archive")}};
    auto const archiver
        = Archiver::create(settings, committer, clock, {}, [](auto&) { }).value();
    archiver->start();
    archiver->stop();
    EXPECT_FALSE(open_objects(config::Archive{}));
}

TEST_F(ArchiverTest, says_that_it_gave_up_on_the_others)
{
    auto log = std::make_unique<storage::MemoryLog>();
    for (char room = 'a'; room <= 'z'; room++) {
        auto event = opened(std::string(1, room) + ".1");
        event.type = "never";
        ASSERT_TRUE(log->append({{.stream = std::string(1, room) + ".1", .category = "liap-tui",
                                    .events = {event},
                                    .state = {.finished = true, .deadline = {}}}})
                        .front());
    }
    runtime::Clock clock;
    storage::Committer committer(std::move(log), {});
    config::Settings settings;
    settings.archive.to = {.kind = config::ObjectStore::Kind::folder, .folder = {path("archive")}};
    std::binary_semaphore is_done(0);
    auto const archiver = Archiver::create(
        settings, committer, clock, {}, [&](auto&) { is_done.release(); }).value();
    testing::internal::CaptureStderr();
    archiver->start();
    is_done.acquire();
    archiver->stop();
    auto const log_lines = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(log_lines.contains("the others wait for the next rounds")) << log_lines;
}

TEST(ArchivistOptions, are_those_of_the_archive_unless_the_game_has_its_own)
{
    config::Settings settings;
    settings.archive.after = 24h;
    settings.archive.keep = 48h;
    settings.rooms["quick"].archive.after = 1h;
    settings.rooms["long"].archive.keep = 96h;
    auto const options = archivist_options(settings);
    EXPECT_EQ(options.of("other").after, 24h);
    EXPECT_EQ(options.of("quick").after, 1h);
    EXPECT_EQ(options.of("quick").keep, 48h);
    EXPECT_EQ(options.of("long").keep, 96h);
}

TEST(RulesOf, are_in_the_first_event_of_a_room_alone)
{
    EXPECT_EQ(rules_of(opened("a.1")), 7u);
    auto other = opened("a.1");
    other.type = "room.finished";
    EXPECT_FALSE(rules_of(other));
    other.type = "dealt";
    EXPECT_FALSE(rules_of(other));
    other = opened("a.1");
    other.data = "nonsense";
    EXPECT_FALSE(rules_of(other));
}

} // namespace
} // namespace gatehouse::server
