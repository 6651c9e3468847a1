// SPDX-License-Identifier: Apache-2.0
#include "rooms/rules.hpp"

namespace gatehouse::rooms {

Result<std::string> Rules::upgrade(int version, std::string_view) const
{
    return fail(ErrorCode::unavailable, "this server has no rules that this room can go on with",
        "the rules " + std::to_string(about().version) + " of " + std::string(about().name)
            + " do not upgrade from " + std::to_string(version));
}

Rules const* Catalogue::find(std::string_view game) const
{
    Rules const* newest = nullptr;
    for (auto const& rules : rules_)
        if (rules->about().name == game
            && (!newest || rules->about().version > newest->about().version))
            newest = rules.get();
    return newest;
}

Rules const* Catalogue::find(std::string_view game, int version) const
{
    for (auto const& rules : rules_)
        if (rules->about().name == game && rules->about().version == version)
            return rules.get();
    auto const* newer = successor(game, version);
    return newer ? newer->before(version) : nullptr;
}

Rules const* Catalogue::successor(std::string_view game, int version) const
{
    Rules const* newest = nullptr;
    for (auto const& rules : rules_) {
        if (rules->about().name != game)
            continue;
        if (rules->about().version == version)
            return nullptr;
        bool const is_newer = !newest || rules->about().version > newest->about().version;
        if (is_newer && rules->before(version))
            newest = rules.get();
    }
    return newest;
}

Error Catalogue::missing(std::string_view game, int version) const
{
    std::string known;
    for (auto const& rules : rules_)
        if (rules->about().name == game)
            known.append(known.empty() ? " " : ", ").append(std::to_string(rules->about().version));
    if (known.empty())
        return {ErrorCode::unavailable, "this server does not know the game " + std::string(game)};
    return {ErrorCode::unavailable, "this server has other rules of " + std::string(game),
        "the room is played by rules " + std::to_string(version) + ", and here are" + known};
}

std::vector<Rules const*> Catalogue::all() const
{
    std::vector<Rules const*> newest;
    for (auto const& rules : rules_)
        if (find(rules->about().name) == rules.get())
            newest.push_back(rules.get());
    return newest;
}

}  // namespace gatehouse::rooms
