// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tower_defence/state.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse::tower_defence {

// A table of things that come and go: on the wire an object {"0":{…},"7":{…}}, so that a patch
// holds those alone that changed. (An array would be sent whole.)
inline constexpr std::size_t slots_max = 120;

namespace slots_detail {

struct Name {
    std::array<char, 4> text{};
    std::size_t size = 0;
};

inline constexpr auto names = [] {
    std::array<Name, slots_max> all{};
    for (std::size_t i = 0; i < slots_max; i++) {
        for (std::size_t unit = i < 10 ? 1 : i < 100 ? 10 : 100; unit > 0; unit /= 10)
            all[i].text[all[i].size++] = static_cast<char>('0' + i / unit % 10);
    }
    return all;
}();

} // namespace slots_detail

template <typename T, std::size_t N>
struct Slots {
    static_assert(N <= slots_max);
    std::array<std::optional<T>, N> at{};
    static void fields(auto& self, auto&& field)
    {
        for (std::size_t i = 0; i < N; i++) {
            auto const& name = slots_detail::names[i];
            field(std::string_view(name.text.data(), name.size), self.at[i]);
        }
    }
};

// Their names are short because they are sent often: README.md says what each means.
struct SeenEnemy {
    int n = 0; // Its serial number: a slot is used again.
    EnemyKind k{};
    int w = 0;
    int o = 0;
    int t = 0;
    int p = 0;
    int v = 0;
    int h = 0;
    int m = 0;
    static void fields(auto& self, auto&& field)
    {
        field("n", self.n);
        field("k", self.k);
        field("w", self.w);
        field("o", self.o);
        field("t", self.t);
        field("p", self.p);
        field("v", self.v);
        field("h", self.h);
        field("m", self.m);
    }
};

struct SeenTower {
    TowerKind k{};
    int x = 0;
    int y = 0;
    int s = 0;
    int l = 0;
    Aim a{};
    int b = 0;
    int f = 0;
    int e = 0;
    static void fields(auto& self, auto&& field)
    {
        field("k", self.k);
        field("x", self.x);
        field("y", self.y);
        field("s", self.s);
        field("l", self.l);
        field("a", self.a);
        field("b", self.b);
        field("f", self.f);
        field("e", self.e);
    }
};

// Some enemies of the next wave.
struct Coming {
    EnemyKind kind{};
    int count = 0;
    static void fields(auto& self, auto&& field)
    {
        field("kind", self.kind);
        field("count", self.count);
    }
};

// All see all: nothing in this game is secret but its dice.
struct View {
    Options options{};
    Phase phase{};
    int tick = 0;
    int wave = 0;
    int next_wave_at = 0;
    std::vector<Coming> coming{};
    int lives = 0;
    std::vector<int> seats{}; // Who plays.
    BySeat<int> gold{};
    BySeat<int> kills{};
    BySeat<int> damage{}; // When the game is over; it would change with each shot.
    Slots<SeenEnemy, enemies_max> enemies{};
    Slots<SeenTower, towers_max> towers{};

    static void fields(auto& self, auto&& field)
    {
        field("options", self.options);
        field("phase", self.phase);
        field("tick", self.tick);
        field("wave", self.wave);
        field("next_wave_at", self.next_wave_at);
        field("coming", self.coming);
        field("lives", self.lives);
        field("seats", self.seats);
        field("gold", self.gold);
        field("kills", self.kills);
        field("damage", self.damage);
        field("enemies", self.enemies);
        field("towers", self.towers);
    }
};

[[nodiscard]] View view_of(State const& state);

} // namespace gatehouse::tower_defence
