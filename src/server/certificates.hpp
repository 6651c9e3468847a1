// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/timers.hpp"
#include "config/load.hpp"
#include "net/ticket_keys.hpp"
#include "net/tls_contexts.hpp"
#include "observe/log.hpp"
#include "runtime/reactor.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::server {

class Shard;

// What all shards go by who speak TLS, kept up to date by the main thread: certificates as the
// files say, ticket keys that rotate, and a word in the log every day before one runs out.
// Nothing happens where nobody listens for TLS.
class Certificates {
public:
    static constexpr Duration ticket_keys_last = std::chrono::hours(12);
    static constexpr Milliseconds warned_before = std::chrono::hours(30 * 24);

    // What to do with what is new.
    struct Hands {
        std::function<void(std::shared_ptr<net::TlsContexts const>)> use_contexts;
        std::function<void(std::shared_ptr<net::TicketKeys const>)> use_keys;
        std::function<void(observe::Level, std::string_view message, std::string_view detail)> note;
    };

    Certificates(runtime::Reactor& control, Hands hands);

    // At the start: one that is out of date is told of, and served: clients judge for themselves.
    [[nodiscard]] Result<void> begin(config::Loaded const& loaded);
    // For a reload, which comes to nothing where this fails. A new one that is out of date fails.
    [[nodiscard]] Result<std::shared_ptr<net::TlsContexts const>> prepare(
        config::Loaded const& loaded) const;
    void take(std::shared_ptr<net::TlsContexts const> contexts);

    // What to watch for changes.
    [[nodiscard]] static std::vector<std::string> files(config::Settings const& settings);

private:
    void look_at_dates();
    void rotate();

    runtime::Reactor& control_;
    Hands hands_;
    std::shared_ptr<net::TlsContexts const> contexts_; // Null: nobody listens for TLS.
    std::shared_ptr<net::TicketKeys const> keys_;
    Timer next_look_;
    Timer next_keys_;
};

// Each shard is told by a letter. One that is there before it turns is read before any connection.
[[nodiscard]] Certificates::Hands hands_of(
    std::vector<std::unique_ptr<Shard>> const& shards, decltype(Certificates::Hands::note) note);

} // namespace gatehouse::server
