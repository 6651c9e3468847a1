// SPDX-License-Identifier: Apache-2.0
#include "server/certificates.hpp"

#include "base/text.hpp"
#include "server/map_tls.hpp"
#include "server/shard.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

namespace gatehouse::server {

Certificates::Certificates(runtime::Reactor& control, Hands hands)
    : control_(control)
    , hands_(std::move(hands))
    , next_look_([this] { look_at_dates(); })
    , next_keys_([this] { rotate(); })
{ }

Result<void> Certificates::begin(config::Loaded const& loaded)
{
    auto contexts = GH_TRY(load_tls(loaded));
    if (!contexts)
        return {};
    rotate();
    take(std::move(contexts));
    return {};
}

Result<std::shared_ptr<net::TlsContexts const>> Certificates::prepare(
    config::Loaded const& loaded) const
{
    auto contexts = GH_TRY(load_tls(loaded));
    if (contexts)
        GH_CHECK(check_dates(*contexts, contexts_.get(), control_.now().wall));
    return contexts;
}

void Certificates::take(std::shared_ptr<net::TlsContexts const> contexts)
{
    if (!contexts || !keys_) // Listeners come and go with the next start.
        return;
    contexts_ = std::move(contexts);
    hands_.use_contexts(contexts_);
    look_at_dates();
}

void Certificates::rotate()
{
    keys_ = keys_ ? net::TicketKeys::rotated(*keys_) : net::TicketKeys::fresh();
    hands_.use_keys(keys_);
    control_.timers().arm(next_keys_, control_.now().steady + ticket_keys_last);
}

void Certificates::look_at_dates()
{
    auto const now = control_.now().wall;
    for (auto const& each : contexts_->certificates()) {
        auto const names = fmt::format("{}", fmt::join(each.names, ", "));
        if (auto const why = out_of_date(each, now))
            hands_.note(observe::Level::error, "a certificate is out of date", *why);
        else if (each.not_after - now < warned_before)
            hands_.note(observe::Level::warning, "a certificate will soon expire",
                fmt::format("{} ({}) is good until {}: renew it", each.file, names,
                    rfc3339(each.not_after.ms)));
    }
    control_.timers().arm(next_look_, control_.now().steady + std::chrono::hours(24));
}

Certificates::Hands hands_of(
    std::vector<std::unique_ptr<Shard>> const& shards, decltype(Certificates::Hands::note) note)
{
    auto const tell_all = [&shards](auto const& what) {
        for (auto const& shard : shards)
            shard->reactor().mailbox().post_answer([each = shard.get(), what] { each->use(what); });
    };
    return {.use_contexts = tell_all, .use_keys = tell_all, .note = std::move(note)};
}

std::vector<std::string> Certificates::files(config::Settings const& settings)
{
    auto const options = tls_options(settings);
    return options ? options->files() : std::vector<std::string>{};
}

} // namespace gatehouse::server
