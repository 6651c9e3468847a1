// SPDX-License-Identifier: Apache-2.0
// What happened, for those who watch it: goes with the update, and is lost where that is.
#include "rooms/room.hpp"

#include <algorithm>
#include <exception>

namespace gatehouse::rooms {

// Whoever is shown nothing yet will be shown the whole view, and no news lead to that.
void Room::note_news(events::Event const& event, std::string_view body)
{
    if (is_platform_type(event.type))
        return;
    watching_.clear();
    for (Seat seat = spectator; std::cmp_less(seat + 1, audiences_.size()); seat++)
        if (audience_of(seat).is_shown)
            watching_.push_back(seat);
    if (watching_.empty())
        return;
    try {
        state_.play().news(event.type, event.schema, body, watching_,
            [this](Seat seat, std::string_view news) { add_news(audience_of(seat), news); });
    } catch (std::exception const& thrown) {
        for (auto const seat : watching_)
            audience_of(seat).is_left_out = true; // Views are right without.
        around_.complain(id_, {ErrorCode::internal, "the game threw in news", thrown.what()});
    }
}

void Room::add_news(Audience& audience, std::string_view news)
{
    if (audience.news.size() + news.size() > options_.news_bytes_max)
        audience.is_left_out = true;
    if (audience.is_left_out)
        return;
    if (!audience.news.empty())
        audience.news += ',';
    audience.news += news;
}

}  // namespace gatehouse::rooms
