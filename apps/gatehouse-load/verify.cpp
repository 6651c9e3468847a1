// SPDX-License-Identifier: Apache-2.0
#include "verify.hpp"

#include "dialler.hpp"
#include "http_calls.hpp"

#include <fmt/format.h>

namespace gatehouse::load {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t rooms_at_once = 8;

class Verification {
public:
    Verification(runtime::Reactor& reactor, Target const& admin,
        std::span<RoomRecord const* const> records, Duration patience)
        : reactor_(reactor)
        , records_(records)
        , patience_(patience)
        , dialler_(reactor, 64)
        , http_(dialler_, admin, rooms_at_once)
        , progress_at_(reactor.now().steady)
        , again_([this] { ask_again(); })
    {
    }

    Result<Verified> run()
    {
        for (std::size_t i = 0; i < rooms_at_once; i++)
            take_next();
        while (verified_.rooms < records_.size() && !error_) {
            reactor_.turn(1s);
            if (reactor_.now().steady - progress_at_ >= patience_)
                return fail(ErrorCode::unavailable,
                    fmt::format("histories of {} of {} rooms were read from the admin API, then "
                                "nothing came for {} s: {}", verified_.rooms, records_.size(),
                        std::chrono::duration_cast<std::chrono::seconds>(patience_).count(),
                        last_trouble_.empty() ? "no answer" : last_trouble_));
        }
        if (error_)
            return std::unexpected(*error_);
        return std::move(verified_);
    }

private:
    struct Reading {
        RoomRecord const* record;
        std::vector<Past> history{};
        bool is_whole = false; // Then who came is asked for.
    };

    void take_next()
    {
        if (next_ < records_.size())
            ask(std::make_shared<Reading>(records_[next_++]));
    }

    void ask(std::shared_ptr<Reading> reading)
    {
        auto const after = reading->history.empty() ? 0 : reading->history.back().version;
        auto const what = reading->is_whole ? "keys" : fmt::format("events?after={}", after);
        http_.call({.method = "GET",
                       .target = fmt::format("/admin/rooms/{}/{}", reading->record->room(), what)},
            [this, reading](Result<HttpCalls::Answer> const& answer) { take(reading, answer); });
    }

    void take(std::shared_ptr<Reading> const& reading, Result<HttpCalls::Answer> const& answer)
    {
        if (!answer || answer->status >= 500) {
            last_trouble_
                = answer ? fmt::format("it answers {}", answer->status) : answer.error().message;
            to_ask_again_.push_back(reading);
            reactor_.timers().arm(again_, reactor_.now().steady + 200ms);
            return;
        }
        progress_at_ = reactor_.now().steady;
        if (answer->status == 404)
            return finish(*reading); // Nothing is kept of it.
        auto const parsed = parser_.parse(answer->body);
        if (reading->is_whole) {
            if (parsed && answer->status == 200 && name_those_who_came(reading->history, *parsed))
                return finish(*reading);
            return give_up(*reading, *answer);
        }
        auto page = parsed && answer->status == 200 ? read_page(*parsed) : std::nullopt;
        if (!page)
            return give_up(*reading, *answer);
        std::ranges::move(page->events, std::back_inserter(reading->history));
        reading->is_whole = page->is_last;
        ask(reading);
    }

    void give_up(Reading const& reading, HttpCalls::Answer const& answer)
    {
        error_ = Error{ErrorCode::internal,
            fmt::format("GET /admin/rooms/{}/{} answered {}: {}", reading.record->room(),
                reading.is_whole ? "keys" : "events", answer.status,
                std::string_view(answer.body).substr(0, 200))};
    }

    void finish(Reading const& reading)
    {
        reading.record->compare(reading.history, verified_.verdict);
        verified_.events += reading.history.size();
        verified_.rooms++;
        take_next();
    }

    void ask_again()
    {
        for (auto& reading : std::exchange(to_ask_again_, {}))
            ask(std::move(reading));
    }

    runtime::Reactor& reactor_;
    std::span<RoomRecord const* const> records_;
    Duration patience_;
    Dialler dialler_;
    HttpCalls http_;
    json::Parser parser_{};
    std::size_t next_ = 0;
    Verified verified_{};
    TimePoint progress_at_;
    Timer again_;
    std::vector<std::shared_ptr<Reading>> to_ask_again_{};
    std::optional<Error> error_{};
    std::string last_trouble_{};
};

}  // namespace

Result<Verified> verify(runtime::Clock& clock, Target const& admin,
    std::span<RoomRecord const* const> records, Duration patience)
{
    runtime::Reactor reactor(clock);
    return Verification(reactor, admin, records, patience).run();
}

}  // namespace gatehouse::load
