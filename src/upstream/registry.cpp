// SPDX-License-Identifier: Apache-2.0
#include "upstream/registry.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace gatehouse::upstream {
namespace {

std::string in_seconds(Duration duration)
{
    return fmt::format("{}s", std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

bool is_port(std::string_view text)
{
    int port = 0;
    auto const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, port);
    return read.ec == std::errc() && read.ptr == end && text.front() != '0' && port > 0
        && port <= 65'535;
}

// A name, an IPv4 address, or an IPv6 one in brackets. Who cannot be resolved is not called.
bool is_host(std::string_view text)
{
    bool const is_bracketed = text.starts_with('[') && text.ends_with(']') && text.size() > 2;
    if (is_bracketed)
        text = text.substr(1, text.size() - 2);
    return !text.empty() && std::ranges::all_of(text, [&](char byte) {
        auto const letter = static_cast<char>(byte | 0x20);
        return (letter >= 'a' && letter <= 'z') || (byte >= '0' && byte <= '9') || byte == '.'
            || (is_bracketed ? byte == ':' : byte == '-' || byte == '_');
    });
}

// That there is a port is what most forget.
bool is_address(std::string_view text)
{
    auto const colon = text.rfind(':');
    return colon != text.npos && is_host(text.substr(0, colon)) && is_port(text.substr(colon + 1));
}

} // namespace

Result<void> Registry::check(Registration const& says) const
{
    auto const wrong
        = [](std::string message) { return fail(ErrorCode::bad_request, std::move(message)); };
    if (says.address.size() > options_.bytes_max || !is_address(says.address))
        return wrong("`address` has to be host:port, such as \"10.0.0.7:8080\".");
    if (says.weight < 1 || says.weight > weight_max)
        return wrong(fmt::format("`weight` is {}; it has to be 1 to {}, usually {}.", says.weight,
            weight_max, weight_usual));
    if (says.ttl < options_.ttl_min || says.ttl > options_.ttl_max)
        return wrong(fmt::format("`ttl` has to be {} to {}.", in_seconds(options_.ttl_min),
            in_seconds(options_.ttl_max)));
    if (says.version.size() > options_.bytes_max)
        return wrong(fmt::format("`version` is longer than {} bytes.", options_.bytes_max));
    if (says.metadata.size() > options_.entries_max)
        return wrong(fmt::format("`metadata` has more than {} entries.", options_.entries_max));
    for (auto const& [key, value] : says.metadata)
        if (key.empty() || key.size() > options_.bytes_max || value.size() > options_.bytes_max)
            return wrong(
                fmt::format("A key or value of `metadata` is empty or longer than {} bytes.",
                    options_.bytes_max));
    return {};
}

Result<void> Registry::check_room(std::string_view service, std::string_view address) const
{
    auto const found = services_.find(service);
    if (found == services_.end() && services_.size() >= options_.services_max)
        return fail(ErrorCode::busy,
            fmt::format("There are {} services already; drop one first.", services_.size()));
    bool const is_new = found == services_.end() || !found->second.contains(address);
    if (is_new && found != services_.end() && found->second.size() >= options_.instances_max)
        return fail(ErrorCode::busy,
            fmt::format("The service has {} instances already.", found->second.size()));
    return {};
}

Result<Instance> Registry::enter(
    std::string_view service, std::string id, Registration says, TimePoint now)
{
    if (service.empty() || service.size() > options_.bytes_max || id.empty())
        return fail(ErrorCode::bad_request, "A service has a name, and an instance an id.");
    GH_CHECK(check(says));
    end_due(now);
    GH_CHECK(check_room(service, says.address));
    hear(now);
    auto& instances = services_.try_emplace(std::string(service)).first->second;
    auto const address = says.address;
    auto& instance = instances[address];
    bool const is_changed = instance.id.empty() || instance.says != says;
    version_ += is_changed ? 1 : 0;
    due_.erase({instance.due, {std::string(service), address}});
    overdue_.erase({std::string(service), address});
    instance.id = std::move(id);
    instance.says = std::move(says);
    begin_lease(service, instance, now);
    return instance;
}

Result<Instance> Registry::renew(std::string_view service, std::string_view id, TimePoint now)
{
    end_due(now);
    auto const found = services_.find(service);
    if (found != services_.end())
        for (auto& [address, instance] : found->second)
            if (instance.id == id) {
                hear(now);
                due_.erase({instance.due, {found->first, address}});
                begin_lease(service, instance, now);
                return instance;
            }
    return fail(ErrorCode::not_found, "No such lease; it has ended, so register again.");
}

bool Registry::drop(std::string_view service, std::string_view id)
{
    auto const found = services_.find(service);
    if (found == services_.end())
        return false;
    auto const at = std::ranges::find_if(
        found->second, [&](auto const& each) { return each.second.id == id; });
    if (at == found->second.end())
        return false;
    remove(found, at);
    return true;
}

void Registry::begin_lease(std::string_view service, Instance& instance, TimePoint now)
{
    instance.renewed = now;
    instance.due = now + instance.says.ttl;
    instance.is_overdue = false;
    due_.emplace(instance.due, Key{std::string(service), instance.says.address});
}

// The silence, if it was one, is over: what ended in it begins anew.
void Registry::hear(TimePoint now)
{
    heard_ = std::max(heard_.value_or(now), now);
    for (auto const& key : std::exchange(overdue_, {})) {
        auto& instance = services_.find(key.service)->second.find(key.address)->second;
        begin_lease(key.service, instance, now);
    }
}

// Before anybody is heard at that instant: whoever is heard after a lease has ended is no witness
// of the time before.
void Registry::end_due(TimePoint now)
{
    while (!due_.empty() && due_.begin()->first <= now) {
        auto const key = due_.begin()->second;
        due_.erase(due_.begin());
        auto const service = services_.find(key.service);
        auto const instance = service->second.find(key.address);
        auto const half = instance->second.due - instance->second.says.ttl / 2;
        if (heard_ && *heard_ >= half) {
            ended_.insert(key.service);
            remove(service, instance);
        } else {
            instance->second.is_overdue = true;
            overdue_.insert(key);
        }
    }
}

std::set<std::string> Registry::expire(TimePoint now)
{
    end_due(now);
    return std::exchange(ended_, {});
}

void Registry::remove(Services::iterator service, Service::iterator instance)
{
    Key const key{service->first, instance->first};
    due_.erase({instance->second.due, key});
    overdue_.erase(key);
    service->second.erase(instance);
    if (service->second.empty())
        services_.erase(service);
    version_++;
}

std::optional<TimePoint> Registry::next() const
{
    return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
}

std::vector<Instance> Registry::instances(std::string_view service) const
{
    std::vector<Instance> all;
    if (auto const found = services_.find(service); found != services_.end())
        for (auto const& [address, instance] : found->second)
            all.push_back(instance);
    return all;
}

std::vector<std::string> Registry::services() const
{
    std::vector<std::string> names;
    for (auto const& [name, instances] : services_)
        names.push_back(name);
    return names;
}

} // namespace gatehouse::upstream
