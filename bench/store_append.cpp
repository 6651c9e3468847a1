// SPDX-License-Identifier: Apache-2.0
// What durable appends to the SQLite store cost beside the bare file: an append and fdatasync of
// the same bytes in the same folder, in turns, medians of the rounds. Each batch is made just
// before its commit, outside of the measured time, as a shard would have made it.
//
//     store_append FOLDER [ROUNDS]
#include "storage/sqlite/sqlite_log.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>

using namespace gatehouse;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t streams_total = 500;
std::string const data(150, 'x');

struct Job {
    std::function<void()> prepare;
    std::function<void()> commit;
};

double events_per_second(std::size_t events, std::size_t batch, Job const& job)
{
    Clock::duration taken{};
    for (std::size_t done = 0; done < events; done += batch) {
        job.prepare();
        auto const start = Clock::now();
        job.commit();
        taken += Clock::now() - start;
    }
    return static_cast<double>(events) / std::chrono::duration<double>(taken).count();
}

class RawFile {
public:
    RawFile(std::filesystem::path const& file, std::size_t batch)
        : descriptor_(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600))
        , bytes_(batch * (data.size() + 53), 'x') // As large as a row of the store.
    { }
    RawFile(RawFile const&) = delete;
    RawFile& operator=(RawFile const&) = delete;
    ~RawFile() { ::close(descriptor_); }

    void commit()
    {
        if (::write(descriptor_, bytes_.data(), bytes_.size()) < 0 || ::fdatasync(descriptor_) != 0)
            std::abort();
    }

private:
    int descriptor_;
    std::string bytes_;
};

class Store {
public:
    Store(std::filesystem::path const& file, std::size_t batch)
        : batch_(batch)
        , log_(storage::sqlite::SqliteLog::open({.file = file}).value())
        , versions_(streams_total)
    { }

    // One event for each of `batch` rooms.
    void prepare()
    {
        prepared_.clear();
        for (std::size_t i = 0; i < batch_; i++)
            prepared_.push_back(next_append());
    }

    void commit()
    {
        for (auto const& answer : log_->append(std::move(prepared_)))
            if (!answer)
                std::abort();
    }

private:
    events::StreamAppend next_append()
    {
        auto const stream = next_++ % streams_total;
        auto const version = versions_[stream]++;
        return {.stream = "r" + std::to_string(stream) + ".9f0c2ab1",
            .category = "liap-tui",
            .expected = version,
            .events = {{.version = version + 1,
                .type = "declared",
                .at = {1'790'000'000'000},
                .cause = {1, version},
                .data = data}},
            .state = {.deadline = WallTime{1'790'000'030'000}}};
    }

    std::size_t batch_;
    std::unique_ptr<storage::sqlite::SqliteLog> log_;
    std::vector<events::Version> versions_;
    std::vector<events::StreamAppend> prepared_;
    std::size_t next_ = 0;
};

double median(std::vector<double> values)
{
    std::ranges::nth_element(
        values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

} // namespace

int main(int count, char** arguments)
{
    if (count < 2)
        return 2;
    std::filesystem::path const folder = arguments[1];
    auto const rounds = count > 2 ? std::atoi(arguments[2]) : 5;
    fmt::print("events a commit   raw events/s   store events/s   ratio\n");
    for (auto const& [batch, events] :
        {std::pair<std::size_t, std::size_t>{1, 3000}, {16, 40'000}, {256, 200'000}}) {
        std::vector<double> raw, stored;
        RawFile file(folder / "raw", batch);
        std::filesystem::remove(folder / "store.db");
        Store store(folder / "store.db", batch);
        for (int round = 0; round < rounds; round++) {
            raw.push_back(events_per_second(events, batch, {[] { }, [&] { file.commit(); }}));
            stored.push_back(events_per_second(
                events, batch, {[&] { store.prepare(); }, [&] { store.commit(); }}));
        }
        fmt::print("{:>15} {:>14.0f} {:>16.0f} {:>7.2f}\n", batch, median(raw), median(stored),
            median(stored) / median(raw));
    }
}
