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

constexpr int tries_max = 5;
constexpr int rebuild_failures_max = 10; // In a row.
// No log is as long: what is asked for there is answered by whoever answers at all.
constexpr events::LogCursor beyond_all = events::LogCursor{1} << 62;

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
    void rebuild(Rebuild what, OnDone done) override
    {
        ask(std::move(done), [this, what] { return scorer_.begin_rebuild(what); });
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
    identity::SigningKey key, StaleRows& stale, OnProgress on_progress)
    : options_(std::move(options))
    , committer_(committer)
    , key_(std::move(key))
    , stale_(stale)
    , suspicions_(stale.suspicions())
    , on_progress_(std::move(on_progress))
    , log_output_(STDERR_FILENO)
    , log_(log_output_, observe::Level::info, -1)
    , worker_(clock, {.name = "gh-scorer", .reactor = {.letters_max = questions_max}})
    , next_turn_([this] { turn(); })
{
    begins_anew_ = suspicions_ > 0;
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

Result<void> Scorer::remove_rows(fs::path const& store)
{
    GH_CHECK(storage::sqlite::remove_views(draft_of(store)));
    return storage::sqlite::remove_views(store);
}

void Scorer::forget(std::string const& subject)
{
    auto const suspected = stale_.suspect();
    worker_.reactor().mailbox().post_answer(
        [this, suspected, player = shown_id_of(key_, subject)] {
            suspicions_ += suspected ? 1 : 0;
            if (auto const forgotten = forget_for_good(player); !forgotten)
                return make_anew(forgotten.error()); // The log has nobody's name who was erased.
            if (suspected) {
                suspicions_--;
                stale_.clear();
            }
        });
}

Result<void> Scorer::forget_for_good(std::string const& player)
{
    GH_CHECK(forget_rows(player));
    if (rebuilt_)
        GH_CHECK(rebuilt_->settle());
    return views_->settle();
}

// ---- The log

// What it cannot answer is no fault of the rows: whoever asks makes of damage what they go on with.
template <typename T>
Result<T> Scorer::ask_log(std::function<Result<T>(storage::Log&)> question)
{
    if (stop_.stop_requested())
        return fail(ErrorCode::unavailable, "The server stops.");
    Result<T> answer = fail(ErrorCode::unavailable, "The store did not answer.");
    GH_CHECK(committer_.keep_up_with([&](storage::Log& log) { answer = question(log); }));
    return answer;
}

// Whose keys cannot be read may have them later; but nobody waits for ever, for what is damaged
// stays so. All of a page are tried as long as the first one: they are damaged together.
Result<std::vector<events::MemberKey>> Scorer::keys_of(std::string const& room)
{
    auto history
        = ask_log<events::History>([&](storage::Log& log) { return log.hydrate(room, 1); });
    if (!history && may_come_back(history.error()))
        return std::unexpected(history.error());
    auto const& lost = history ? history->keys_lost : history.error().detail;
    if (history && lost.empty())
        return std::move(history->keys);
    if (++tries_->keys < tries_max)
        return fail(
            ErrorCode::unavailable, "The keys of a room cannot be read.", room + ": " + lost);
    return std::vector<events::MemberKey>();
}

// A damaged event is tried for a while, too. Then smaller pages are read until it is the first one,
// which is passed over.
Result<events::LogPage> Scorer::page_of(events::LogCursor from, std::size_t events_max)
{
    auto const read = [this](events::LogCursor at, std::size_t size) {
        return ask_log<events::LogPage>([=](storage::Log& log) { return log.log(at, size); });
    };
    auto page = read(from, events_max);
    if (page || may_come_back(page.error()))
        return page;
    if (events_max < page_events_max) // Somebody looks where the end is.
        return fail(ErrorCode::unavailable, "The log cannot be read.", page.error().detail);
    if (++tries_->page < tries_max)
        return fail(
            ErrorCode::unavailable, "A page of the log cannot be read.", page.error().detail);
    for (auto size = events_max / 2; size > 0; size /= 2) {
        page = read(from, size);
        if (page || may_come_back(page.error()))
            return page;
    }
    auto const why = page.error().detail;
    if (!read(beyond_all, 1)) // It is the store that cannot be read, not the event.
        return fail(ErrorCode::unavailable, "The log cannot be read.", why);
    return pass_over(std::max<events::LogCursor>(from, 1), why);
}

// Of many in a row the log of the server tells once.
events::LogPage Scorer::pass_over(events::LogCursor position, std::string const& why)
{
    if (std::exchange(passed_over_, position) + 1 != position)
        log_.line(observe::Level::error, "damaged events of the log are not in the leaderboards",
                worker_.reactor().now().wall)
            .field("from", position)
            .field("why", why);
    return {.events = {}, .next = position + 1, .is_last = false};
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
    projector_.emplace(
        Projector::Log{.page = [this](events::LogCursor from,
                                   std::size_t events_max) { return page_of(from, events_max); },
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
    auto const page
        = ask_log<events::LogPage>([next](storage::Log& log) { return log.log(next - 1, 1); });
    if (!page && may_come_back(page.error()))
        return std::unexpected(page.error());
    return page && page->next < next; // A damaged event is there.
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
    if (options_.store && begins_anew_)
        GH_CHECK(storage::sqlite::remove_views(store));
    if (std::exchange(begins_anew_, false))
        for (; suspicions_ > 0; suspicions_--)
            stale_.clear();
    views_ = GH_TRY(open_views(store));
    auto const is_ahead = is_ahead_of_log();
    auto known = is_ahead ? Result<void>() : Result<void>(std::unexpected(is_ahead.error()));
    if (is_ahead && *is_ahead)
        known = views_->begin("");
    if (!known)
        views_.reset(); // It is looked at again.
    return known;
}

// Errors other than of the store say that the rows are damaged.
Result<void> Scorer::work()
{
    auto const look = taken_.look();
    GH_CHECK(open());
    auto const before = progress_.rows.next;
    auto const step = GH_TRY(take_page(*views_, tries_of_rows_));
    progress_.rows = step;
    progress_.pages += step.next != before ? 1 : 0;
    look_at_end(step);
    if (rebuilt_) // What leaves the log now would be missing there.
        GH_CHECK(step_rebuild());
    if (rebuilt_ || !views_ || !options_.has_archive || !step.is_last)
        return {};
    if (synced_ != step.next)
        GH_CHECK(views_->settle());
    synced_ = step.next;
    taken_.note_shipped(look);
    return {};
}

// Tries count in a row for those rows alone: others may get on meanwhile.
Result<Projector::Step> Scorer::take_page(projections::Views& views, Tries& tries)
{
    auto const before = tries.page;
    tries_ = &tries;
    auto const step = GH_TRY(projector_->step(views));
    tries.keys = 0;
    if (tries.page == before || step.is_last)
        tries.page = 0; // It was a whole one.
    return step;
}

// For who watches, who can do without.
void Scorer::look_at_end(Projector::Step const& step)
{
    auto const now = worker_.reactor().now().steady;
    if (step.is_last) {
        progress_.end = step.next;
        return;
    }
    if (now < next_look_at_end_)
        return;
    next_look_at_end_ = now + 1s;
    if (auto const end = projector_->end(step.next))
        progress_.end = *end;
}

// Trouble that may pass is trouble of the turn; that of the rows which are made ends the rebuild.
Result<void> Scorer::step_rebuild()
{
    auto const step = take_page(*rebuilt_, tries_of_rebuilt_);
    auto done = step ? Result<void>() : Result<void>(std::unexpected(step.error()));
    if (step)
        progress_.rebuilt = *step;
    if (step && step->is_last)
        done = swap();
    if (done) {
        rebuild_failures_ = 0;
        return {};
    }
    if (rebuilt_ && may_come_back(done.error()) && ++rebuild_failures_ < rebuild_failures_max)
        return done;
    give_up_rebuild(done.error());
    return {};
}

void Scorer::give_up_rebuild(Error const& why)
{
    rebuilt_.reset();
    rebuild_failures_ = 0;
    tries_of_rebuilt_ = {};
    progress_.rebuilt.reset();
    progress_.failures++;
    if (options_.store) // Else it goes when they are opened, or made anew, the next time.
        static_cast<void>(storage::sqlite::remove_views(draft_of(*options_.store)));
    log_.line(observe::Level::error, "the leaderboards cannot be made anew; they stay as they are",
            worker_.reactor().now().wall)
        .field("error", why.message)
        .field("detail", why.detail);
}

// Until the draft has the name of the rows, they are there. A file that is closed, and was settled
// before, is all that there is of it.
Result<void> Scorer::swap()
{
    if (options_.store) {
        GH_CHECK(rebuilt_->settle());
        GH_CHECK(views_->settle());
        rebuilt_.reset();
        views_.reset();
        auto const replaced
            = storage::sqlite::replace_views(*options_.store, draft_of(*options_.store));
        views_ = GH_TRY(open_views(*options_.store));
        GH_CHECK(replaced);
    } else
        views_ = std::move(rebuilt_);
    progress_.rows = *std::exchange(progress_.rebuilt, std::nullopt);
    synced_ = 0;
    tries_of_rows_ = std::exchange(tries_of_rebuilt_, {});
    log_.line(observe::Level::info, "the leaderboards were made anew", worker_.reactor().now().wall)
        .field("position", progress_.rows.next);
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
        pause_ = std::clamp(2 * pause_, options_.pause_min, 10 * options_.pause_min);
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
    tries_of_rows_ = {};
    tries_of_rebuilt_ = {};
    rebuild_failures_ = 0;
    begins_anew_ = true;
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

Result<void> Scorer::begin_rebuild(Rebuild what)
{
    if (options_.has_archive && what == Rebuild::unless_archived)
        return fail(ErrorCode::rejected,
            "Rooms that the archive has are not in the log: rows that are made anew forget them. "
            "Say --forget-archived (\"forget_archived\":true) where they may.");
    if (rebuilt_)
        return {};
    GH_CHECK(open());
    auto const store = draft_of(options_.store.value_or(fs::path()));
    if (options_.store)
        GH_CHECK(storage::sqlite::remove_views(store));
    rebuilt_ = GH_TRY(open_views(store));
    rebuild_failures_ = 0;
    tries_of_rebuilt_ = {};
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
