// SPDX-License-Identifier: Apache-2.0
#include "node/ways.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::node {
namespace {

using identity::KeySet;
using identity::KeySource;

std::unique_ptr<identity::Way> make_way(WayOptions const& options)
{
    auto const* const jwt = std::get_if<JwtOptions>(&options.kind);
    if (!jwt)
        return nullptr;
    return std::make_unique<identity::JwtWay>(
        jwt->judged, KeySource(KeySet::parse(jwt->keys).value_or(KeySet())), [] {});
}

} // namespace

void Ways::change(std::vector<WayOptions> options)
{
    std::vector<Entry> entries;
    for (auto& each : options) {
        auto const before = std::ranges::find(entries_, each, &Entry::options);
        auto way = before == entries_.end() ? make_way(each) : std::move(before->way);
        entries.push_back({std::move(each), std::move(way)});
    }
    entries_ = std::move(entries);
    wake();
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
