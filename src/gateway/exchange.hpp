// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"
#include "gateway/client.hpp"
#include "gateway/exchange_access.hpp"
#include "gateway/exchange_answer.hpp"
#include "gateway/exchange_attempt.hpp"
#include "gateway/exchange_body.hpp"
#include "gateway/exchange_limits.hpp"
#include "gateway/plan.hpp"
#include "gateway/ports.hpp"
#include "http/message.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::gateway {

struct Exchange;

// Whose exchange it is, as stages see it that wait for an answer.
class Waiting {
public:
    // The stage that suspended the exchange has what it waited for.
    virtual void go_on() = 0;

protected:
    ~Waiting() = default;
};

// For answers that come later: finds the exchange as long as its request lasts.
class ExchangeHandle {
public:
    explicit ExchangeHandle(Exchange& exchange);
    [[nodiscard]] Exchange* get() const; // Null: nobody waits any more.

private:
    std::weak_ptr<Exchange*> exchange_;
    std::uint64_t number_;
};

// One request on its way through the pipeline, and what was found out about it. Used again for a
// later one, so that its buffers are allocated once.
struct Exchange {
    explicit Exchange(UpstreamPool& pool) : attempt(pool) {}

    // Ready for the next request.
    void begin(std::shared_ptr<Plan const> in_force);
    // Answers with the one error body. Status 0: the code's own.
    void refuse(ErrorCode code, std::string_view message, int status = 0);
    // All of the body is here, if only because there is none.
    [[nodiscard]] bool has_body() const
    {
        return body.is_over || head->framing == http::Framing::none;
    }
    [[nodiscard]] Asker asker() const;

    // The request.
    Client* client = nullptr;       // Who asks,
    Waiting* waiting = nullptr;     // and whose exchange
    CallListener* caller = nullptr; // it is.
    Listener listener{};
    bool is_secure = false; // By TLS.
    identity::Certificate const* certificate = nullptr; // The client's; null: it showed none.
    http::RequestHead const* head = nullptr; // Lent by the client. Null: malformed.
    std::string_view transport_peer; // Whose connection it is,
    std::string peer;                // and on whose behalf, if trusted proxies say so.
    std::string path;                // Normalised.
    std::string request_id;
    std::string traceparent;
    bool continues_trace = false; // The client's own, so that its tracestate belongs to it.

    // What was decided, by who decides it.
    std::shared_ptr<Plan const> plan;
    PlannedRoute const* route = nullptr;
    ExchangeAccess access;
    ExchangeLimits limits;
    ExchangeBody body;
    ExchangeAttempt attempt;
    ExchangeAnswer answer;

    // How it goes.
    std::size_t next_stage = 0;
    bool is_suspended = false; // Waits for an answer; the body stays unread meanwhile.
    std::string_view failure;  // Why it went wrong, for the log.
    TimePoint began_at{};

private:
    friend class ExchangeHandle;
    std::shared_ptr<Exchange*> self_; // Made for the first handle, kept for all.
    std::uint64_t number_ = 0;        // Of the requests that were served.
};

}  // namespace gatehouse::gateway
