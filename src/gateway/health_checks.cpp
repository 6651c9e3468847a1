// SPDX-License-Identifier: Apache-2.0
#include "gateway/health_checks.hpp"

#include "gateway/upstream_call.hpp"
#include "http/writer.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::gateway {

// The checks of one endpoint.
class Probe final : private CallListener {
public:
    Probe(Context& context, HealthChecks& checks, std::shared_ptr<Service> service,
        std::size_t endpoint)
        : ports_(context.ports)
        , checks_(checks)
        , service_(std::move(service))
        , endpoint_(endpoint)
        , healthy_(ports_.metrics.gauge("gatehouse_endpoint_healthy", "1: it passes its checks.",
              {{"service", service_->options.name}, {"endpoint", address()}}))
        , call_(context.upstreams)
        , next_([this] { ask(); })
    {
        healthy_.set(1);
        ports_.timers.arm(next_, ports_.now.steady);
    }

    ~Probe() override { call_.cancel(); }

    [[nodiscard]] Service const& service() const { return *service_; }

private:
    static constexpr std::size_t body_max = 64 * 1024;

    [[nodiscard]] HealthOptions const& options() const { return service_->options.health; }
    [[nodiscard]] std::string const& address() const
    {
        return service_->options.endpoints[endpoint_];
    }

    void ask()
    {
        ports_.timers.arm(next_, ports_.now.steady + options().interval);
        if (call_.is_under_way())
            return;
        is_good_ = false;
        body_size_ = 0;
        http::HeadWriter(call_.head()).request("GET", options().path).field("Host", address())
            .field("User-Agent", "gatehouse-health").end();
        call_.start({.service = service_,
                        .endpoint = endpoint_,
                        .method = "GET",
                        .framing = http::Framing::none,
                        .wants_upgrade = false,
                        .timeout = options().timeout},
            *this);
    }

    void judge()
    {
        auto& state = service_->states[endpoint_];
        streak_ = is_good_ == state.healthy ? 0 : streak_ + 1;
        if (streak_ >= (is_good_ ? options().up : options().down)) {
            state.healthy = is_good_;
            streak_ = 0;
            healthy_.set(is_good_ ? 1 : 0);
            ports_.log.line(observe::Level::warning, "endpoint changed", ports_.now.wall)
                .field("service", service_->options.name)
                .field("endpoint", address())
                .field("healthy", is_good_);
            if (is_good_)
                tell(true);
        }
        if (!state.healthy)
            tell(false);
    }

    void tell(bool is_healthy)
    {
        checks_.tell(
            {.service = service_->options.name, .endpoint = address(), .healthy = is_healthy});
    }

    void call_interim(http::ResponseHead const&) override { }
    void call_head(http::ResponseHead const& head) override
    {
        is_good_ = head.status >= 200 && head.status < 400;
    }
    void call_body(std::string_view bytes) override
    {
        body_size_ += bytes.size();
        if (body_size_ > body_max) {
            call_.cancel();
            judge();
        }
    }
    void call_end() override { judge(); }
    void call_upgraded(http::ResponseHead const&, ConnectionId, std::string_view) override
    {
        std::unreachable(); // Never asked for.
    }
    void call_failed(CallFailure) override
    {
        is_good_ = false;
        judge();
    }
    void call_drained() override { }

    Ports const& ports_;
    HealthChecks& checks_;
    std::shared_ptr<Service> service_;
    std::size_t endpoint_;
    observe::Gauge& healthy_;
    UpstreamCall call_;
    Timer next_;
    std::size_t body_size_ = 0;
    int streak_ = 0; // Results in a row that contradict the state.
    bool is_good_ = false;
};

HealthChecks::HealthChecks(Context& context) : context_(context) {}

HealthChecks::~HealthChecks() = default;

void HealthChecks::follow(Plan const& plan)
{
    auto const is_of_plan = [&plan](Service const& service) {
        return std::ranges::any_of(
            plan.services, [&](auto const& each) { return each.get() == &service; });
    };
    std::erase_if(probes_, [&](auto const& probe) { return !is_of_plan(probe->service()); });
    for (auto const& service : plan.services) {
        bool const is_known = std::ranges::any_of(
            probes_, [&](auto const& probe) { return &probe->service() == service.get(); });
        if (is_known || service->options.health.path.empty())
            continue;
        for (std::size_t i = 0; i < service->options.endpoints.size(); i++)
            probes_.push_back(std::make_unique<Probe>(context_, *this, service, i));
    }
}

}  // namespace gatehouse::gateway
