// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/log.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::storage {

// The store that forgets: for `store: memory`, for tests and for the simulation. As plain as can
// be, so that the others can be held against it. When it holds `bytes_max`, appends answer
// `unavailable`. Belongs to one thread at a time.
class MemoryLog : public Log {
public:
    explicit MemoryLog(std::size_t bytes_max = std::size_t{1} << 30)
        : bytes_max_(bytes_max)
    { }

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
    Result<void> drop_keys(std::string_view stream) override;
    Result<void> compact(std::string_view stream, events::Version up_to) override;
    Result<void> erase(std::string_view stream, events::Version version) override;

private:
    struct Stream {
        events::StreamHead head;
        std::deque<events::PositionedEvent> events{}; // From head.floor + 1.
        std::optional<events::Snapshot> snapshot{};
    };
    // A place in the log: the event, if it is still there.
    struct Place {
        std::string const* stream; // A key of `streams_`, or null.
        events::Version version;
    };
    using Streams = std::map<std::string, Stream, std::less<>>;

    Result<events::Appended> append_one(events::StreamAppend append);
    void drop(Stream& stream, events::Version up_to);

    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    Streams streams_;
    // By stream and actor, in that order.
    std::map<std::pair<std::string, std::uint32_t>, events::Membership, std::less<>> keys_;
    std::uint64_t last_key_ = 0;
    std::vector<Place> log_; // Cursor n is at n - 1.
    std::array<std::uint64_t, slots_total> last_positions_{};
};

} // namespace gatehouse::storage
