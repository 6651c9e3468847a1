// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rooms/game.hpp"

#include <array>
#include <cstdint>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Breadcrumbs: what a shard is about to let a game do, left where it outlives the process. Rules
// that crash take every room of the process with them; the next one finds the crumb, and does not
// walk into the same trap.
namespace gatehouse::rooms {

enum class Doing : std::uint8_t {
    read, // Its history is replayed.
    act,  // Somebody's action is decided.
    ring, // A timer is.
    bot,  // A bot's move is.
    show, // Views are made of it.
    open, // It is to be made: its options are read, its game begins. No room has any part in it.
};
constexpr std::array<std::string_view, 6> enum_names(Doing)
{
    return {"read", "act", "timer", "bot", "show", "open"};
}

constexpr std::string_view name_of(Doing doing)
{
    return enum_names(Doing{})[static_cast<std::size_t>(doing)];
}

struct Crumb {
    std::string_view room;
    Doing doing = Doing::read;
    std::string_view principal{}; // Who acts.
    Seat seat = spectator;        // Whose bot.
    std::uint64_t action = 0;
    std::string_view name{}; // Of the action, of the timer.
    std::string_view body{};
};

// Where a process died.
struct CrashSite {
    std::string room;
    Doing doing = Doing::read;
    std::string principal{};
    Seat seat = spectator;
    std::uint64_t action = 0;
    std::string name{};
    std::string body{};
    std::string why{}; // "SIGSEGV": for people.
};

// One shard's; a shard does one thing at a time.
class Crumbs {
public:
    virtual ~Crumbs() = default;
    virtual void lay(Crumb const& crumb) = 0;
    virtual void take_up() = 0;
    // The room may be touched again.
    virtual void forgive(std::string_view room) = 0;
};

// That are evolved under one crumb: whoever watches how long it lies must see that reading a room
// goes on. Of a game in steps so many are half a minute.
inline constexpr std::size_t events_per_crumb = 32;

// While it lives, the crumb lies there.
class Crumbed {
public:
    Crumbed(Crumbs* crumbs, Crumb const& crumb)
        : crumbs_(crumbs)
    {
        if (crumbs_)
            crumbs_->lay(crumb);
    }
    Crumbed(Crumbed const&) = delete;
    Crumbed& operator=(Crumbed const&) = delete;
    ~Crumbed()
    {
        if (crumbs_)
            crumbs_->take_up();
    }

private:
    Crumbs* crumbs_;
};

} // namespace gatehouse::rooms
