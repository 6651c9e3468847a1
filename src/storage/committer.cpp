// SPDX-License-Identifier: Apache-2.0
#include "storage/committer.hpp"

#include "base/assert.hpp"
#include "storage/clock.hpp"

#include <algorithm>
#include <iterator>
#include <semaphore>
#include <span>
#include <string>
#include <utility>

namespace gatehouse::storage {

using events::Appended;
using events::EventStore;
using events::LogCursor;
using events::StreamAppend;
using events::Version;
using runtime::Push;

namespace {

constexpr std::size_t overhead
    = 256; // What a question, a stream or an event costs beside its bytes.

std::size_t cost_of(std::span<StreamAppend const> batch)
{
    auto cost = overhead;
    for (auto const& append : batch) {
        cost += overhead;
        for (auto const& event : append.events)
            cost += overhead + event.data.size();
        cost += overhead * append.keys.size();
    }
    return cost;
}

std::size_t events_of(std::span<StreamAppend const> batch)
{
    std::size_t events = 0;
    for (auto const& append : batch)
        events += append.events.size();
    return events;
}

template <typename Done, typename Answer>
Committer::Task answer_by(Done done, Answer answer)
{
    return
        [done = std::move(done), answer = std::move(answer)]() mutable { done(std::move(answer)); };
}

} // namespace

// A shard's end. Turns each question into a request, and nothing else.
class Committer::Port final : public EventStore {
public:
    Port(Committer& committer, ShardIndex shard)
        : committer_(committer)
        , shard_(shard)
    { }

    void append(std::vector<StreamAppend> batch, OnAppended done) override
    {
        auto const cost = cost_of(batch);
        committer_.submit({shard_, cost, Append{std::move(batch), std::move(done)}});
    }

    void read(std::string stream, Version after, std::size_t events_max, OnEvents done) override
    {
        query(std::move(done), [stream = std::move(stream), after, events_max](Log& log) {
            return log.read(stream, after, events_max);
        });
    }

    void hydrate(std::string stream, std::size_t events_max, OnHistory done) override
    {
        query(std::move(done), [stream = std::move(stream), events_max](Log& log) {
            return log.hydrate(stream, events_max);
        });
    }

    void keep(events::StreamSnapshot snapshot, OnKept done) override
    {
        auto const cost = overhead + snapshot.snapshot.state.size();
        query(
            std::move(done),
            [snapshot = std::move(snapshot)](
                Log& log) mutable { return log.keep(std::move(snapshot)); },
            cost);
    }

    void heads(Slot slot, OnHeads done) override
    {
        query(std::move(done), [slot](Log& log) { return log.heads(slot); });
    }

    void find(std::string name, OnHeads done) override
    {
        query(std::move(done), [name = std::move(name)](Log& log) { return log.find(name); });
    }

    void streams(std::string after, std::size_t streams_max, OnHeads done) override
    {
        query(std::move(done), [after = std::move(after), streams_max](Log& log) {
            return log.streams(after, streams_max);
        });
    }

    void memberships(std::string subject, std::string after, std::size_t memberships_max,
        OnMemberships done) override
    {
        query(std::move(done),
            [subject = std::move(subject), after = std::move(after), memberships_max](
                Log& log) { return log.memberships(subject, after, memberships_max); });
    }

    void forget(std::string subject, OnForgotten done) override
    {
        query(std::move(done),
            [subject = std::move(subject)](Log& log) { return log.forget(subject); });
    }

    void log(LogCursor from, std::size_t events_max, OnPage done) override
    {
        query(std::move(done), [from, events_max](Log& log) { return log.log(from, events_max); });
    }

private:
    template <typename Done, typename Ask>
    void query(Done done, Ask ask, std::size_t cost = overhead)
    {
        Query query = [done = std::move(done), ask = std::move(ask)](Result<Log*> log) mutable {
            using Answer = decltype(ask(**log));
            return answer_by(std::move(done),
                log ? ask(**log) : Answer(std::unexpected(std::move(log).error())));
        };
        committer_.submit({shard_, cost, std::move(query)});
    }

    Committer& committer_;
    ShardIndex shard_;
};

Committer::Committer(
    std::unique_ptr<Log> log, std::vector<Deliver> shards, CommitterOptions options)
    : options_(options)
    , log_(std::move(log))
    , shards_(std::move(shards))
    , queue_(options.waiting_bytes_max)
{
    for (ShardIndex shard = 0; shard < shards_.size(); shard++)
        ports_.push_back(std::make_unique<Port>(*this, shard));
    thread_ = std::thread([this] { run(); });
}

Committer::~Committer()
{
    stop();
}

EventStore& Committer::store(ShardIndex shard)
{
    GH_ASSERT(shard < ports_.size());
    return *ports_[shard];
}

void Committer::stop()
{
    queue_.close();
    if (thread_.joinable())
        thread_.join();
}

void Committer::submit(Request request)
{
    auto const pushed = queue_.try_push(std::move(request), request.cost);
    if (pushed == Push::taken)
        return;
    Error const error = pushed == Push::full
        ? Error{ErrorCode::busy, "The store has too much to do."}
        : Error{ErrorCode::unavailable, "The store is closed."};
    if (auto* const append = std::get_if<Append>(&request.question))
        answer(request.shard,
            answer_by(std::move(append->done),
                std::vector<Result<Appended>>(append->batch.size(), std::unexpected(error))));
    else
        answer(request.shard, std::get<Query>(request.question)(std::unexpected(error)));
}

bool Committer::upkeep(Upkeep piece)
{
    return queue_.try_push({0, overhead, std::move(piece)}, overhead) == Push::taken;
}

Result<void> Committer::keep_up_with(std::function<void(Log&)> const& piece)
{
    std::binary_semaphore done(0);
    bool const taken = upkeep([&](Log& log) {
        piece(log);
        done.release();
    });
    if (!taken)
        return fail(ErrorCode::busy, "The store has too much to do.");
    done.acquire();
    return {};
}

void Committer::run()
{
    auto const is_idle = [this] { return appends_.empty() && queries_.empty() && upkeep_.empty(); };
    while (true) {
        sort_in(is_idle() ? queue_.wait_and_take_all() : queue_.take_all());
        if (is_idle())
            break;
        commit_some();
        answer_some();
        keep_up();
    }
    log_.reset();
}

void Committer::sort_in(std::deque<Request> requests)
{
    for (auto& request : requests) {
        auto& same_kind = std::holds_alternative<Append>(request.question) ? appends_
            : std::holds_alternative<Query>(request.question)              ? queries_
                                                                           : upkeep_;
        same_kind.push_back(std::move(request));
    }
}

void Committer::commit_some()
{
    struct Part {
        ShardIndex shard;
        std::size_t cost;
        std::size_t streams;
        EventStore::OnAppended done;
    };
    std::vector<Part> parts;
    std::vector<StreamAppend> joined;
    std::size_t events = 0;
    for (; !appends_.empty(); appends_.pop_front()) {
        auto& request = appends_.front();
        auto& [batch, done] = std::get<Append>(request.question);
        events += events_of(batch);
        if (!parts.empty() && events > options_.commit_events_max)
            break;
        parts.push_back({request.shard, request.cost, batch.size(), std::move(done)});
        std::ranges::move(batch, std::back_inserter(joined));
    }
    if (parts.empty())
        return;

    auto answers = commit(std::move(joined));
    auto next = std::make_move_iterator(answers.begin());
    for (auto& [shard, cost, streams, done] : parts) {
        auto const end = next + static_cast<std::ptrdiff_t>(streams);
        queue_.release(cost);
        answer(shard, answer_by(std::move(done), std::vector<Result<Appended>>(next, end)));
        next = end;
    }
}

std::vector<Result<Appended>> Committer::commit(std::vector<StreamAppend> batch)
{
    std::vector<std::size_t> sizes;
    for (auto const& append : batch)
        sizes.push_back(append.events.size());
    auto const began_at = now();
    auto answers = log_->append(std::move(batch));
    busy_ns_ += std::chrono::nanoseconds(now() - began_at).count();
    std::uint64_t durable = 0;
    for (std::size_t i = 0; i < answers.size(); i++)
        durable += answers[i] ? sizes[i] : 0;
    events_ += durable;
    commits_++;
    if (std::ranges::none_of(answers, [](auto const& answer) { return answer.has_value(); }))
        failures_++;
    return answers;
}

events::CommitTally Committer::tally() const
{
    return {.commits = commits_,
        .failures = failures_,
        .events = events_,
        .busy = std::chrono::nanoseconds(busy_ns_)};
}

void Committer::answer_some()
{
    for (auto left = options_.queries_per_commit_max; left > 0 && !queries_.empty(); left--) {
        auto request = std::move(queries_.front());
        queries_.pop_front();
        auto task = std::get<Query>(request.question)(log_.get());
        queue_.release(request.cost);
        answer(request.shard, std::move(task));
    }
}

// One piece a turn, so that it never holds up more than itself.
void Committer::keep_up()
{
    if (upkeep_.empty())
        return;
    auto request = std::move(upkeep_.front());
    upkeep_.pop_front();
    std::get<Upkeep>(request.question)(*log_);
    queue_.release(request.cost);
}

} // namespace gatehouse::storage
