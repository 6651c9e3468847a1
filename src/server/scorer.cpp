// SPDX-License-Identifier: Apache-2.0
#include "server/scorer.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "server/ask.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace gatehouse::server {

namespace fs = std::filesystem;
using namespace projections;
using namespace std::chrono_literals;
using storage::sqlite::ViewsFile;

namespace {

constexpr int keys_tries_max = 5;

// Where rows are made beside those that are.
fs::path draft_of(fs::path const& store)
{
    return store.native() + ".anew";
}

bool may_come_back(Error const& error)
{
    return error.code == ErrorCode::unavailable || error.code == ErrorCode::busy;
}

std::string base32(std::string_view bytes)
{
    constexpr std::string_view letters = "0123456789abcdefghjkmnpqrstvwxyz";
    std::string text;
    unsigned bits = 0;
    int count = 0;
    for (auto const byte : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(byte);
        for (count += 8; count >= 5; count -= 5)
            text += letters[bits >> (count - 5) & 31];
    }
    return text;
}

} // namespace

std::string shown_id_of(identity::SigningKey const& key, std::string_view subject)
{
    auto const signature = key.sign("gatehouse: a person is shown\n" + std::string(subject));
    return base32(sha256(signature).substr(0, 10));
}

// A shard's questions, asked on the scorer's thread.
class Scorer::Desk final : public Boards {
public:
    Desk(Scorer& scorer, runtime::Reactor& shard)
        : scorer_(scorer)
        , shard_(shard)
    { }

    std::string shown_id(std::string_view subject) const override
    {
        return shown_id_of(scorer_.key_, subject);
    }
    void leaders(LeadersQuestion question, OnPlayers done) override
    {
        ask_rows(std::move(done), [question = std::move(question)](projections::Views& views) {
            return views.leaders(question);
        });
    }
    void stats(std::string player, OnPlayers done) override
    {
        ask_rows(std::move(done), [player = std::move(player)](projections::Views& views) {
            return views.stats(player);
        });
    }
    void finished(FinishedQuestion question, OnFinished done) override
    {
        ask_rows(std::move(done), [question = std::move(question)](projections::Views& views) {
            return views.finished(question);
        });
    }
    void forget(std::string_view subject, OnDone done) override
    {
        ask(std::move(done),
            [this, player = shown_id(subject)] { return scorer_.forget_rows(player); });
    }
    void rebuild(OnDone done) override
    {
        ask(std::move(done), [this] { return scorer_.begin_rebuild(); });
    }
    void progress(OnProgress done) override
    {
        ask(std::move(done), [this] { return scorer_.count(); });
    }

private:
    template <typename Done, typename Answer>
    void ask(Done done, Answer answer)
    {
        server::ask(scorer_.worker_, shard_, std::move(done), std::move(answer),
            "Too much is asked of the leaderboards; try again.");
    }
    template <typename Done, typename Question>
    void ask_rows(Done done, Question question)
    {
        ask(std::move(done),
            [this, question = std::move(question)] { return scorer_.answer(question); });
    }

    Scorer& scorer_;
    runtime::Reactor& shard_;
};

Scorer::Scorer(Options options, storage::Committer& committer, runtime::Clock& clock,
    identity::SigningKey key, OnProgress on_progress)
    : options_(std::move(options))
    , committer_(committer)
    , key_(std::move(key))
    , on_progress_(std::move(on_progress))
    , log_output_(STDERR_FILENO)
    , log_(log_output_, observe::Level::info, -1)
    , worker_(clock, {.name = "gh-scorer", .reactor = {.letters_max = questions_max}})
    , next_turn_([this] { turn(); })
{
    progress_.place
        = options_.store ? storage::sqlite::views_of(*options_.store).string() : "memory";
    worker_.reactor().at_end_of_turn([this] { log_output_.flush(); });
    worker_.reactor().mailbox().post_answer([this] { turn(); });
}

Scorer::~Scorer()
{
    stop();
}

void Scorer::start()
{
    worker_.start();
}

void Scorer::stop()
{
    stop_.request_stop();
    worker_.stop();
}

std::unique_ptr<Boards> Scorer::beside(runtime::Reactor& shard)
{
    return std::make_unique<Desk>(*this, shard);
}

void Scorer::forget(std::string const& subject)
{
    worker_.reactor().mailbox().post_answer([this, player = shown_id_of(key_, subject)] {
        if (auto const forgotten = forget_rows(player); !forgotten)
            make_anew(forgotten.error()); // The log has nobody's name who was erased.
    });
}

// ---- The log

// What it cannot answer is no fault of the rows.
template <typename T>
Result<T> Scorer::ask_log(std::function<Result<T>(storage::Log&)> question)
{
    if (stop_.stop_requested())
        return fail(ErrorCode::unavailable, "The server stops.");
    Result<T> answer = fail(ErrorCode::unavailable, "The store did not answer.");
    GH_CHECK(committer_.keep_up_with([&](storage::Log& log) { answer = question(log); }));
    if (!answer)
        answer.error().code = ErrorCode::unavailable;
    return answer;
}

// Whose keys cannot be read may have them later; but nobody waits for ever, for what is damaged
// stays so.
Result<std::vector<events::MemberKey>> Scorer::keys_of(std::string const& room)
{
    auto history
        = GH_TRY(ask_log<events::History>([&](storage::Log& log) { return log.hydrate(room, 1); }));
    if (!history.keys_lost.empty() && ++keys_refused_ < keys_tries_max)
        return fail(ErrorCode::unavailable, "The keys of a room cannot be read.",
            room + ": " + history.keys_lost);
    keys_refused_ = 0;
    return std::move(history.keys);
}

// Another log, another key of the server, or a store that was set back: other rows.
Result<void> Scorer::know_the_log()
{
    if (projector_)
        return {};
    auto const ring = GH_TRY(ask_log<std::string>([](storage::Log& log) -> Result<std::string> {
        auto const found = log.key_ring();
        if (!found && may_come_back(found.error()))
            return std::unexpected(found.error());
        return found ? to_hex(found->id) : "";
    }));
    projector_.emplace(Projector::Log{.page
        =
            [this](events::LogCursor from, std::size_t events_max) {
                return ask_log<events::LogPage>(
                    [from, events_max](storage::Log& log) { return log.log(from, events_max); });
            },
        .keys = [this](std::string const& room) { return keys_of(room); },
        .shown_id = [this](std::string_view subject) { return shown_id_of(key_, subject); },
        .history = std::to_string(options_.history) + " " + ring + " "
            + shown_id_of(key_, "whose rows these are")});
    return {};
}

// An older copy of the store may have been put in its place.
Result<bool> Scorer::is_ahead_of_log()
{
    auto const next = GH_TRY(views_->checkpoint()).next;
    if (next < 2)
        return false;
    auto const page = GH_TRY(
        ask_log<events::LogPage>([next](storage::Log& log) { return log.log(next - 1, 1); }));
    return page.next < next;
}

// ---- The rows

Result<Scorer::Views> Scorer::open_views(fs::path const& store) const
{
    if (!options_.store)
        return ViewsFile::in_memory();
    return ViewsFile::open({.file = store});
}

Result<void> Scorer::open()
{
    GH_CHECK(know_the_log());
    if (views_)
        return {};
    auto const store = options_.store.value_or(fs::path());
    if (options_.store)
        GH_CHECK(storage::sqlite::remove_views(draft_of(store)));
    if (options_.store && options_.begins_anew)
        GH_CHECK(storage::sqlite::remove_views(store));
    options_.begins_anew = false;
    views_ = GH_TRY(open_views(store));
    auto const is_ahead = is_ahead_of_log();
    if (!is_ahead)
        views_.reset(); // It is looked at again.
    if (GH_TRY(is_ahead))
        GH_CHECK(views_->begin(""));
    return {};
}

// Errors other than of the store say that the rows are damaged.
Result<void> Scorer::work()
{
    auto const look = taken_.look();
    GH_CHECK(open());
    auto const before = progress_.rows.next;
    auto const step = GH_TRY(projector_->step(*views_));
    progress_.rows = step;
    progress_.pages += step.next != before ? 1 : 0;
    auto const now = worker_.reactor().now().steady;
    if (step.is_last)
        progress_.end = step.next;
    else if (now >= next_look_at_end_) {
        progress_.end = GH_TRY(projector_->end(step.next));
        next_look_at_end_ = now + 1s;
    }
    if (rebuilt_) // What leaves the log now would be missing there.
        step_rebuild();
    if (rebuilt_ || !options_.syncs || !step.is_last)
        return {};
    if (synced_ != step.next)
        GH_CHECK(views_->settle());
    synced_ = step.next;
    taken_.note_shipped(look);
    return {};
}

void Scorer::step_rebuild()
{
    auto const step = projector_->step(*rebuilt_);
    auto done = step ? Result<void>() : Result<void>(std::unexpected(step.error()));
    if (step)
        progress_.rebuilt = *step;
    if (step && step->is_last)
        done = swap();
    if (done || may_come_back(done.error()))
        return;
    rebuilt_.reset();
    progress_.rebuilt.reset();
    progress_.failures++;
    log_.line(observe::Level::error, "the leaderboards cannot be made anew; they stay as they are",
            worker_.reactor().now().wall)
        .field("error", done.error().message)
        .field("detail", done.error().detail);
}

// Where it breaks off there are no rows, and they are made anew.
Result<void> Scorer::swap()
{
    progress_.rows = *std::exchange(progress_.rebuilt, std::nullopt);
    synced_ = 0;
    views_ = std::move(rebuilt_);
    log_.line(observe::Level::info, "the leaderboards were made anew", worker_.reactor().now().wall)
        .field("position", progress_.rows.next);
    if (!options_.store)
        return {};
    views_.reset(); // Closed, a file is all that there is of it.
    GH_CHECK(storage::sqlite::remove_views(*options_.store));
    std::error_code error;
    fs::rename(storage::sqlite::views_of(draft_of(*options_.store)),
        storage::sqlite::views_of(*options_.store), error);
    if (error)
        return fail(ErrorCode::unavailable, "The rows cannot be named.", error.message());
    views_ = GH_TRY(open_views(*options_.store));
    return {};
}

// ---- A turn

void Scorer::turn()
{
    auto const worked = work();
    if (stop_.stop_requested())
        return;
    tell(worked);
    if (worked)
        pause_ = {};
    else if (!may_come_back(worked.error()))
        make_anew(worked.error());
    if (!worked)
        pause_ = std::clamp<Duration>(2 * pause_, 1s, 10s);
    on_progress_(progress_);
    bool const is_there = progress_.rows.is_last && !rebuilt_;
    // Rooms have half of the time while it catches up, at least.
    auto const rest = !worked ? pause_ : is_there ? Duration(1s) : Duration(5ms);
    auto& reactor = worker_.reactor();
    reactor.timers().arm(next_turn_, reactor.now().steady + rest);
}

void Scorer::tell(Result<void> const& worked)
{
    auto const trouble = worked ? "" : worked.error().message + " " + worked.error().detail;
    progress_.failures += worked ? 0 : 1;
    auto const before = std::exchange(progress_.trouble, trouble);
    auto const now = worker_.reactor().now().wall;
    if (!trouble.empty() && before.empty())
        log_.line(observe::Level::warning, "the leaderboards stand still until this is over", now)
            .field("why", trouble);
    if (trouble.empty() && !before.empty())
        log_.line(observe::Level::info, "the leaderboards go on", now);
}

void Scorer::make_anew(Error const& why)
{
    log_.line(observe::Level::error, "the leaderboards are damaged, and are made anew from the log",
            worker_.reactor().now().wall)
        .field("error", why.message)
        .field("detail", why.detail);
    views_.reset();
    rebuilt_.reset();
    progress_.rebuilt.reset();
    progress_.rows = {};
    options_.begins_anew = true;
}

// ---- Questions

template <typename Answer>
auto Scorer::answer(Answer const& from) -> decltype(from(std::declval<projections::Views&>()))
{
    if (!views_ || !progress_.rows.is_whole)
        return fail(ErrorCode::unavailable, "The leaderboards are being made; try again.");
    auto found = from(*views_);
    if (found)
        return found;
    if (!may_come_back(found.error()))
        make_anew(found.error());
    return fail(ErrorCode::unavailable, "The leaderboards cannot be read now; try again.",
        found.error().detail);
}

Result<void> Scorer::forget_rows(std::string const& player)
{
    auto done = open();
    if (done)
        done = views_->forget(player);
    if (done && rebuilt_)
        done = rebuilt_->forget(player);
    if (!done && !may_come_back(done.error())) {
        make_anew(done.error()); // Without them, for the log has no key of theirs.
        return open();
    }
    return done;
}

Result<void> Scorer::begin_rebuild()
{
    if (rebuilt_)
        return {};
    GH_CHECK(open());
    auto const store = draft_of(options_.store.value_or(fs::path()));
    if (options_.store)
        GH_CHECK(storage::sqlite::remove_views(store));
    rebuilt_ = GH_TRY(open_views(store));
    progress_.rebuilt = Projector::Step{};
    auto& reactor = worker_.reactor();
    reactor.timers().arm(next_turn_, reactor.now().steady);
    return {};
}

Result<Progress> Scorer::count()
{
    auto progress = progress_;
    if (!views_)
        return progress;
    auto const tally = GH_TRY(views_->tally());
    progress.rooms = tally.rooms;
    progress.seats = tally.seats;
    progress.players = tally.players;
    return progress;
}

} // namespace gatehouse::server
