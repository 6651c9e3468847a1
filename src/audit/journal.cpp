// SPDX-License-Identifier: Apache-2.0
#include "audit/journal.hpp"

#include "base/assert.hpp"
#include "events/audit.hpp"

#include <memory>
#include <utility>

namespace gatehouse::audit {
namespace {

// An order that cannot be put behind it is not carried out.
Error unreadable(Result<std::vector<events::Event>> const& last)
{
    if (!last && last.error().code == ErrorCode::unavailable)
        return last.error();
    return {ErrorCode::internal,
        "the last entry of the audit log cannot be read: `gatehouse events verify` says what is "
        "damaged, `gatehouse events repair` mends it",
        last ? "it is not there" : last.error().message};
}

} // namespace

void Journal::write(WallTime now, Entry entry, OnKept done)
{
    if (waiting_.size() >= waiting_max)
        return done(fail(ErrorCode::busy, "too many orders wait to be recorded; try again"));
    now_ = now;
    waiting_.push_back({std::move(entry), std::move(done)});
    go_on();
}

void Journal::go_on()
{
    if (is_asking_ || waiting_.empty())
        return;
    is_asking_ = true;
    trail_ ? append() : find_end();
}

void Journal::find_end()
{
    store_.find(std::string(events::audit_category),
        [this](Result<std::vector<events::StreamHead>> const& heads) {
            if (!heads)
                return give_up(heads.error());
            auto const newest = Trail::newest(*heads);
            if (!newest) {
                trail_.emplace();
                return append();
            }
            store_.read(newest->stream, newest->version - 1, 1,
                [this, stream = newest->stream](Result<std::vector<events::Event>> const& last) {
                    if (!last || last->empty())
                        return give_up(unreadable(last));
                    auto const& event = last->front();
                    trail_.emplace(Place{stream, event.version}, event.link);
                    append();
                });
        });
}

void Journal::append()
{
    auto const written = std::make_shared<std::vector<Waiting>>(std::exchange(waiting_, {}));
    std::vector<Entry> entries;
    for (auto& each : *written)
        entries.push_back(std::move(each.entry));
    auto extended = trail_->extend(now_, std::move(entries));
    store_.append(std::move(extended.appends),
        [this, written, places = std::move(extended.places)](
            std::vector<Result<events::Appended>> const& results) {
            GH_ASSERT(results.size() == 1);
            is_asking_ = false;
            if (!results.front())
                trail_.reset();
            for (std::size_t i = 0; i < written->size(); i++)
                (*written)[i].done(results.front()
                        ? Result<Place>(places[i])
                        : std::unexpected(results.front().error()));
            go_on();
        });
}

void Journal::give_up(Error const& why)
{
    is_asking_ = false;
    for (auto& each : std::exchange(waiting_, {}))
        each.done(std::unexpected(why));
    go_on();
}

} // namespace gatehouse::audit
