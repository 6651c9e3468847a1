// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "identity/ways.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::node {

struct GuestOptions {
    std::chrono::seconds ttl{24 * 3600};

    bool operator==(GuestOptions const&) const = default;
};

struct JwtOptions {
    identity::JwtWay::Options judged{};
    std::string keys{}; // A key set that was found good.

    bool operator==(JwtOptions const&) const = default;
};

// One entry of `auth:`.
struct WayOptions {
    std::string name;
    std::variant<GuestOptions, JwtOptions> kind{};

    bool operator==(WayOptions const&) const = default;
};

// The ways to prove who one is, by their names: what routes and sessions ask. Belongs to one shard.
class Ways {
public:
    explicit Ways(identity::SigningKey const& key)
        : guests_(identity::GuestTokens(key))
    { }

    // In place of those there are. One that is equal keeps what it remembers; who waits is told to
    // ask again.
    void change(std::vector<WayOptions> options);

    // By those of these names, in that order; guests where there are none. A name that is gone
    // since the question was asked lets nobody in.
    [[nodiscard]] identity::Answer verify(
        identity::Evidence const& evidence, std::span<std::string const> names, Now const& now);
    // After identity::Later; called once, later. Who waits is bound by who asks.
    void await(std::move_only_function<void()> again) { waiting_.push_back(std::move(again)); }

    // How guests come by one of these ways; null where none is for guests.
    [[nodiscard]] GuestOptions const* guests_of(std::span<std::string const> names) const;

private:
    struct Entry {
        WayOptions options;
        std::unique_ptr<identity::Way> way; // Null: guests_.
    };

    [[nodiscard]] Entry const* find(std::string_view name) const;
    void wake();

    identity::GuestWay guests_;
    std::vector<Entry> entries_{};
    std::vector<identity::Way*> asked_{}; // Of one question.
    std::vector<std::move_only_function<void()>> waiting_{};
};

} // namespace gatehouse::node
