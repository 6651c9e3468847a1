// SPDX-License-Identifier: Apache-2.0
#include "server/key_fetcher.hpp"

#include <utility>

namespace gatehouse::server {

KeyFetcher::KeyFetcher(runtime::Clock& clock, Tell tell)
    : clock_(clock)
    , tell_(std::move(tell))
    , thread_([this] { run(); })
{ }

KeyFetcher::~KeyFetcher()
{
    stop();
}

void KeyFetcher::ask(Question question)
{
    static_cast<void>(queue_.try_push(std::move(question), 1));
}

void KeyFetcher::stop()
{
    stopping_.request_stop();
    queue_.close();
    if (thread_.joinable())
        thread_.join();
}

void KeyFetcher::run()
{
    for (auto waiting = queue_.wait_and_take_all(); !waiting.empty();
         waiting = queue_.wait_and_take_all())
        for (auto const& question : waiting) {
            if (!stopping_.stop_requested())
                serve(question);
            queue_.release(1);
        }
}

void KeyFetcher::serve(Question const& question)
{
    auto const& options = question.options;
    KeyPlace const place{options.url, options.judged.rules.issuer};
    auto const last = last_.find(question.way);
    auto const now = clock_.read().steady;
    if (last != last_.end() && last->second.place == place
        && now - last->second.ended < options.cooldown * 9 / 10) // Clocks of shards lag a turn.
        return tell_(question.asker, question, last->second.came);
    auto came = fetch_keys(place, stopping_.get_token());
    if (stopping_.stop_requested())
        return;
    tell_(std::nullopt, question, came);
    // By its end: where that took longer than the cooldown, whoever waited asks again at once, and
    // must hear what came of it, or they would wait for ever while the issuer hangs.
    last_.insert_or_assign(question.way, Last{place, clock_.read().steady, std::move(came)});
}

} // namespace gatehouse::server
