// SPDX-License-Identifier: Apache-2.0
#include "sessions/translator.hpp"

#include "base/cbor_json.hpp"
#include "websocket/frame.hpp"

#include <algorithm>

namespace gatehouse::sessions {

Frame Translator::to_cbor(Frame const& frames)
{
    auto const known = std::ranges::find(known_, frames, &Known::from);
    if (known != known_.end() && frames)
        return known->to;

    std::string translated;
    for (std::string_view rest = *frames; !rest.empty();) {
        auto const frame = websocket::take_frame(rest);
        if (frame.opcode != websocket::Opcode::text) {
            websocket::append_frame(translated, frame.opcode, frame.payload);
            continue;
        }
        auto const message = parser_.parse(frame.payload);
        if (!message)
            return {};
        payload_.clear();
        cbor::append_cbor(payload_, *message);
        websocket::append_frame(translated, websocket::Opcode::binary, payload_);
    }
    auto& place = known_[oldest_++ % known_.size()];
    place = {frames, make_frame(std::move(translated))};
    return place.to;
}

Result<std::string_view> Translator::to_json(std::string_view cbor)
{
    heard_.clear();
    auto const read = cbor::append_json(heard_, cbor);
    if (!read)
        return std::unexpected(read.error());
    return heard_;
}

} // namespace gatehouse::sessions
