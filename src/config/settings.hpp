// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an operator may decide, as plain values. The initialisers here are the defaults: there is no
// other place for them. `config/keys.hpp` is the table that names, explains and reads each field;
// `config/load.hpp` makes a Settings of texts. Structs compare by content, so a reload is a diff.
//
// Paths in a loaded Settings are resolved: what was relative in any file, variable or flag is
// relative to the folder of the main configuration file.

#include "config/settings_auth.hpp"
#include "config/settings_limits.hpp"
#include "config/settings_listen.hpp"
#include "config/settings_operations.hpp"
#include "config/settings_rooms.hpp"
#include "config/settings_routes.hpp"
#include "config/settings_services.hpp"
#include "config/settings_store.hpp"
#include "config/settings_tls.hpp"
#include "config/settings_values.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gatehouse::config {

struct Settings {
    Listen listen {};
    Tls tls {};
    Store store {};
    Archive archive {};
    Backup backup {};
    Redis redis {};
    bool projections = true;
    Named<Auth> auth {};
    Named<Role> roles {};
    Named<Limit> limits {};
    std::optional<Bans> bans {};              // None: nobody but by hand.
    std::vector<std::string> trusted_proxies {}; // Addresses and blocks.
    Named<Service> services {};
    Named<Rooms> rooms {}; // By the name of the game.
    std::vector<Route> routes {};
    Log log {};
    Shards shards {};
    Capacity capacity {};
    Drain drain {};

    bool operator==(Settings const&) const = default;
};

} // namespace gatehouse::config
