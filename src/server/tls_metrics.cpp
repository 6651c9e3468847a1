// SPDX-License-Identifier: Apache-2.0
#include "server/tls_metrics.hpp"

#include <string>
#include <string_view>

namespace gatehouse::server {
namespace {

observe::Counter& handshakes(observe::Metrics& metrics, std::string_view result)
{
    return metrics.counter("gatehouse_tls_handshakes",
        "Connections that began with TLS, by what came of it.", {{"result", std::string(result)}});
}

} // namespace

TlsMetrics::TlsMetrics(observe::Metrics& metrics)
    : whole_(handshakes(metrics, "full"))
    , resumed_(handshakes(metrics, "resumed"))
    , failed_(handshakes(metrics, "failed"))
    , crowded_out_(handshakes(metrics, "crowded_out"))
    , strangers_(handshakes(metrics, "not_from_a_trusted_proxy"))
{ }

void TlsMetrics::follow(net::SecureSockets::Tally const& tally)
{
    if (tally == seen_)
        return;
    whole_.add((tally.handshakes - tally.resumed) - (seen_.handshakes - seen_.resumed));
    resumed_.add(tally.resumed - seen_.resumed);
    failed_.add(tally.failed - seen_.failed);
    crowded_out_.add(tally.crowded_out - seen_.crowded_out);
    strangers_.add(tally.strangers - seen_.strangers);
    seen_ = tally;
}

void tell_expiry(observe::Metrics& metrics, net::TlsContexts const& contexts)
{
    for (auto const& each : contexts.certificates())
        metrics
            .gauge("gatehouse_tls_certificate_expires_seconds",
                "When a certificate runs out, in seconds since 1970.", {{"file", each.file}})
            .set(each.not_after.ms / 1000);
}

} // namespace gatehouse::server
