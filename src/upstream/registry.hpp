// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "upstream/endpoint.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::upstream {

// What an instance says of itself.
struct Registration {
    std::string address; // "host:port"
    int weight = weight_usual;
    std::string version{};
    std::map<std::string, std::string> metadata{};
    Duration ttl = std::chrono::seconds(30);

    bool operator==(Registration const&) const = default;
};

struct Instance {
    std::string id;
    Registration says;
    TimePoint renewed{};
    TimePoint due{};         // When its lease ends.
    bool is_overdue = false; // It has ended in a silence of all: see Registry.
};

struct RegistryOptions {
    std::size_t services_max = 1'000;
    std::size_t instances_max = 1'000; // Of a service.
    std::size_t entries_max = 16;      // Of metadata.
    std::size_t bytes_max = 256;       // Of an address, a version, a key or a value.
    Duration ttl_min = std::chrono::seconds(1);
    Duration ttl_max = std::chrono::hours(24);
};

// Instances that registered themselves, each for as long as its lease lasts.
//
// Whoever wants to stay renews three times in a lease, so that two may be lost. A lease that is not
// renewed ends, but only if somebody, of whatever service, was heard in its second half. If nobody
// was, it is this registry that cannot be reached, or that stood still: then the lease is overdue
// and its instance stays, and when somebody is heard again, it begins anew from then. So an outage
// of the registry keeps the last set and never empties it, and a lone instance that dies stays
// until somebody else is heard: health checks and ejection are what notice that.
//
// Pure: it is told the time; ids are the caller's, who throws the dice. Bounds: RegistryOptions;
// newcomers are refused (busy) where it is full. A renewal costs O(instances of the service), all
// else O(log instances) for each lease that it touches. Belongs to one shard.
class Registry {
public:
    explicit Registry(RegistryOptions const& options = {})
        : options_(options)
    { }

    // An address that is there already is taken over: whoever has restarted has a new id, and the
    // old one is worth nothing any more. Fails with bad_request (what of it is wrong), busy (full).
    [[nodiscard]] Result<Instance> enter(
        std::string_view service, std::string id, Registration says, TimePoint now);
    // Fails with not_found: register again.
    [[nodiscard]] Result<Instance> renew(
        std::string_view service, std::string_view id, TimePoint now);
    // False where it is not there.
    bool drop(std::string_view service, std::string_view id);

    // Ends what is due. The services that lost a lease since it was asked last.
    [[nodiscard]] std::set<std::string> expire(TimePoint now);
    // When that has to be done next.
    [[nodiscard]] std::optional<TimePoint> next() const;

    // In the order of addresses; empty where there are none.
    [[nodiscard]] std::vector<Instance> instances(std::string_view service) const;
    [[nodiscard]] std::vector<std::string> services() const;
    // Grows with each change that callers of the service would notice; renewals are none.
    [[nodiscard]] std::uint64_t version() const { return version_; }

    // How soon after each renewal the next should come.
    [[nodiscard]] static Duration renew_within(Instance const& instance)
    {
        return instance.says.ttl / 3;
    }

private:
    struct Key {
        std::string service;
        std::string address;
        auto operator<=>(Key const&) const = default;
    };
    using Service = std::map<std::string, Instance, std::less<>>; // By address.
    using Services = std::map<std::string, Service, std::less<>>;

    [[nodiscard]] Result<void> check(Registration const& says) const;
    [[nodiscard]] Result<void> check_room(std::string_view service, std::string_view address) const;
    void end_due(TimePoint now);
    void hear(TimePoint now);
    void begin_lease(std::string_view service, Instance& instance, TimePoint now);
    void remove(Services::iterator service, Service::iterator instance);

    RegistryOptions options_;
    Services services_{};
    std::set<std::pair<TimePoint, Key>> due_{}; // Leases that have not ended.
    std::set<Key> overdue_{};
    std::optional<TimePoint> heard_{}; // Somebody, last.
    std::set<std::string> ended_{};    // Services, not told yet.
    std::uint64_t version_ = 0;
};

} // namespace gatehouse::upstream
