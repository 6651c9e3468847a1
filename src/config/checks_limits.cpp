// SPDX-License-Identifier: Apache-2.0
#include "config/checking.hpp"
#include "config/values.hpp"
#include "limits/address.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>

namespace gatehouse::config {
namespace {

// That nothing stands in the list twice.
template <typename T>
void check_once(Checking& check, std::vector<T> const& all, std::string const& pointer)
{
    for (std::size_t i = 1; i < all.size(); i++)
        if (std::ranges::find(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i), all[i])
            != all.begin() + static_cast<std::ptrdiff_t>(i))
            check.wrong(fmt::format("{}/{}", pointer, i),
                fmt::format("{} stands here twice: leave one out", quote(write_value(all[i]))));
}

void check_store(Checking& check, Limit const& limit, std::string const& pointer)
{
    if (limit.store == LimitStore::memory) {
        if (limit.nodes != 1)
            check.wrong(pointer + "/nodes", "goes with store: redis: leave it out");
        return;
    }
    if (check.settings().redis.kind == Redis::Kind::none)
        check.wrong(pointer + "/store",
            "there is no Redis: write redis: redis://HOST:PORT, or store: memory");
    if (limit.rate.count > 0 && limit.rate.period / limit.rate.count < std::chrono::microseconds(1))
        check.wrong(pointer + "/rate",
            fmt::format("{} is more than Redis can count: at most one each microsecond",
                write_value(limit.rate)));
}

bool names_room(Route const& route)
{
    auto const& path = route.match.path;
    auto const at = path.find("/:room");
    auto const end = at + std::string_view("/:room").size();
    return route.to.kind == Target::Kind::rooms
        || (at != path.npos && (end == path.size() || path[end] == '/'));
}

void check_blocks(
    Checking& check, std::vector<std::string> const& blocks, std::string const& pointer)
{
    for (std::size_t i = 0; i < blocks.size(); i++)
        if (!limits::parse_block(blocks[i]))
            check.wrong(fmt::format("{}/{}", pointer, i),
                fmt::format("{} is no block: write 10.0.0.0/8, whose bits behind the prefix are 0, "
                            "fd00::/8, or an address",
                    quote(blocks[i])));
}

void check_bans(Checking& check)
{
    auto const& bans = check.settings().bans;
    if (!bans)
        return;
    if (bans->of.empty())
        check.wrong("/bans/of", "is empty: write the statuses, such as [401, 404]");
    if (bans->lasts < std::chrono::seconds(1))
        check.wrong(
            "/bans/for", fmt::format("{} is no time: write 1s or more", write_value(bans->lasts)));
    check_once(check, bans->of, "/bans/of");
    check_blocks(check, bans->never, "/bans/never");
}

} // namespace

void check_limits(Checking& check)
{
    check_bans(check);
    check_blocks(check, check.settings().trusted_proxies, "/trusted_proxies");
    for (auto const& [name, limit] : check.settings().limits) {
        auto const pointer = member_pointer("/limits", name) + "/by";
        if (limit.by.empty())
            check.wrong(pointer, "is empty: write by: ip, or by: [principal, route]");
        check_once(check, limit.by, pointer);
        check_store(check, limit, member_pointer("/limits", name));
    }
}

void check_limits_of(Checking& check, Route const& route, std::string const& pointer)
{
    auto const& limits = check.settings().limits;
    for (std::size_t i = 0; i < route.limit.size(); i++) {
        auto const at = fmt::format("{}/limit/{}", pointer, i);
        auto const& name = route.limit[i];
        check.name(name, limits, "limit", at);
        auto const found = limits.find(name);
        bool const is_by_room = found != limits.end()
            && std::ranges::find(found->second.by, LimitBy::room) != found->second.by.end();
        if (is_by_room && !names_room(route))
            check.wrong(at,
                fmt::format("{} counts by room, and the match names none: write :room in its path",
                    quote(name)));
    }
    check_once(check, route.limit, pointer + "/limit");
}

} // namespace gatehouse::config
