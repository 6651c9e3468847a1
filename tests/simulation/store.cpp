// SPDX-License-Identifier: Apache-2.0
#include "store.hpp"

#include <utility>

namespace gatehouse::simulation {

using namespace std::chrono_literals;
using events::Appended;

namespace {

constexpr std::size_t waiting_max = 64;

std::vector<Result<Appended>> all(std::size_t count, ErrorCode code, std::string_view why)
{
    return std::vector<Result<Appended>>(count, fail(code, std::string(why)));
}

}  // namespace

class Store::Port final : public events::EventStore {
public:
    Port(Store& store, Deliver deliver) : store_(store), deliver_(std::move(deliver)) {}

    void append(std::vector<events::StreamAppend> batch, OnAppended done) override
    {
        store_.append({std::move(batch), std::move(done), &deliver_});
    }
    void read(
        std::string stream, events::Version after, std::size_t events_max, OnEvents done) override
    {
        store_.ask(
            deliver_, std::move(done), [stream = std::move(stream), after, events_max](auto& log) {
                return log.read(stream, after, events_max);
            });
    }
    void hydrate(std::string stream, std::size_t events_max, OnHistory done) override
    {
        store_.ask(deliver_, std::move(done), [stream = std::move(stream), events_max](auto& log) {
            return log.hydrate(stream, events_max);
        });
    }
    void keep(events::StreamSnapshot snapshot, OnKept done) override
    {
        store_.ask(deliver_, std::move(done), [snapshot = std::move(snapshot)](auto& log) mutable {
            return log.keep(std::move(snapshot));
        });
    }
    void find(std::string name, OnHeads done) override
    {
        store_.ask(deliver_, std::move(done),
            [name = std::move(name)](auto& log) { return log.find(name); });
    }
    void streams(std::string after, std::size_t streams_max, OnHeads done) override
    {
        store_.ask(deliver_, std::move(done), [after = std::move(after), streams_max](auto& log) {
            return log.streams(after, streams_max);
        });
    }
    void heads(Slot slot, OnHeads done) override
    {
        store_.ask(deliver_, std::move(done), [slot](auto& log) { return log.heads(slot); });
    }
    void log(events::LogCursor from, std::size_t events_max, OnPage done) override
    {
        store_.ask(deliver_, std::move(done),
            [from, events_max](auto& log) { return log.log(from, events_max); });
    }

private:
    Store& store_;
    Deliver deliver_;
};

Store::Store(Agenda& agenda, Luck luck, Trace& trace, Plan const& plan)
    : agenda_(agenda)
    , luck_(luck)
    , trace_(trace)
    , plan_(plan)
{
}

std::unique_ptr<events::EventStore> Store::port(Deliver deliver)
{
    return std::make_unique<Port>(*this, std::move(deliver));
}

// ---- Questions

template <typename Done, typename Question>
void Store::ask(Deliver const& deliver, Done done, Question question)
{
    answers_at_ = std::max(answers_at_, agenda_.now().steady + luck_.between(0us, 300us));
    agenda_.at(answers_at_, [this, process = std::weak_ptr(process_), &deliver,
                                done = std::move(done), question = std::move(question)]() mutable {
        if (process.expired())
            return;
        auto answer = question(log_);
        if (strikes(plan_.read_error_one_in))
            answer = fail(ErrorCode::unavailable, "the store cannot be read");
        deliver([done = std::move(done), answer = std::move(answer)]() mutable {
            done(std::move(answer));
        });
    });
}

// ---- Appends

void Store::append(Append append)
{
    auto const size = append.batch.size();
    if (waiting_.size() >= waiting_max || strikes(plan_.busy_one_in))
        return answer(std::move(append), all(size, ErrorCode::busy, "too much waits"));
    if (plan_.bug == Bug::acks_early)
        answer({{}, std::move(append.done), append.deliver},
            std::vector<Result<Appended>>(size, Appended{}));
    waiting_.push_back(std::move(append));
    if (committing_.empty())
        start_commit();
}

void Store::start_commit()
{
    committing_ = std::exchange(waiting_, {});
    agenda_.after(luck_.between(Duration(300us), plan_.commit_max),
        [this, process = std::weak_ptr(process_)] {
            if (!process.expired())
                finish_commit();
        });
}

// One fsync for all that queued: they are kept or lost together.
void Store::finish_commit()
{
    enum class Fate : std::uint8_t { kept, unknown_but_kept, unknown_and_lost, refused };
    auto fate = Fate::kept;
    if (strikes(plan_.store_full_one_in))
        full_until_ = agenda_.now().steady + luck_.between(Duration(50ms), Duration(3s));
    if (!is_healed_ && agenda_.now().steady < full_until_)
        fate = Fate::refused;
    else if (strikes(plan_.store_error_one_in))
        fate = luck_.one_in(2) ? Fate::unknown_but_kept : Fate::unknown_and_lost;
    trace_.note(agenda_.now(), "store", static_cast<int>(fate), "commit");

    for (auto& append : std::exchange(committing_, {})) {
        auto const size = append.batch.size();
        std::vector<Result<Appended>> results;
        if (fate == Fate::kept || fate == Fate::unknown_but_kept)
            results = keep(std::move(append.batch));
        if (fate == Fate::refused)
            results = all(size, ErrorCode::unavailable, "the disk is full");
        else if (fate != Fate::kept)
            results = all(size, ErrorCode::internal, "fdatasync: EIO");
        answer(std::move(append), std::move(results));
    }
    if (!waiting_.empty())
        start_commit();
}

std::vector<Result<Appended>> Store::keep(std::vector<events::StreamAppend> batch)
{
    bool const is_unlucky = luck_.one_in(40);
    if (plan_.bug == Bug::forgets_batch && is_unlucky)
        return std::vector<Result<Appended>>(batch.size(), Appended{});
    auto again = plan_.bug == Bug::duplicates_batch && is_unlucky
        ? batch
        : std::vector<events::StreamAppend>{};
    if (plan_.bug == Bug::forgets_causes)
        for (auto& append : batch)
            for (auto& event : append.events)
                event.cause = {};
    auto results = log_.append(std::move(batch));
    for (auto& append : again) {
        append.expected += append.events.size();
        for (auto& event : append.events)
            event.version += append.events.size();
    }
    if (!again.empty())
        static_cast<void>(log_.append(std::move(again)));
    return results;
}

void Store::answer(Append append, std::vector<Result<Appended>> results)
{
    if (append.done) // Else it was answered early.
        (*append.deliver)([done = std::move(append.done), results = std::move(results)]() mutable {
            done(std::move(results));
        });
}

void Store::crash()
{
    if (luck_.one_in(2))
        for (auto& append : committing_)
            static_cast<void>(keep(std::move(append.batch)));
    committing_.clear();
    waiting_.clear();
    process_ = std::make_shared<bool>(true);
}

}  // namespace gatehouse::simulation
