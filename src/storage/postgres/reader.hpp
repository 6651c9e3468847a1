// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/log.hpp"
#include "storage/postgres/connection.hpp"

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::storage::postgres {

// Looks into a store without holding it, whether somebody else does or not: for offline tools.
// Appends answer `unsupported`. Does not connect again.
class Reader final : public Log {
public:
    [[nodiscard]] static Result<std::unique_ptr<Reader>> open(Target const& target);

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
    explicit Reader(Connection connection)
        : connection_(std::move(connection))
    { }

    Connection connection_;
};

} // namespace gatehouse::storage::postgres
