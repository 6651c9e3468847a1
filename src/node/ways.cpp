// SPDX-License-Identifier: Apache-2.0
#include "node/ways.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::node {
namespace {

using identity::KeySet;
using identity::KeySource;

} // namespace

// They are read from the store when the server starts: until then nobody can tell.
class Ways::ApiKeys final : public identity::Way {
public:
    ApiKeys(Ways const& ways, std::string pepper)
        : ways_(ways)
        , known_(std::move(pepper), [this](std::string_view id) { return find(id); })
    { }
    [[nodiscard]] identity::Answer verify(
        identity::Evidence const& evidence, Now const& now) override
    {
        if (evidence.api_key && !ways_.keys_ && ways_.keys_are_away_)
            return Error{ErrorCode::unavailable, "API keys can't be checked at the moment"};
        if (evidence.api_key && !ways_.keys_)
            return identity::Later{};
        return known_.verify(evidence, now);
    }

private:
    [[nodiscard]] identity::ApiKey const* find(std::string_view id) const
    {
        auto const found = ways_.keys_->find(id);
        return found == ways_.keys_->end() ? nullptr : &found->second;
    }

    Ways const& ways_;
    identity::ApiKeyWay known_;
};

Ways::~Ways() = default;

Ways::Entry Ways::make_entry(WayOptions options)
{
    if (std::holds_alternative<JwtOptions>(options.kind))
        return make_jwt(std::move(options));
    std::unique_ptr<identity::Way> way;
    if (auto const* const keys = std::get_if<ApiKeyOptions>(&options.kind))
        way = std::make_unique<ApiKeys>(*this, keys->pepper);
    return {std::move(options), std::move(way)};
}

Ways::Entry Ways::make_jwt(WayOptions options)
{
    auto const& jwt = std::get<JwtOptions>(options.kind);
    if (!jwt.keys.empty()) {
        auto keys = KeySet::parse(jwt.keys).value_or(KeySet());
        auto way
            = std::make_unique<identity::JwtWay>(jwt.judged, KeySource(std::move(keys)), [] {});
        return {std::move(options), std::move(way)};
    }
    KeySource source({.cooldown = jwt.cooldown,
        .refresh_min = std::min<Duration>(jwt.cooldown, std::chrono::seconds(60))});
    auto way = std::make_unique<identity::JwtWay>(
        jwt.judged, std::move(source), [this, name = options.name, jwt] {
            if (fetch_)
                fetch_(name, jwt);
        });
    auto* const fetching = way.get();
    return {std::move(options), std::move(way), fetching};
}

Ways::Entry* Ways::find_fetching(std::string_view way, JwtOptions const& options)
{
    for (auto& entry : entries_)
        if (entry.fetching && entry.options.name == way
            && std::get<JwtOptions>(entry.options.kind) == options)
            return &entry;
    return nullptr;
}

Result<void> Ways::came(std::string_view way, JwtOptions const& options, std::string_view json,
    std::optional<Duration> max_age, TimePoint now)
{
    Result<void> taken;
    if (auto* const entry = find_fetching(way, options))
        taken = entry->fetching->fetched(json, max_age, now);
    wake();
    return taken;
}

void Ways::failed(std::string_view way, JwtOptions const& options)
{
    if (auto* const entry = find_fetching(way, options))
        entry->fetching->failed();
    wake();
}

void Ways::change(std::vector<WayOptions> options)
{
    std::vector<Entry> entries;
    for (auto& each : options) {
        auto const before = std::ranges::find(entries_, each, &Entry::options);
        entries.push_back(
            before == entries_.end() ? make_entry(std::move(each)) : std::move(*before));
    }
    entries_ = std::move(entries);
    wake();
}

void Ways::learn(Keys all)
{
    keys_ = std::move(all);
    wake();
}

void Ways::keys_are_away()
{
    keys_are_away_ = true;
    wake();
}

void Ways::learn(identity::ApiKey key)
{
    if (keys_) // Else it comes with all of them.
        keys_->insert_or_assign(key.id, key);
}

std::string const* Ways::pepper() const
{
    for (auto const& entry : entries_)
        if (auto const* const keys = std::get_if<ApiKeyOptions>(&entry.options.kind))
            return &keys->pepper;
    return nullptr;
}

void Ways::wake()
{
    for (auto& again : std::exchange(waiting_, {}))
        again();
}

Ways::Entry const* Ways::find(std::string_view name) const
{
    for (auto const& entry : entries_)
        if (entry.options.name == name)
            return &entry;
    return nullptr;
}

identity::Answer Ways::verify(
    identity::Evidence const& evidence, std::span<std::string const> names, Now const& now)
{
    asked_.clear();
    if (names.empty())
        asked_.push_back(&guests_);
    for (auto const& name : names)
        if (auto const* const entry = find(name))
            asked_.push_back(entry->way ? entry->way.get() : &guests_);
    return identity::verify_by(asked_, evidence, now);
}

GuestOptions const* Ways::guests_of(std::span<std::string const> names) const
{
    static constexpr GuestOptions usual;
    for (auto const& name : names)
        if (auto const* const entry = find(name))
            if (auto const* const guests = std::get_if<GuestOptions>(&entry->options.kind))
                return guests;
    return names.empty() ? &usual : nullptr;
}

} // namespace gatehouse::node
