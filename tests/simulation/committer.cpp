// SPDX-License-Identifier: Apache-2.0
#include "committer.hpp"

#include "events/chain.hpp"
#include "off_by_one.hpp"
#include "store_clock.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gatehouse::simulation {

using namespace std::chrono_literals;
using events::Appended;

namespace {

constexpr std::size_t waiting_max = 64;

// As if neither sums nor links were looked at: a number that somebody chose is another one.
void change_one(std::string_view stream, std::vector<events::Event>& events)
{
    auto before = events::chain_start(stream);
    bool has_changed = false;
    for (auto& event : events) {
        if (!has_changed && event.cause.actor != 0 && !event.type.starts_with("room.")
            && static_cast<unsigned char>(event.data.back()) < 8) {
            event.data.back() ^= 1;
            has_changed = true;
        }
        if (has_changed)
            event.link = events::chain_link(before, event);
        before = event.link;
    }
}

}  // namespace

class Committer::Port final : public events::EventStore {
public:
    Port(Committer& committer, Deliver deliver)
        : committer_(committer)
        , deliver_(std::move(deliver))
    { }

    void append(std::vector<events::StreamAppend> batch, OnAppended done) override
    {
        committer_.append({std::move(batch), std::move(done), &deliver_});
    }
    void read(
        std::string stream, events::Version after, std::size_t events_max, OnEvents done) override
    {
        ask(std::move(done), [stream = std::move(stream), after, events_max](auto& log) {
            return log.read(stream, after, events_max);
        });
    }
    void hydrate(std::string stream, std::size_t events_max, OnHistory done) override
    {
        ask(std::move(done), [this, stream = std::move(stream), events_max](auto& log) {
            return committer_.hydrate(log, stream, events_max);
        });
    }
    void keep(events::StreamSnapshot snapshot, OnKept done) override
    {
        ask(std::move(done), [this, snapshot = std::move(snapshot)](auto& log) mutable {
            if (committer_.plan_.bug == Bug::snapshot_off_by_one)
                set_off_by_one(snapshot, log, committer_.games_);
            return log.keep(std::move(snapshot));
        });
    }
    void find(std::string name, OnHeads done) override
    {
        ask(std::move(done), [name = std::move(name)](auto& log) { return log.find(name); });
    }
    void streams(std::string after, std::size_t streams_max, OnHeads done) override
    {
        ask(std::move(done), [after = std::move(after), streams_max](auto& log) {
            return log.streams(after, streams_max);
        });
    }
    void heads(Slot slot, OnHeads done) override
    {
        ask(std::move(done), [slot](auto& log) { return log.heads(slot); });
    }
    void memberships(std::string subject, std::string after, std::size_t memberships_max,
        OnMemberships done) override
    {
        ask(std::move(done),
            [subject = std::move(subject), after = std::move(after), memberships_max](
                auto& log) { return log.memberships(subject, after, memberships_max); });
    }
    void forget(std::string subject, OnForgotten done) override
    {
        ask(std::move(done),
            [this, subject = std::move(subject)](auto& log) {
                if (committer_.plan_.bug != Bug::forgets_later)
                    return log.forget(subject);
                committer_.forget_later(subject);
                return Result<std::uint64_t>(0);
            });
    }
    void log(events::LogCursor from, std::size_t events_max, OnPage done) override
    {
        ask(std::move(done), [from, events_max](auto& log) { return log.log(from, events_max); });
    }

private:
    template <typename Done, typename Question>
    void ask(Done done, Question question)
    {
        committer_.ask(deliver_, std::move(done), std::move(question));
    }

    Committer& committer_;
    Deliver deliver_;
};

Committer::Committer(Agenda& agenda, Luck luck, Trace& trace, Witness& witness,
    Plan const& plan, rooms::Catalogue const& games, std::unique_ptr<storage::Log> log)
    : agenda_(agenda)
    , luck_(luck)
    , trace_(trace)
    , witness_(witness)
    , plan_(plan)
    , games_(games)
    , log_(std::move(log))
{ }

std::unique_ptr<events::EventStore> Committer::port(Deliver deliver)
{
    return std::make_unique<Port>(*this, std::move(deliver));
}

// ---- The thread

void Committer::when_free(TimePoint at, Agenda::Task task)
{
    agenda_.at(at, [this, life = std::weak_ptr(life_), task = std::move(task)]() mutable {
        if (life.expired())
            return;
        queue_.push_back(std::move(task));
        if (queue_.size() == 1) // Else somebody comes for it.
            run_queue();
    });
}

void Committer::run_queue()
{
    while (!queue_.empty()) {
        if (free_at_ > agenda_.now().steady)
            return agenda_.at(free_at_, [this, life = std::weak_ptr(life_)] {
                if (!life.expired())
                    run_queue();
            });
        auto task = std::exchange(queue_.front(), nullptr);
        task();
        queue_.pop_front();
    }
}

template <typename Call>
auto Committer::block_on(Call call)
{
    set_store_clock(agenda_.now().steady);
    auto answer = call(*log_);
    free_at_ = std::max(free_at_, store_clock());
    return answer;
}

void Committer::deliver(Deliver const& deliver, Agenda::Task task)
{
    if (free_at_ <= agenda_.now().steady)
        return deliver(std::move(task));
    agenda_.at(
        free_at_, [life = std::weak_ptr(life_), &deliver, task = std::move(task)]() mutable {
            if (!life.expired())
                deliver(std::move(task));
        });
}

// ---- Questions

template <typename Done, typename Question>
void Committer::ask(Deliver const& deliver, Done done, Question question)
{
    asked_at_ = std::max(asked_at_, agenda_.now().steady + luck_.between(0us, 300us));
    when_free(asked_at_,
        [this, &deliver, done = std::move(done), question = std::move(question)]() mutable {
            answer_question(deliver, std::move(done), std::move(question));
        });
}

template <typename Done, typename Question>
void Committer::answer_question(Deliver const& deliver, Done done, Question question)
{
    auto answer = block_on(std::move(question));
    if (luck_.one_in(plan_.read_error_one_in))
        answer = fail(ErrorCode::unavailable, "the store cannot be read");
    this->deliver(deliver, [done = std::move(done), answer = std::move(answer)]() mutable {
        done(std::move(answer));
    });
}

Result<events::History> Committer::hydrate(
    storage::Log& log, std::string_view stream, std::size_t events_max) const
{
    auto history = log.hydrate(stream, events_max);
    if (plan_.bug == Bug::hydrate_skips && history && history->snapshot && !history->events.empty())
        history->events.erase(history->events.begin());
    if (plan_.bug == Bug::believes_decay && history && !history->snapshot)
        change_one(stream, history->events);
    return history;
}

void Committer::forget_later(std::string subject)
{
    agenda_.after(2s, [this, life = std::weak_ptr(life_), subject = std::move(subject)] {
        if (!life.expired())
            static_cast<void>(log_->forget(subject));
    });
}

// ---- Appends

void Committer::append(Append append)
{
    auto const size = append.batch.size();
    if (waiting_.size() >= waiting_max || luck_.one_in(plan_.busy_one_in))
        return answer(
            std::move(append), Answers(size, fail(ErrorCode::busy, "too much waits")));
    if (plan_.bug == Bug::acks_early)
        answer({{}, std::move(append.done), append.deliver}, Answers(size, Appended{}));
    waiting_.push_back(std::move(append));
    if (committing_.empty())
        start_commit();
}

void Committer::start_commit()
{
    committing_ = std::exchange(waiting_, {});
    when_free(agenda_.now().steady + luck_.between(Duration(300us), plan_.commit_max),
        [this] { finish_commit(); });
}

// One transaction for all that queued.
void Committer::finish_commit()
{
    std::vector<events::StreamAppend> joined;
    for (auto const& append : committing_)
        std::ranges::copy(append.batch, std::back_inserter(joined));
    auto const answers = keep(std::move(joined));
    auto next = answers.begin();
    for (auto& append : std::exchange(committing_, {})) {
        auto const end = next + static_cast<std::ptrdiff_t>(append.batch.size());
        answer(std::move(append), Answers(next, end));
        next = end;
    }
    if (!waiting_.empty())
        start_commit();
}

Committer::Answers Committer::keep(std::vector<events::StreamAppend> batch)
{
    bool const is_unlucky = luck_.one_in(40);
    if (plan_.bug == Bug::forgets_batch && is_unlucky)
        return Answers(batch.size(), Appended{});
    auto again = plan_.bug == Bug::duplicates_batch && is_unlucky
        ? batch
        : std::vector<events::StreamAppend>{};
    if (plan_.bug == Bug::forgets_causes)
        for (auto& append : batch)
            for (auto& event : append.events)
                event.cause = {};
    testify(batch);
    auto answers = block_on([&](storage::Log& log) { return log.append(std::move(batch)); });
    for (auto const& each : answers)
        trace_.note(agenda_.now(), "store", each ? 0 : std::to_underlying(each.error().code) + 1,
            "commit", each ? "" : each.error().detail);
    for (auto& append : again) {
        append.expected += append.events.size();
        for (auto& event : append.events)
            event.version += append.events.size();
    }
    if (!again.empty())
        static_cast<void>(log_->append(std::move(again)));
    return answers;
}

void Committer::testify(std::vector<events::StreamAppend> const& batch)
{
    if (plan_.needs_witness())
        for (auto const& append : batch)
            witness_.see(append);
}

void Committer::answer(Append append, Answers answers)
{
    if (append.done) // Else it was answered early.
        deliver(*append.deliver,
            [done = std::move(append.done), answers = std::move(answers)]() mutable {
                done(std::move(answers));
            });
}

Committer::Remains Committer::die()
{
    life_.reset();
    waiting_.clear();
    Remains remains{std::move(log_)};
    for (auto& append : std::exchange(committing_, {}))
        std::ranges::move(append.batch, std::back_inserter(remains.in_work));
    testify(remains.in_work);
    return remains;
}

void Committer::stop()
{
    life_.reset();
    for (auto* const appends : {&committing_, &waiting_})
        for (auto& append : std::exchange(*appends, {}))
            static_cast<void>(keep(std::move(append.batch)));
    set_store_clock(agenda_.now().steady);
    log_.reset();
}

}  // namespace gatehouse::simulation
