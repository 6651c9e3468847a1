// SPDX-License-Identifier: Apache-2.0
// Questions to the game: answered in the order of the room, from what the asker may see, and held
// in the gate like all else, for a view may show what is not durable yet.
#include "rooms/room.hpp"

namespace gatehouse::rooms {

void Room::admit(Caller from, Ask const& asked)
{
    using enum Answer::Kind;
    if (auto const doubt = around_.doubts_itself())
        return refuse(around_, id_, {from, asked}, *doubt);
    auto const by = heard_from(from, asked.id, query);
    if (!by)
        return;
    auto const body = around_.parser.parse(asked.body.empty() ? "{}" : asked.body);
    if (!body)
        return answer(from, asked.id, {ErrorCode::bad_request, body.error().message}, query);
    asked_by_ = Answer{.to = from, .id = asked.id, .kind = query};
    Crumb const crumb{
        .room = id_, .doing = Doing::show, .name = asked.name, .body = asked.body};
    Crumbed const laid(around_.crumbs, crumb);
    ask(SeatQuery{by->audience, asked.name, *body}, crumb,
        [this, from, id = asked.id](Verdict verdict) {
            if (verdict.refusal)
                return answer(from, id, std::move(*verdict.refusal), query);
            if (verdict.reply.size() > options_.reply_bytes_max)
                return answer(from, id, {ErrorCode::too_large, "the answer is too long"}, query);
            answers_.push_back({from, id, query, state_.version(), {}, std::move(verdict.reply)});
        });
}

}  // namespace gatehouse::rooms
