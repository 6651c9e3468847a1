// SPDX-License-Identifier: Apache-2.0
#include "storage/records_thread.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace gatehouse::storage {

using records::Named;
using records::Record;
using records::Version;
using Rows = sqlite::RecordsFile::Rows;

namespace {

constexpr std::size_t overhead = 512; // What a question costs beside its bytes.

} // namespace

// Something to do in a transaction, and to answer when it is over.
class RecordsThread::Question {
public:
    virtual ~Question() = default;
    [[nodiscard]] virtual Result<void> work(Rows& rows, WallTime now) = 0;
    [[nodiscard]] virtual Task answer(Result<void> const& committed) = 0;
};

// A shard's end. Turns each question into a request, and nothing else.
class RecordsThread::Port final : public records::Records {
public:
    Port(RecordsThread& thread, ShardIndex shard)
        : thread_(thread)
        , shard_(shard)
    { }

    void get(std::string key, OnGot done) override
    {
        auto fault = check_key(key);
        ask<std::optional<Record>>(std::move(done), std::move(fault), key.size(),
            [key](Rows& rows, WallTime now) { return rows.get(key, now); });
    }

    void put(std::string key, Version expected, std::string value, std::optional<WallTime> expires,
        OnWritten done) override
    {
        auto fault = check_key(key);
        if (fault)
            fault = check_value(value);
        auto const cost = key.size() + value.size();
        ask<std::optional<Version>>(std::move(done), std::move(fault), cost,
            [key = std::move(key), expected, value = std::move(value), expires](
                Rows& rows, WallTime now) { return rows.put(key, expected, value, expires, now); });
    }

    void remove(std::string key, Version expected, OnWritten done) override
    {
        auto fault = check_key(key);
        ask<std::optional<Version>>(std::move(done), std::move(fault), key.size(),
            [key, expected](Rows& rows, WallTime now) { return rows.remove(key, expected, now); });
    }

    void list(std::string prefix, std::string after, std::size_t max, OnListed done) override
    {
        auto fault = records::check_list(max);
        ask<std::vector<Named>>(std::move(done), std::move(fault), prefix.size() + after.size(),
            [prefix, after, max](
                Rows& rows, WallTime now) { return rows.list(prefix, after, max, now); });
    }

private:
    static Result<void> check_key(std::string_view key) { return records::check_key(key); }
    static Result<void> check_value(std::string_view value) { return records::check_value(value); }

    template <typename Answer, typename Done, typename Ask>
    class QuestionOf final : public Question {
    public:
        QuestionOf(Done done, Result<void> fault, Ask ask)
            : done_(std::move(done))
            , ask_(std::move(ask))
        {
            if (!fault)
                answer_ = std::unexpected(std::move(fault).error());
        }
        // What is refused is no failure of those beside it.
        Result<void> work(Rows& rows, WallTime now) override
        {
            if (answer_)
                return {};
            auto found = ask_(rows, now);
            if (!found)
                return std::unexpected(std::move(found).error());
            found_ = *std::move(found);
            return {};
        }
        Task answer(Result<void> const& committed) override
        {
            if (!answer_ && committed)
                answer_ = std::move(found_);
            else if (!answer_)
                answer_ = std::unexpected(committed.error());
            return [done = std::move(done_), answer = *std::move(answer_)]() mutable {
                done(std::move(answer));
            };
        }

    private:
        Done done_;
        Ask ask_;
        Answer found_{};
        std::optional<Result<Answer>> answer_{};
    };

    template <typename Answer, typename Done, typename Ask>
    void ask(Done done, Result<void> fault, std::size_t cost, Ask ask)
    {
        thread_.submit({shard_, overhead + cost, thread_.shards_[shard_].now.wall,
            std::make_unique<QuestionOf<Answer, Done, Ask>>(
                std::move(done), std::move(fault), std::move(ask))});
    }

    RecordsThread& thread_;
    ShardIndex shard_;
};

RecordsThread::RecordsThread(std::unique_ptr<sqlite::RecordsFile> file, std::vector<Shard> shards,
    std::size_t waiting_bytes_max)
    : file_(std::move(file))
    , shards_(std::move(shards))
    , queue_(waiting_bytes_max)
{
    for (std::size_t shard = 0; shard < shards_.size(); shard++)
        ports_.push_back(std::make_unique<Port>(*this, static_cast<ShardIndex>(shard)));
    thread_ = std::thread([this] { run(); });
}

RecordsThread::~RecordsThread()
{
    stop();
}

void RecordsThread::stop()
{
    queue_.close();
    if (thread_.joinable())
        thread_.join();
}

records::Records& RecordsThread::records(ShardIndex shard)
{
    return *ports_[shard];
}

void RecordsThread::submit(Request request)
{
    auto const shard = request.shard;
    auto const cost = request.cost;
    auto const pushed = queue_.try_push(std::move(request), cost);
    if (pushed == runtime::Push::taken)
        return;
    auto const refusal = pushed == runtime::Push::full
        ? Result<void>(fail(ErrorCode::busy, "The table of records has too much to do."))
        : Result<void>(fail(ErrorCode::unavailable, "The table of records is closed."));
    shards_[shard].deliver(request.question->answer(refusal));
}

void RecordsThread::run()
{
    for (auto waiting = queue_.wait_and_take_all(); !waiting.empty();
         waiting = queue_.wait_and_take_all())
        while (!waiting.empty()) {
            std::deque<Request> batch;
            auto const end = std::next(
                waiting.begin(), static_cast<std::ptrdiff_t>(std::min(batch_max, waiting.size())));
            std::ranges::move(waiting.begin(), end, std::back_inserter(batch));
            waiting.erase(waiting.begin(), end);
            commit(batch);
        }
}

void RecordsThread::commit(std::deque<Request>& batch)
{
    auto const committed = file_->transact(batch.back().now, [&batch](Rows& rows) -> Result<void> {
        for (auto& each : batch)
            GH_CHECK(each.question->work(rows, each.now));
        return {};
    });
    for (auto& each : batch) {
        shards_[each.shard].deliver(each.question->answer(committed));
        queue_.release(each.cost);
    }
}

} // namespace gatehouse::storage
