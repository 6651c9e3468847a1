// SPDX-License-Identifier: Apache-2.0
// Who people are: what a room records of them it seals, each with a key of their own, which goes to
// the store with the event and can be deleted there (docs/privacy.md).
#include "rooms/room.hpp"

#include "base/bytes.hpp"
#include "base/seal.hpp"

#include <algorithm>

namespace gatehouse::rooms {

void Room::learn(std::span<events::MemberKey const> keys)
{
    state_.learn(keys);
}

// Whoever comes for the first time.
std::uint32_t Room::meet(std::string const& principal)
{
    auto const actor = static_cast<std::uint32_t>(state_.members().size() + 1);
    give_key(actor, principal);
    record(Came{.sealed = sealed(actor, principal, Came::name)});
    return actor;
}

void Room::give_key(std::uint32_t actor, std::string const& principal)
{
    keys_.push_back({principal, actor, around_.dice.bytes(events::key_size)});
    state_.learn({&keys_.back(), 1});
}

// Somebody who came to an older server has no key yet.
std::string Room::sealed(std::uint32_t actor, std::string_view text, std::string_view about)
{
    if (state_.key_of(actor).empty())
        give_key(actor, state_.member(actor).principal);
    auto const nonce = around_.dice.bytes(seal_nonce_size);
    return to_hex(seal(state_.key_of(actor), nonce, text, about));
}

// What is recorded stays: it says nothing any more. Everybody is shown the whole view anew, and
// whoever is here as somebody who is nobody now has to go.
bool Room::forget(std::string_view subject)
{
    std::erase_if(keys_, [&](events::MemberKey const& key) { return key.subject == subject; });
    auto const actor = state_.actor_of(subject);
    if (!state_.forget(subject))
        return false;
    noted_.reset(); // What anybody may know of the room is another now, without an event.
    if (phase_ != Phase::live)
        return true;
    forgot_at_ = state_.version();
    if (auto const* const held = state_.reservation_for(actor))
        enqueue({{}, Lapse{held->seat, actor}});
    part_with_the_forgotten();
    for (auto& audience : audiences_)
        audience = {.deserted_at = audience.deserted_at};
    for (auto const& each : attendances_)
        renew(each.who);
    pump();
    return true;
}

void Room::part_with_the_forgotten()
{
    std::vector<Caller> forgotten;
    auto const note = [&](Attendance const& each) {
        if (each.actor != 0 && state_.member(each.actor).principal.empty())
            forgotten.push_back(each.who);
    };
    std::ranges::for_each(attendances_, note);
    std::ranges::for_each(arrivals_, note, &Arrival::attendance);
    for (auto const who : forgotten) {
        say_farewell(who, "erased");
        detach(who);
    }
}

} // namespace gatehouse::rooms
