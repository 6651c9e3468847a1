// SPDX-License-Identifier: Apache-2.0
#include "gateway/upstream_pool.hpp"

#include "base/assert.hpp"
#include "gateway/upstream_call.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::gateway {

Service::Service(ServiceOptions with)
    : options(std::move(with))
    , states(options.endpoints.size())
    , idle(options.endpoints.size())
{
}

UpstreamConnection::UpstreamConnection(
    UpstreamPool& pool, ConnectionId id, std::shared_ptr<Service> service, std::size_t endpoint)
    : pool_(pool)
    , id_(id)
    , service_(std::move(service))
    , endpoint_(endpoint)
    , idle_timer_([this] { pool_.discard(*this); })
{
}

void UpstreamConnection::serve(UpstreamCall& call, std::string_view method)
{
    GH_ASSERT(!call_);
    call_ = &call;
    has_answered_ = false;
    parser_.begin(method);
}

void UpstreamConnection::received(std::string_view bytes)
{
    if (!call_)
        return pool_.discard(*this);
    has_answered_ = true;
    read_on(bytes);
}

// Any callback may end the call.
void UpstreamConnection::read_on(std::string_view input)
{
    while (call_)
        switch (parser_.next(input)) {
        case http::Step::need_more: return;
        case http::Step::head:
            if (parser_.head().is_interim())
                call_->interim(parser_.head());
            else if (parser_.head().status != 101)
                call_->answered(parser_.head());
            break;
        case http::Step::body: call_->received(parser_.body()); break;
        case http::Step::end: {
            if (parser_.head().status == 101)
                return std::exchange(call_, nullptr)->upgraded(parser_.head(), input);
            bool const is_clean
                = parser_.head().keeps_alive && input.empty() && call_->is_sent();
            return complete(is_clean ? Reuse::yes : Reuse::no);
        }
        case http::Step::error: return call_->lost(CallFailure::malformed);
        }
}

// The connection is back in the pool before anybody hears of it, ready for the next call.
void UpstreamConnection::complete(Reuse reuse)
{
    auto& call = *std::exchange(call_, nullptr);
    if (reuse == Reuse::yes)
        pool_.keep(*this);
    else
        pool_.discard(*this);
    call.completed();
}

void UpstreamConnection::drained()
{
    if (call_)
        call_->drained();
}

void UpstreamConnection::connected()
{
    is_connected_ = true;
    if (call_)
        call_->connected();
}

void UpstreamConnection::ended()
{
    if (!call_)
        return pool_.discard(*this);
    if (parser_.finish() == http::Step::end)
        return complete(Reuse::no);
    call_->lost(CallFailure::reset);
}

void UpstreamConnection::closed(CloseReason reason)
{
    if (!call_)
        return pool_.discard(*this);
    call_->lost(reason == CloseReason::refused ? CallFailure::connect : CallFailure::reset);
}

void UpstreamConnection::abandon()
{
    call_ = nullptr;
    pool_.ports_.wire.reset(id_);
    pool_.connections_.forget(id_);
}

UpstreamConnection& UpstreamPool::take(
    std::shared_ptr<Service> const& service, std::size_t endpoint, From from)
{
    auto& idle = service->idle[endpoint];
    if (from == From::pool && !idle.empty()) {
        auto& connection = *idle.back();
        idle.pop_back();
        ports_.timers.cancel(connection.idle_timer_);
        return connection;
    }
    auto const id = ports_.wire.dial(service->options.endpoints[endpoint]);
    auto made = std::make_unique<UpstreamConnection>(*this, id, service, endpoint);
    auto& connection = *made;
    connections_.adopt(id, std::move(made));
    return connection;
}

void UpstreamPool::keep(UpstreamConnection& connection)
{
    auto const& service = *connection.service_;
    auto& idle = connection.service_->idle[connection.endpoint_];
    if (service.is_retired || idle.size() >= service.options.idle_max)
        return discard(connection);
    connection.was_idle_ = true;
    idle.push_back(&connection);
    ports_.wire.resume(connection.id_);
    ports_.timers.arm(
        connection.idle_timer_, ports_.now.steady + service.options.idle_timeout);
}

void UpstreamPool::discard(UpstreamConnection& connection)
{
    std::erase(connection.service_->idle[connection.endpoint_], &connection);
    ports_.timers.cancel(connection.idle_timer_);
    ports_.wire.close(connection.id_);
    connections_.forget(connection.id_);
}

void UpstreamPool::retire(Service& service)
{
    service.is_retired = true;
    for (auto const& idle : service.idle)
        for (auto* const connection : std::vector(idle))
            discard(*connection);
}

}  // namespace gatehouse::gateway
