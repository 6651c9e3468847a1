// SPDX-License-Identifier: Apache-2.0
#include "storage/memory_log.hpp"

#include "store.hpp"

#include <utility>

namespace gatehouse::simulation {

using namespace std::chrono_literals;
using events::Appended;
using events::Version;

namespace {

// A log that outlives the processes. A commit may fail having kept everything or nothing
// (`internal`), or refuse for a while (`unavailable`).
class MemoryStore final : public Store {
public:
    explicit MemoryStore(StoreSurroundings around) : around_(around) {}

    [[nodiscard]] Result<std::unique_ptr<storage::Log>> open(News) override;
    void die(std::unique_ptr<storage::Log>, std::vector<events::StreamAppend> in_work,
        Death) override
    {
        if (around_.luck.one_in(2))
            static_cast<void>(log_.append(std::move(in_work)));
    }
    [[nodiscard]] Result<std::unique_ptr<storage::Log>> history() override { return open({}); }

    [[nodiscard]] std::vector<Result<Appended>> append(std::vector<events::StreamAppend> batch);
    [[nodiscard]] storage::MemoryLog& log() { return log_; }

private:
    StoreSurroundings around_;
    storage::MemoryLog log_;
    TimePoint full_until_{};
};

std::vector<Result<Appended>> MemoryStore::append(std::vector<events::StreamAppend> batch)
{
    auto& luck = around_.luck;
    auto const& now = around_.agenda.now().steady;
    auto const size = batch.size();
    if (luck.one_in(around_.plan.store_full_one_in))
        full_until_ = now + luck.between(Duration(50ms), Duration(3s));
    if (around_.plan.store_full_one_in != 0 && now < full_until_)
        return {size, fail(ErrorCode::unavailable, "the disk is full")};
    bool const fails = luck.one_in(around_.plan.store_error_one_in);
    if (!fails || luck.one_in(2)) {
        auto answers = log_.append(std::move(batch));
        if (!fails)
            return answers;
    }
    return {size, fail(ErrorCode::internal, "fdatasync: EIO")};
}

// One process's end of it.
class Lent final : public storage::Log {
public:
    explicit Lent(MemoryStore& store) : store_(store) {}

    std::vector<Result<Appended>> append(std::vector<events::StreamAppend> batch) override
    {
        return store_.append(std::move(batch));
    }
    Result<std::vector<events::Event>> read(
        std::string_view stream, Version after, std::size_t events_max) override
    {
        return store_.log().read(stream, after, events_max);
    }
    Result<events::History> hydrate(std::string_view stream, std::size_t events_max) override
    {
        return store_.log().hydrate(stream, events_max);
    }
    Result<void> keep(events::StreamSnapshot snapshot) override
    {
        return store_.log().keep(std::move(snapshot));
    }
    Result<std::vector<events::StreamHead>> heads(Slot slot) override
    {
        return store_.log().heads(slot);
    }
    Result<std::vector<events::StreamHead>> find(std::string_view name) override
    {
        return store_.log().find(name);
    }
    Result<std::vector<events::StreamHead>> streams(
        std::string_view after, std::size_t streams_max) override
    {
        return store_.log().streams(after, streams_max);
    }
    Result<std::vector<events::Membership>> memberships(
        std::string_view subject, std::string_view after, std::size_t memberships_max) override
    {
        return store_.log().memberships(subject, after, memberships_max);
    }
    Result<std::uint64_t> forget(std::string_view subject) override
    {
        return store_.log().forget(subject);
    }
    Result<std::uint64_t> forget_keys(std::span<std::uint64_t const> numbers) override
    {
        return store_.log().forget_keys(numbers);
    }
    Result<events::LogPage> log(events::LogCursor from, std::size_t events_max) override
    {
        return store_.log().log(from, events_max);
    }
    Result<void> compact(std::string_view stream, Version up_to) override
    {
        return store_.log().compact(stream, up_to);
    }
    Result<void> erase(std::string_view stream, Version version) override
    {
        return store_.log().erase(stream, version);
    }
    Result<std::vector<events::Membership>> keys(
        std::uint64_t after, std::size_t memberships_max) override
    {
        return store_.log().keys(after, memberships_max);
    }
    Result<void> drop_keys(std::string_view stream) override
    {
        return store_.log().drop_keys(stream);
    }

private:
    MemoryStore& store_;
};

Result<std::unique_ptr<storage::Log>> MemoryStore::open(News)
{
    return std::make_unique<Lent>(*this);
}

}  // namespace

std::unique_ptr<Store> make_memory_store(StoreSurroundings around)
{
    return std::make_unique<MemoryStore>(around);
}

}  // namespace gatehouse::simulation
