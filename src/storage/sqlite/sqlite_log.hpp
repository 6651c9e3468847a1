// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/clock.hpp"
#include "storage/log.hpp"
#include "storage/sqlite/log_file.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::storage::sqlite {

// The embedded store: one LogFile, and what to do when it fails.
//
// A commit that failed is never tried again: fsync may report an error once and success ever after,
// though the pages are lost. The file is closed, opened anew, and the heads are read from what is
// really there. Where that fails too, everything answers `unavailable`, and opening is tried again,
// at first after 100 ms, later after at most 5 s, when somebody asks. Belongs to one thread at a
// time.
class SqliteLog final : public Log {
public:
    [[nodiscard]] static Result<std::unique_ptr<SqliteLog>> open(Options options);

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
    Result<void> compact(std::string_view stream, events::Version up_to) override;
    Result<void> erase(std::string_view stream, events::Version version) override;
    Result<std::vector<events::Membership>> keys(
        std::uint64_t after, std::size_t memberships_max) override;
    Result<KeyRing> key_ring() override;
    Result<void> drop_keys(std::string_view stream) override;
    Result<CopyProgress> copy(std::filesystem::path const& file, std::size_t pages) override;

private:
    SqliteLog(Options options, std::unique_ptr<LogFile> file)
        : options_(std::move(options))
        , file_(std::move(file))
    { }

    // Asks the file to write, and opens it anew where it is unknown what was written.
    template <typename Ask>
    auto write(Ask const& ask) -> decltype(ask(std::declval<LogFile&>()))
    {
        auto answer = ask(*GH_TRY(file()));
        if (!answer && answer.error().code == ErrorCode::internal)
            reopen();
        return answer;
    }
    Result<LogFile*> file();
    void reopen();

    Options options_;
    std::unique_ptr<LogFile> file_; // Null while it cannot be opened,
    Error why_closed_{};            // for this reason.
    std::chrono::milliseconds pause_{};
    Moment retry_at_{};
};

} // namespace gatehouse::storage::sqlite
