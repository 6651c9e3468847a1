// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/secure_sockets.hpp"
#include "observe/metrics.hpp"

namespace gatehouse::server {

// What a shard's listeners of TLS count, as metrics. Made by the shard that has such a listener.
class TlsMetrics {
public:
    explicit TlsMetrics(observe::Metrics& metrics);

    // As it is now.
    void follow(net::SecureSockets::Tally const& tally);

private:
    net::SecureSockets::Tally seen_;
    observe::Counter& whole_;
    observe::Counter& resumed_;
    observe::Counter& failed_;
    observe::Counter& crowded_out_;
    observe::Counter& strangers_;
};

// When each certificate runs out. By one shard: those of others would be added to it.
void tell_expiry(observe::Metrics& metrics, net::TlsContexts const& contexts);

} // namespace gatehouse::server
