// SPDX-License-Identifier: Apache-2.0
// The history of a long room is one, wherever its events lie.
#include "server/annex.hpp"

#include "events/page.hpp"
#include "runtime/clock.hpp"
#include "server/erased_world_test.hpp"
#include "storage/archive/archivist.hpp"

#include <deque>
#include <future>

namespace gatehouse::server {
namespace {

using namespace std::chrono_literals;
using events::Event;
using events::Version;

constexpr WallTime noon{1'790'337'600'000};
constexpr WallTime later{noon.ms + 3'600'000};

class AnnexTest : public ErasedWorld {
protected:
    AnnexTest() { shard_.start(); }
    ~AnnexTest() override
    {
        if (annex_)
            annex_->stop();
        shard_.stop();
    }

    void play(std::size_t count)
    {
        events::StreamAppend append{.stream = "b.1", .category = "liap-tui", .events = {}};
        for (Version version = 1; version <= count; version++) {
            Event event{.version = version,
                .type = "played",
                .schema = 1,
                .at = noon,
                .cause = {1, version},
                .data = std::to_string(version)};
            event.link = events::chain_link(
                model_.empty() ? events::chain_start("b.1") : model_.back().link, event);
            model_.push_back(event);
        }
        append.events = model_;
        ASSERT_TRUE(log_.append({std::move(append)}).front());
    }
    // Only the archive has the events up to there.
    void compact(Version version)
    {
        ASSERT_TRUE(log_.keep({"b.1",
            {.version = version,
                .link = model_.at(version - 1).link,
                .state = "state",
                .hash = std::string(32, 'h')}}));
        auto const objects = storage::archive::Folder::open(path("archive")).value();
        storage::archive::Archivist archivist(
            *objects, {.others = {.after = 1h, .compact = 100}},
            [this](std::function<void(storage::Log&)> const& piece) -> Result<void> {
                piece(log_);
                return {};
            },
            [](Event const&) { return 3; }, {});
        ASSERT_TRUE(archivist.round(later));
        ASSERT_EQ(log_.find("b.1").value().front().floor, version);
    }
    // As the log of a store of which more is compacted each time that it is asked behind the floor.
    class Shrinking final : public storage::MemoryLog {
    public:
        Shrinking(storage::MemoryLog const& log, std::deque<storage::MemoryLog> then)
            : MemoryLog(log)
            , later_(std::move(then))
        { }
        Result<std::vector<Event>> read(
            std::string_view stream, Version after, std::size_t events_max) override
        {
            if (after > 0 && !later_.empty()) {
                MemoryLog::operator=(std::move(later_.front()));
                later_.pop_front();
            }
            return MemoryLog::read(stream, after, events_max);
        }

    private:
        std::deque<storage::MemoryLog> later_;
    };

    void serve() { serve(std::make_unique<storage::MemoryLog>(log_)); }
    void serve(std::unique_ptr<storage::Log> log)
    {
        settings_.backup.to = {};
        std::vector<storage::Committer::Deliver> deliver;
        deliver.emplace_back([this](storage::Committer::Task task) {
            shard_.reactor().mailbox().post_answer(std::move(task));
        });
        committer_.emplace(std::move(log), std::move(deliver));
        known_ = known();
        annex_ = Annex::create(settings_, *committer_, clock_, 0, *known_, {},
            {.owes = [](auto) {},
                .erased_again = [](auto const&, auto told) { told(); },
                .trouble = [](auto const&, auto const&) {},
                .damaged = [] {}})
                     .value();
        joined_ = annex_->beside(committer_->store(0), shard_.reactor());
        annex_->start();
    }

    Result<std::vector<Event>> read(Version after, std::size_t events_max)
    {
        std::promise<Result<std::vector<Event>>> promise;
        auto answer = promise.get_future();
        shard_.reactor().mailbox().post_answer([&] {
            joined_->read(
                "b.1", after, events_max, [&](auto found) { promise.set_value(std::move(found)); });
        });
        return answer.get();
    }

    std::vector<Event> model_;
    runtime::Clock clock_;
    runtime::Worker shard_{clock_, {.name = "shard"}};
    std::optional<storage::Committer> committer_;
    std::unique_ptr<KnownErasures> known_;
    std::unique_ptr<Annex> annex_;
    std::unique_ptr<events::EventStore> joined_;
};

TEST_F(AnnexTest, gives_pages_of_one_history_of_which_the_archive_has_the_beginning)
{
    play(2'500);
    compact(1'700);
    serve();
    for (std::size_t const events_max : {1u, 7u, 1'000u, 1'699u, 1'700u, 1'701u, 2'500u, 9'000u})
        for (Version const after : {0u, 699u, 700u, 1'693u, 1'699u, 1'700u, 2'499u, 2'500u}) {
            auto const page = read(after, events_max);
            ASSERT_TRUE(page) << page.error().detail;
            auto const left = model_.size() - after;
            // It may end early, and then does not look like the last one.
            ASSERT_LE(page->size(), std::min<std::size_t>(events_max, left));
            if (events::is_last_page(*page, events_max)) {
                EXPECT_EQ(page->size(), left) << after << " " << events_max;
            }
            for (std::size_t i = 0; i < page->size(); i++)
                ASSERT_EQ((*page)[i].link, model_[after + i].link) << after << " " << events_max;
        }
}

TEST_F(AnnexTest, begins_a_page_anew_of_which_more_was_compacted_meanwhile)
{
    play(2'500);
    compact(300);
    auto const before = log_;
    std::deque<storage::MemoryLog> then;
    for (Version const floor : {600u, 900u}) {
        compact(floor);
        then.push_back(log_);
    }
    serve(std::make_unique<Shrinking>(before, std::move(then)));
    auto const page = read(0, 1'000);
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_EQ(page->size(), 1'000u);
    EXPECT_EQ(page->back().link, model_[999].link);
}

TEST_F(AnnexTest, gives_all_of_it_page_by_page)
{
    play(2'500);
    compact(1'700);
    serve();
    std::vector<Event> all;
    for (bool is_last = false; !is_last;) {
        auto page = read(all.size(), 1'000);
        ASSERT_TRUE(page) << page.error().detail;
        is_last = events::is_last_page(*page, 1'000);
        std::ranges::move(*page, std::back_inserter(all));
    }
    EXPECT_EQ(all.size(), model_.size());
}

} // namespace
} // namespace gatehouse::server
