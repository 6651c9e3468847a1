// SPDX-License-Identifier: Apache-2.0
#include "config/checks.hpp"

#include "config/checking.hpp"

#include <algorithm>

namespace gatehouse::config {

void Checking::wrong(std::string const& pointer, std::string message)
{
    problems_.add(place_of(origins_, pointer), pointer, std::move(message));
}

void Checking::wrong_at(Place place, std::string pointer, std::string message)
{
    problems_.add(std::move(place), std::move(pointer), std::move(message));
}

bool Checking::is_blamed(std::string_view pointer) const
{
    return std::ranges::any_of(problems_.kept(), [pointer](Problem const& each) {
        return each.pointer.starts_with(pointer)
            && (each.pointer.size() == pointer.size() || each.pointer[pointer.size()] == '/');
    });
}

void check_settings(Settings const& settings, std::span<std::string_view const> games,
    Origins const& origins, Problems& problems)
{
    Checking check(settings, origins, problems);
    check_listeners(check);
    check_tls(check);
    check_backup(check);
    check_auth(check);
    check_limits(check);
    check_services(check);
    check_rooms(check, games);
    check_routes(check);
}

} // namespace gatehouse::config
