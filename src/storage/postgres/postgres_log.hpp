// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/dice.hpp"
#include "storage/clock.hpp"
#include "storage/log.hpp"
#include "storage/postgres/connection.hpp"
#include "storage/postgres/lease.hpp"
#include "storage/postgres/tenure.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::storage::postgres {

struct Options {
    Target target;
    // How long the slots stay ours without a sign of life.
    std::chrono::milliseconds lease{15'000};
    // An append whose connection broke is looked for again this long before its answer is
    // `internal`.
    std::chrono::milliseconds resolve_within{5'000};
    // Told once, from any thread, that another owner has taken the slots, or that the database has
    // lost what it had promised to keep: nothing can be written any more, and what rooms hold in
    // memory may be outdated. The server should end.
    std::function<void(std::string const& why)> on_lost = [](std::string const&) { };
    // Told thrice in a lease's time, from any thread: nobody else can have the slots before this
    // instant. Who stood still past it may show what is outdated, until told again.
    std::function<void(TimePoint until)> on_held = [](TimePoint) { };
};

// The store on PostgreSQL: all slots, taken over at open() and held by a lease; one transaction per
// group commit, in one round trip (and one more where it begins streams, or goes on with finished
// ones: memory knows the unfinished). Versions are compared and positions given out in memory, by
// the one owner; the database checks both again, and fences: whoever was the owner before can write
// nothing.
//
// A connection that breaks under an append leaves it unknown whether that was kept. A new tenure
// waits until nothing of the old one is in work, and each slot names the last batch that it kept:
// so the answer is `kept` or `unavailable`, and `internal` only where the database does not come
// back in time. While it is away, everything answers `unavailable` at once; connecting is tried
// again, when somebody asks, after pauses of at first up to 100 ms, later up to 5 s, drawn by
// chance so that nodes do not return all at once. Belongs to one thread at a time.
class PostgresLog final : public Log {
public:
    // Lays the tables in an empty database. Fails with `unavailable` where another owner lives, and
    // with `unsupported` where the schema is another one; the detail says what to do.
    [[nodiscard]] static Result<std::unique_ptr<PostgresLog>> open(Options options);
    ~PostgresLog() override;

    std::vector<Result<events::Appended>> append(std::vector<events::StreamAppend> batch) override;
    Result<std::vector<events::Event>> read(
        std::string_view stream, events::Version after, std::size_t events_max) override;
    Result<events::History> hydrate(std::string_view stream, std::size_t events_max) override;
    Result<void> keep(events::StreamSnapshot snapshot) override;
    Result<std::vector<events::StreamHead>> heads(Slot slot) override;
    Result<std::vector<events::StreamHead>> find(std::string_view name) override;
    Result<std::vector<events::StreamHead>> streams(
        std::string_view after, std::size_t streams_max) override;
    Result<std::vector<events::Membership>> memberships(std::string_view subject,
        std::string_view after, std::size_t memberships_max) override;
    Result<std::uint64_t> forget(std::string_view subject) override;
    Result<std::uint64_t> forget_keys(std::span<std::uint64_t const> numbers) override;
    Result<events::LogPage> log(events::LogCursor from, std::size_t events_max) override;
    Result<std::vector<events::Membership>> keys(
        std::uint64_t after, std::size_t memberships_max) override;
    Result<KeyRing> key_ring() override;
    Result<void> drop_keys(std::string_view stream) override;
    Result<void> compact(std::string_view stream, events::Version up_to) override;
    Result<void> erase(std::string_view stream, events::Version version) override;

private:
    using Answers = std::span<Result<events::Appended>>;

    PostgresLog(Options options, std::string owner, std::unique_ptr<Tenure> tenure);

    void commit(std::span<events::StreamAppend const> batch, Answers answers);
    Result<void> look_up(std::span<events::StreamAppend const> batch);
    Outcome<void> write(Group& group);
    Outcome<void> resolve(Group const& group, Failure unknown);
    Error answer_for(Failure const& failure);
    Result<Tenure*> tenure();
    void connect();
    void lose(std::string const& why);
    template <typename Answer>
    Result<Answer> ask(auto const& query);
    template <typename Answer = void>
    Result<Answer> change(std::string_view name, auto const& make);

    Options options_;
    std::string owner_;
    runtime::KernelDice dice_;
    std::unique_ptr<Tenure> tenure_; // Its connection may be lost: then there is none,
    Error why_away_{};               // for this reason.
    std::chrono::milliseconds pause_max_{};
    Moment retry_at_{};
    bool is_lost_ = false;
    std::unique_ptr<Lease> lease_;
};

} // namespace gatehouse::storage::postgres
