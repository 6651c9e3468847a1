// SPDX-License-Identifier: Apache-2.0
//
//     ticks [ROOMS] [SECONDS]
//
// What games in fixed steps cost a shard: so many rooms at 20 steps a second, with alarms, gate and
// frames, on one thread and on a clock of its own; the store answers at once, and nobody reads the
// frames. Once where nothing can be seen of most steps, and once where each is shown to two players
// and a spectator.

#include "base/bytes.hpp"
#include "base/timers.hpp"
#include "rooms/room.hpp"
#include "rooms/rules_of.hpp"
#include "rooms/testing_snails.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace {

std::uint64_t allocations = 0;

} // namespace

void* operator new(std::size_t size)
{
    allocations++;
    if (void* const memory = std::malloc(size))
        return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

namespace gatehouse::rooms {
namespace {

using testing::snails::Snails;

class EvenDice final : public Dice {
public:
    std::string bytes(std::size_t size) override { return std::string(size, ++next_); }

private:
    char next_ = 0;
};

struct Shard {
    Now now{TimePoint(std::chrono::hours(1)), WallTime{1'790'000'000'000}};
    Timers timers{now.steady};
    Catalogue games{};
    EvenDice dice{};
    RoomOptions options{};
    std::uint64_t deliveries = 0;
    std::uint64_t bytes = 0;
    Surroundings around{.games = games,
        .frame =
            [this](std::string_view json) {
                bytes += json.size();
                return make_frame(std::string(json));
            },
        .deliver = [this](Delivery const&) { deliveries++; },
        .complain = [](std::string_view, Error const&) {},
        .touched = [](std::string_view) {},
        .keep = [](std::string_view, events::Snapshot const&) {},
        .now = now,
        .dice = dice};
    struct Seated {
        std::unique_ptr<Room> room{};
        std::unique_ptr<Timer> alarm{};
    };
    std::vector<Seated> rooms{};

    void turn(Seated& each)
    {
        while (each.room->end_turn())
            each.room->durable();
        if (auto const at = each.room->alarm())
            timers.arm(*each.alarm, *at);
        else
            timers.cancel(*each.alarm);
    }

    void open(std::size_t number, std::string const& options_hex)
    {
        auto& each = rooms[number];
        auto const name = fmt::format("room{:05}.00000001", number);
        each.room = std::make_unique<Room>(name, options, around);
        each.alarm = std::make_unique<Timer>([this, &each] {
            each.room->ring();
            turn(each);
        });
        each.room->open({.game = "snails",
                            .rules = 1,
                            .code = "K7QXM",
                            .seed = std::string(64, '5'),
                            .options = options_hex},
            [](auto) {});
        for (std::uint64_t i = 1; i <= 3; i++)
            each.room->take({{0, {3 * number + i}, 1},
                Join{.id = 1,
                    .principal = fmt::format("p{}", i),
                    .as_spectator = i == 3,
                    .knows_ticks = true}});
        each.room->take({{0, {3 * number + 1}, 1}, Act{.id = 1, .name = "start"}});
        turn(each);
    }

    void pass(Milliseconds span)
    {
        auto const until = now.steady + span;
        while (timers.next() && *timers.next() <= until) {
            auto const step = std::max(*timers.next() - now.steady, Duration());
            now.steady += step;
            now.wall = now.wall + std::chrono::floor<Milliseconds>(step);
            timers.run(now.steady);
        }
        now.steady = until;
    }
};

double cpu_seconds()
{
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

void measure(std::string_view what, std::size_t rooms, int seconds, int mark)
{
    Shard shard;
    shard.games.add(rules_of<Snails>());
    shard.rooms.resize(rooms);
    std::string stored;
    cbor::Writer out(stored);
    write_cbor(out, Snails::Options{.length = 1'000'000, .mark = mark});
    for (std::size_t i = 0; i < rooms; i++) {
        shard.open(i, to_hex(stored));
        shard.pass(Milliseconds(i % 50 == 0 ? 1 : 0)); // Not all at the same instant.
    }
    shard.pass(Milliseconds(2'000));
    auto const ticks = shard.around.ticks;
    auto const frames = shard.deliveries;
    auto const allocated = allocations;
    auto const begun = cpu_seconds();
    shard.pass(Milliseconds(1'000) * seconds);
    auto const took = cpu_seconds() - begun;
    auto const taken = static_cast<double>(shard.around.ticks - ticks);
    fmt::print("{:<28} {:>6} rooms  {:>9.0f} steps/s  {:>5.2f} us a step  {:>4.1f} % of a core  "
               "{:>5.2f} allocations and {:>4.2f} deliveries a step; {} lost\n",
        what, rooms, taken / seconds, took / taken * 1e6, took / seconds * 100,
        static_cast<double>(allocations - allocated) / taken,
        static_cast<double>(shard.deliveries - frames) / taken, shard.around.ticks_lost);
}

} // namespace
} // namespace gatehouse::rooms

int main(int argc, char** argv)
{
    auto const rooms = argc > 1 ? static_cast<std::size_t>(std::atol(argv[1])) : 1'000;
    auto const seconds = argc > 2 ? std::atoi(argv[2]) : 20;
    gatehouse::rooms::measure("nothing to be seen", rooms, seconds, 1'000'000);
    gatehouse::rooms::measure("each step shown to three", rooms, seconds, 1);
}
