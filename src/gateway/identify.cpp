// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

#include "base/text.hpp"
#include "http/grammar.hpp"

#include <algorithm>
#include <ranges>

namespace gatehouse::gateway::stages {
namespace {

constexpr std::size_t request_id_bytes_max = 128;

// IPv6 is written in both ways.
std::string_view without_brackets(std::string_view address)
{
    bool const has_both = address.size() > 2 && address.front() == '[' && address.back() == ']';
    return has_both ? address.substr(1, address.size() - 2) : address;
}

// X-Forwarded-For from its end, where the nearest proxy wrote: the first address that is not a
// trusted proxy's own. What stands before that one, the client may have made up.
std::string_view client_behind_proxies(
    http::Headers const& headers, Config const& config, std::string_view client)
{
    for (auto const& line : std::ranges::reverse_view(headers)) {
        if (!equal_ignoring_case(line.name, "X-Forwarded-For"))
            continue;
        for (auto rest = line.value; !rest.empty();) {
            auto const comma = rest.rfind(',');
            auto const address = http::trim(rest.substr(comma + 1)); // npos + 1 is 0.
            rest = comma == rest.npos ? std::string_view() : rest.substr(0, comma);
            if (!limits::parse_address(without_brackets(address)))
                return client;
            client = without_brackets(address);
            if (!config.trusts(client))
                return client;
        }
    }
    return client;
}

bool is_request_id(std::string_view text)
{
    return text.size() <= request_id_bytes_max && http::is_token(text);
}

void continue_trace(Exchange& exchange, Context& context)
{
    auto const field
        = exchange.head ? exchange.head->headers.find("traceparent") : std::nullopt;
    auto const parent = field ? parse_traceparent(*field) : std::nullopt;
    exchange.continues_trace = parent.has_value();
    auto& out = exchange.traceparent;
    out += "00-";
    if (parent)
        out += parent->trace_id;
    else
        context.identifiers.append(out, 16);
    out += '-';
    context.identifiers.append(out, 8);
    out += '-';
    out += parent ? parent->flags : "00";
}

}  // namespace

Progress identify(Exchange& exchange, Context& context)
{
    exchange.peer = exchange.transport_peer;
    auto const& config = *exchange.plan->config;
    if (exchange.head && config.trusts(exchange.transport_peer)) {
        auto const& headers = exchange.head->headers;
        exchange.peer = client_behind_proxies(headers, config, exchange.transport_peer);
        if (auto const id = headers.find("X-Request-Id"); id && is_request_id(*id))
            exchange.request_id = *id;
    }
    if (exchange.request_id.empty())
        context.identifiers.append(exchange.request_id, 16);
    continue_trace(exchange, context);
    return exchange.answer.refusal ? Progress::answered : Progress::go_on;
}

}  // namespace gatehouse::gateway::stages
