// SPDX-License-Identifier: Apache-2.0
#include "remote/question.hpp"

#include "base/bytes.hpp"
#include "base/fields.hpp"
#include "base/json_writer.hpp"

#include <utility>

namespace gatehouse::remote {

std::string_view name_of(rooms::Occupant occupant)
{
    switch (occupant) {
    case rooms::Occupant::nobody: return "nobody";
    case rooms::Occupant::player: return "player";
    case rooms::Occupant::bot: return "bot";
    }
    std::unreachable();
}

void append_question(
    std::string& out, std::uint64_t number, Question const& question, WithState state, Again again)
{
    json::Writer to(out);
    to.object().key("q").value(number);
    to.key("game").value(question.game).key("room").value(question.room);
    if (state == WithState::yes) {
        to.key("state").raw({});
        question.state->append_to(out);
    } else {
        to.key("after").value(question.held->question);
    }
    std::visit(Overload{
        [&](Act const& act) {
            to.key("do").value("act").key("seat").value(act.seat);
            to.key("a").value(act.name).key("d").raw(act.body);
        },
        [&](Ring const& ring) { to.key("do").value("timer").key("a").value(ring.timer); },
        [&](Prepare const&) { to.key("do").value("prepare"); }}, question.what);
    to.key("now").value(question.now.ms).key("seed").value(to_hex(question.seed));
    to.key("seats").array();
    for (auto const occupant : question.seats)
        to.value(name_of(occupant));
    to.end_array();
    if (again == Again::yes)
        to.key("again").value(true);
    to.end_object();
}

}  // namespace gatehouse::remote
