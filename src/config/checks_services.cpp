// SPDX-License-Identifier: Apache-2.0
#include "config/checking.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <vector>

namespace gatehouse::config {
namespace {

void check_endpoint(Checking& check, std::vector<Address> const& endpoints, std::size_t i,
    std::string const& pointer)
{
    auto const& endpoint = endpoints[i];
    if (check.is_blamed(pointer))
        return;
    if (endpoint.host.empty() || endpoint.port == 0)
        check.wrong(pointer,
            fmt::format("{} can't be connected to: write host:port, such as 10.0.0.4:8080",
                quote(write_value(endpoint))));
    else if (std::ranges::find(endpoints, endpoint) - endpoints.begin() != std::ptrdiff_t(i))
        check.wrong(
            pointer, fmt::format("{} is listed twice: remove one", quote(write_value(endpoint))));
}

} // namespace

void check_services(Checking& check)
{
    for (auto const& [name, service] : check.settings().services) {
        auto const pointer = member_pointer("/services", name);
        if (name == "rooms")
            check.wrong(pointer, "\"rooms\" is the room server: give the service another name");
        for (std::size_t i = 0; i < service.endpoints.size(); i++)
            check_endpoint(check, service.endpoints, i, fmt::format("{}/endpoints/{}", pointer, i));
        if (!service.health.path.empty() && !service.health.path.starts_with('/'))
            check.wrong(pointer + "/health",
                fmt::format(
                    "{} is no path: write one that begins with /", quote(service.health.path)));
    }
}

} // namespace gatehouse::config
