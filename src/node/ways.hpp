// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "identity/ways.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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
    std::string keys{}; // A key set that was found good. Empty: they are fetched,
    std::string url{};  // from here, or (empty) from where the issuer says that they are.
    Duration cooldown = std::chrono::seconds(60);

    bool operator==(JwtOptions const&) const = default;
};

// What an issuer publishes of himself.
struct FetchedKeys {
    std::string json{};                // A key set (RFC 7517), if he tells the truth.
    std::optional<Duration> max_age{}; // How long it may be kept, if he says so.
};

struct ApiKeyOptions {
    std::string pepper{}; // At least 32 bytes.

    bool operator==(ApiKeyOptions const&) const = default;
};

// One entry of `auth:`.
struct WayOptions {
    std::string name;
    std::variant<GuestOptions, JwtOptions, ApiKeyOptions> kind{};

    bool operator==(WayOptions const&) const = default;
};

// The ways to prove who one is, by their names: what routes and sessions ask. Belongs to one shard.
class Ways {
public:
    // Begins to fetch the keys of a way; came() or failed() follows, not at once.
    using Fetch = std::function<void(std::string const& way, JwtOptions const& options)>;

    explicit Ways(identity::SigningKey const& key, Fetch fetch = {})
        : guests_(identity::GuestTokens(key))
        , fetch_(std::move(fetch))
    { }
    ~Ways();

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

    // What came of a fetch, for a way that is still the same. Fails where it is no key set; then
    // the way goes on with the keys of before. Who waits is told to ask again.
    [[nodiscard]] Result<void> came(std::string_view way, JwtOptions const& options,
        std::string_view json, std::optional<Duration> max_age, TimePoint now);
    void failed(std::string_view way, JwtOptions const& options);

    // The pepper of API keys; null where no way takes any.
    [[nodiscard]] std::string const* pepper() const;
    // All API keys there are, or one that is new or has changed; who waits is told to ask again.
    using Keys = std::map<std::string, identity::ApiKey, std::less<>>; // By their ids.
    void learn(Keys all);
    void learn(identity::ApiKey key);
    // They cannot be read for now.
    void keys_are_away();
    // None while they are not known.
    [[nodiscard]] std::optional<Keys> const& keys() const { return keys_; }

private:
    class ApiKeys;
    struct Entry {
        WayOptions options;
        std::unique_ptr<identity::Way> way;   // Null: guests_.
        identity::JwtWay* fetching = nullptr; // The same, where its keys are fetched.
    };

    [[nodiscard]] Entry const* find(std::string_view name) const;
    [[nodiscard]] Entry make_entry(WayOptions options);
    [[nodiscard]] Entry make_jwt(WayOptions options);
    [[nodiscard]] Entry* find_fetching(std::string_view way, JwtOptions const& options);
    void wake();

    identity::GuestWay guests_;
    Fetch fetch_;
    std::vector<Entry> entries_{};
    std::vector<identity::Way*> asked_{}; // Of one question.
    std::optional<Keys> keys_{};
    bool keys_are_away_ = false;
    std::vector<std::move_only_function<void()>> waiting_{};
};

} // namespace gatehouse::node
