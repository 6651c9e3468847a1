// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"
#include "storage/clock.hpp"
#include "storage/log.hpp"
#include "storage/sqlite/database.hpp"
#include "storage/sqlite/open.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::storage::sqlite {

// The keys of a store, in a file of their own beside it (docs/store-format.md): what copies the log
// copies no key, and what is deleted here is overwritten, in the WAL too. Two files cannot commit
// as one, so keys are durable before the events that they came with: a key without its event harms
// nobody, and the next one of that actor takes its place. After a failure the file is closed, and
// opened anew for a later question, as SqliteLog opens its own; until then everything answers
// `unavailable`. A file that is damaged so that it cannot be opened is put aside, and a new one
// begun (keys_aside.hpp); who only reads goes on without. What asks a damaged page fails with
// `internal`, and the file stays open; a row that is not what was written counts as deleted: better
// a name is missing than a room. Belongs to one thread at a time.
class KeyFile {
public:
    using Memberships = std::vector<events::Membership>;

    [[nodiscard]] static Result<std::unique_ptr<KeyFile>> open(Options const& options);

    // All of their keys, in one transaction.
    [[nodiscard]] Result<void> keep(std::span<events::StreamAppend const* const> appends);
    [[nodiscard]] Result<std::vector<events::MemberKey>> of_stream(std::string_view stream);
    // As storage::Log has them.
    [[nodiscard]] Result<Memberships> memberships(
        std::string_view subject, std::string_view after, std::size_t memberships_max);
    [[nodiscard]] Result<std::uint64_t> forget(std::string_view subject);
    [[nodiscard]] Result<std::uint64_t> forget_keys(std::span<std::uint64_t const> numbers);
    [[nodiscard]] Result<Memberships> keys(std::uint64_t after, std::size_t memberships_max);
    [[nodiscard]] Result<KeyRing> key_ring();
    [[nodiscard]] Result<void> drop_keys(std::string_view stream);
    // Puts back what a backup has, by the numbers that it had. For a file that nobody uses yet.
    [[nodiscard]] Result<void> restore(KeyRing const& ring);
    [[nodiscard]] Result<void> restore(std::span<events::Membership const> memberships);

private:
    struct Opened {
        Database database;
        Statement begin;
        Statement commit;
        Statement add;
        Statement replace;
        Statement of_stream;
        Statement of_subject;
        Statement after;
        Statement forget;
        Statement forget_one;
        Statement blank_one;
        Statement count_forgotten;
        Statement drop;
        Statement ring;
    };

    explicit KeyFile(Options options)
        : options_(std::move(options))
    { }

    Result<void> open();
    Result<void> open_anyway();
    void failed(Error const& why);
    Result<void> leave_no_trace();
    template <typename Remove>
    Result<std::uint64_t> forget_with(Opened& opened, Remove const& remove);
    // Asks the file, and closes it where it fails.
    template <typename Work>
    auto with(Work const& work) -> decltype(work(std::declval<Opened&>()))
    {
        if (is_absent_)
            return {};
        if (!opened_ && now() >= retry_at_)
            if (auto const again = open_anyway(); !again)
                failed(again.error());
        if (!opened_)
            return fail(ErrorCode::unavailable, why_closed_.message, why_closed_.detail);
        auto answer = work(*opened_);
        if (!answer && answer.error().code == ErrorCode::internal)
            failed(answer.error());
        else if (answer)
            pause_ = {};
        return answer;
    }
    // Without a number the next one is taken.
    Result<void> add(Opened& opened, std::optional<std::uint64_t> number,
        std::string_view stream, events::MemberKey const& member);
    template <typename Work>
    static Result<void> transaction(Opened& opened, Work const& work);

    Options options_;
    std::unique_ptr<Opened> opened_; // Null while it cannot be opened,
    Error why_closed_{};             // for this reason.
    std::chrono::milliseconds pause_{};
    Moment retry_at_{};
    bool has_traces_ = true; // Of what was deleted, as far as is known.
    bool is_absent_ = false; // There is none to read, and nothing may be written.
};

} // namespace gatehouse::storage::sqlite
