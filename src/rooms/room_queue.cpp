// SPDX-License-Identifier: Apache-2.0
// The order of a room: those who go and operators first, then what is due, then who plays, then
// bots. In the order of their coming otherwise.
#include "rooms/room.hpp"

#include <algorithm>

namespace gatehouse::rooms {
namespace {

constexpr std::size_t bots_passed_over_max = 16;

}  // namespace

// Seats wait for whoever asks for that: it is no operator's order.
Room::Rank Room::rank_of_order(Order const& order)
{
    bool const is_players
        = std::holds_alternative<Reserve>(order) || std::holds_alternative<GiveUp>(order);
    return is_players ? Rank::player : Rank::system;
}

Room::Rank Room::rank_of(Task const& task)
{
    using enum Rank;
    return std::visit(Overload{
        [](Leave const&) { return system; },
        [](Gone const&) { return system; },
        [](std::shared_ptr<Instruction> const& order) { return rank_of_order(order->order()); },
        [](Ring const&) { return timer; },
        [](Forfeit const&) { return timer; },
        [](Lapse const&) { return timer; },
        [](BotTurn const&) { return bot; },
        [](auto const&) { return player; }}, task.what);
}

// The queue is short, and whoever comes mostly belongs at its end. Who goes does so after what they
// asked for before.
void Room::enqueue(Task task)
{
    auto const rank = rank_of(task);
    auto at = queue_.end();
    while (at != queue_.begin()) {
        auto const& before = *std::prev(at);
        bool const is_their_own = task.from != Caller{} && before.from == task.from;
        if (is_their_own || rank_of(before) <= rank)
            break;
        --at;
    }
    queue_.insert(at, std::move(task));
}

// A busy room does not leave its bots waiting for ever: they stand at the end, and one of them is
// taken now and then all the same.
Room::Task Room::next_task()
{
    auto next = queue_.begin();
    if (rank_of(*next) != Rank::bot && rank_of(queue_.back()) == Rank::bot
        && ++bots_passed_over_ > bots_passed_over_max)
        next = std::ranges::find(queue_, Rank::bot, rank_of);
    if (rank_of(*next) == Rank::bot)
        bots_passed_over_ = 0;
    auto task = std::move(*next);
    queue_.erase(next);
    return task;
}

}  // namespace gatehouse::rooms
