// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"
#include "gateway/plan.hpp"
#include "gateway/ports.hpp"
#include "gateway/upstream_call.hpp"
#include "http/message.hpp"
#include "identity/principal.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::gateway {

// What becomes of a request's body.
enum class Delivery : std::uint8_t {
    discard,
    stream,    // To the upstream, as it comes.
    collect,   // Whole, then to Local::answer.
    hand_over, // There is none, and Local takes the connection.
};

// The connection that an exchange belongs to, as stages see it that wait for an answer.
class Waiting {
public:
    // The stage that suspended the exchange has what it waited for.
    virtual void go_on() = 0;

protected:
    ~Waiting() = default;
};

// One request on its way through the pipeline, and what was found out about it. Used again for a
// later one, so that its buffers are allocated once.
struct Exchange {
    explicit Exchange(UpstreamPool& pool) : call(pool) {}

    // Ready for the next request.
    void begin(std::shared_ptr<Plan const> in_force);
    // Answers with the one error body. Status 0: the code's own.
    void refuse(ErrorCode code, std::string_view message, int status = 0);
    // For answers that come later: expires with the request.
    [[nodiscard]] std::weak_ptr<Exchange*> handle();

    // The request.
    ConnectionId client{};
    Listener listener{};
    http::RequestHead const* head = nullptr; // Lent by the client's connection. Null: malformed.
    CallListener* caller = nullptr; // The client's connection,
    Waiting* waiting = nullptr;     // the same.
    std::string_view transport_peer; // Whose connection it is,
    std::string peer;                // and on whose behalf, if trusted proxies say so.
    std::string path;                // Normalised.
    std::string request_id;
    std::string traceparent;
    bool continues_trace = false; // The client's own, so that its tracestate belongs to it.

    // What was decided.
    std::shared_ptr<Plan const> plan;
    PlannedRoute const* route = nullptr;
    std::optional<identity::Principal> principal;
    std::optional<RateLimiter::Verdict> verdict;
    std::size_t endpoint = 0;
    Delivery delivery = Delivery::discard;
    std::string collected; // Of the body.

    // The answer: an error, one made here, a file, or an upstream's.
    struct Refusal {
        ErrorCode code;
        std::string message;
        int status;
    };
    std::optional<Refusal> refusal;
    std::optional<http::Response> answer;
    File const* file = nullptr;
    std::string allowed;                          // The Allow field of a 405.
    http::ResponseHead const* upstream = nullptr; // Lent by the call while `shape` runs.
    UpstreamCall call;

    // How it goes.
    std::size_t next_stage = 0;
    bool is_suspended = false;   // Waits for an answer; the body stays unread meanwhile.
    bool is_body_over = false;   // All of the request was read.
    bool is_head_sent = false;   // The answer's.
    bool closes = false;         // No request follows on this connection.
    http::Framing framing = http::Framing::none; // Of the answer, towards the client.
    std::string_view failure;    // Why it went wrong, for the log.
    int status = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    TimePoint began_at{};
    TimePoint called_at{};

private:
    std::shared_ptr<Exchange*> self_;
};

}  // namespace gatehouse::gateway
