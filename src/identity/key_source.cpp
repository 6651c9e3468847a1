// SPDX-License-Identifier: Apache-2.0
#include "identity/key_source.hpp"

#include <algorithm>

namespace gatehouse::identity {

KeySource::KeySource(KeySet keys)
    : is_fixed_(true)
    , keys_(std::make_shared<KeySet const>(std::move(keys)))
    , refresh_at_(TimePoint::max())
    , useless_at_(TimePoint::max())
{ }

KeySource::Found KeySource::ask(std::string_view kid, TimePoint now)
{
    Found found{.keys = keys_ && now < useless_at_ ? keys_ : nullptr};
    found.has_key = found.keys && found.keys->find(kid);
    if (!is_fixed_ && (!found.has_key || now >= refresh_at_))
        found.next = judge_need(!found.has_key, now);
    return found;
}

KeySource::Next KeySource::judge_need(bool is_urgent, TimePoint now)
{
    if (is_fetching_ && now - *began_ >= options_.fetch_max)
        is_fetching_ = false;
    if (is_fetching_)
        return is_urgent ? Next::wait : Next::nothing;
    if (began_ && now - *began_ < options_.cooldown)
        return Next::nothing;
    began_ = now;
    is_fetching_ = true;
    return Next::fetch;
}

Result<void> KeySource::fetched(
    std::string_view json, std::optional<Duration> max_age, TimePoint now)
{
    is_fetching_ = false;
    auto keys = GH_TRY(KeySet::parse(json, options_.policy));
    keys_ = std::make_shared<KeySet const>(std::move(keys));
    refresh_at_ = now
        + std::clamp(
            max_age.value_or(options_.refresh), options_.refresh_min, options_.refresh_max);
    useless_at_ = refresh_at_ + options_.stale;
    generation_++;
    return {};
}

void KeySource::failed()
{
    is_fetching_ = false;
}

} // namespace gatehouse::identity
