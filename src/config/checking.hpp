// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/problem.hpp"
#include "config/settings.hpp"

#include <fmt/format.h>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::config {

template <typename T>
[[nodiscard]] std::vector<std::string_view> names_of(Named<T> const& named)
{
    std::vector<std::string_view> names;
    for (auto const& [name, value] : named)
        names.push_back(name);
    return names;
}

// What the checks of all sections share: the settings, and how to say that a place of them is
// wrong.
class Checking {
public:
    Checking(Settings const& settings, Origins const& origins, Problems& problems)
        : settings_(settings)
        , origins_(origins)
        , problems_(problems)
    { }

    [[nodiscard]] Settings const& settings() const { return settings_; }
    [[nodiscard]] Origins const& origins() const { return origins_; }

    void wrong(std::string const& pointer, std::string message);
    // In a file that the configuration names.
    void wrong_at(Place place, std::string pointer, std::string message);

    // Has something in here been found wrong already? Then what is missing needs no second word.
    [[nodiscard]] bool is_blamed(std::string_view pointer) const;

    // That `named` knows this name, of a `what`.
    template <typename T>
    void name(std::string const& name, Named<T> const& named, std::string_view what,
        std::string const& pointer)
    {
        if (named.contains(name))
            return;
        auto const plural = what == "auth" ? std::string("ways of auth") : fmt::format("{}s", what);
        wrong(pointer,
            fmt::format(
                "no {} named {}{}", what, quote(name), suggest(name, names_of(named), plural)));
    }

private:
    Settings const& settings_;
    Origins const& origins_;
    Problems& problems_;
};

// One for each section, in the file of its name; and those of parts of a route.
void check_listeners(Checking& check);
void check_tls(Checking& check);
void check_backup(Checking& check);
void check_auth(Checking& check);
void check_limits(Checking& check);
void check_services(Checking& check);
void check_rooms(Checking& check, std::span<std::string_view const> games);
void check_routes(Checking& check);
void check_limits_of(Checking& check, Route const& route, std::string const& pointer);
void check_shape(Checking& check, Route const& route, std::string const& pointer);
void check_validation(Checking& check, Route const& route, std::string const& pointer);

} // namespace gatehouse::config
