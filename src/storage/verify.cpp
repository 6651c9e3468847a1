// SPDX-License-Identifier: Apache-2.0
#include "storage/verify.hpp"

#include "events/chain.hpp"

#include <fmt/core.h>

#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace gatehouse::storage {

using events::Event;
using events::Finding;
using events::StreamHead;
using events::Version;

namespace {

constexpr std::size_t streams_per_page = 256;
constexpr std::size_t events_per_page = 1000;

// The same for the same events, in whatever order they come.
class Tally {
public:
    void add(std::string_view stream, Event const& event)
    {
        auto const link = events::chain_link(events::chain_start(stream), event);
        std::uint64_t word = 0;
        std::memcpy(&word, link.data(), sizeof word);
        sum_ += word;
        count_++;
    }

    [[nodiscard]] std::uint64_t count() const { return count_; }
    bool operator==(Tally const&) const = default;

private:
    std::uint64_t sum_ = 0;
    std::uint64_t count_ = 0;
};

class Verifier {
public:
    Verifier(Log& log, OnFinding const& on_finding, OnProgress const& on_progress)
        : log_(log)
        , on_finding_(on_finding)
        , on_progress_(on_progress)
    { }

    Verified run()
    {
        bool const knows_all = verify_streams();
        if (verify_log() && knows_all && verified_.findings == 0 && logged_ != streamed_)
            found({}, 0,
                fmt::format("the log tells of other events ({}) than the streams ({})",
                    logged_.count(), streamed_.count()));
        return verified_;
    }

private:
    void found(Finding finding)
    {
        verified_.findings++;
        on_finding_(std::move(finding));
    }

    void found(std::string stream, Version version, std::string what)
    {
        found({std::move(stream), version, std::move(what)});
    }

    void found(std::string stream, Version version, Error const& error)
    {
        found(std::move(stream), version, error.detail.empty() ? error.message : error.detail);
    }

    bool verify_streams()
    {
        std::string after;
        while (true) {
            auto const heads = log_.streams(after, streams_per_page);
            if (!heads) {
                found({}, 0, heads.error());
                return false;
            }
            if (heads->empty())
                return true;
            for (auto const& head : *heads) {
                if (head.stream <= after) {
                    found(head.stream, 0, "the streams are not in the order of their names");
                    return false;
                }
                after = head.stream;
                verify_stream(head);
                verified_.streams++;
            }
        }
    }

    void verify_stream(StreamHead const& head)
    {
        auto const history = log_.hydrate(head.stream, 0);
        if (!history)
            found(head.stream, head.floor, history.error());
        events::StreamCheck check(head, history ? history->snapshot : std::nullopt,
            [this](Finding finding) { found(std::move(finding)); });
        while (check.version() < head.version) {
            auto const page = log_.read(head.stream, check.version(), events_per_page);
            if (!page)
                return found(head.stream, check.version() + 1, page.error());
            if (page->empty())
                break;
            for (auto const& event : *page) {
                verified_.events++;
                streamed_.add(head.stream, event);
                check.take(event);
            }
            on_progress_(verified_);
        }
        check.finish();
    }

    bool verify_log()
    {
        std::array<std::uint64_t, slots_total> last_positions{};
        for (events::LogCursor from = 0;;) {
            auto const page = log_.log(from, page_events_max);
            if (!page) {
                found({}, 0, page.error());
                return false;
            }
            for (auto const& each : page->events) {
                logged_.add(each.stream, each.event);
                if (each.slot != slot_of(each.stream)
                    || each.position <= std::exchange(last_positions[each.slot], each.position))
                    found(each.stream, each.event.version,
                        fmt::format("position {} of slot {} is out of order", each.position,
                            each.slot));
            }
            on_progress_(verified_);
            if (page->is_last)
                return true;
            if (page->next <= from) {
                found({}, 0, "the log does not go on");
                return false;
            }
            from = page->next;
        }
    }

    Log& log_;
    OnFinding const& on_finding_;
    OnProgress const& on_progress_;
    Verified verified_;
    Tally streamed_;
    Tally logged_;
};

} // namespace

Verified verify(Log& log, OnFinding const& on_finding, OnProgress const& on_progress)
{
    return Verifier(log, on_finding, on_progress).run();
}

} // namespace gatehouse::storage
