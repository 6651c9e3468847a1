// SPDX-License-Identifier: Apache-2.0
#include "sessions/translator.hpp"

#include "base/cbor_json.hpp"
#include "sessions/event_stream.hpp"
#include "websocket/frame.hpp"

#include <algorithm>

namespace gatehouse::sessions {

Frame Translator::translate(Frame const& frames, Dialect dialect)
{
    bool const stays_small = frames->size() < compressed_from_bytes;
    if (dialect.carrier == Carrier::websocket && dialect.language == Language::json
        && (dialect.window_bits == 0 || stays_small))
        return frames;
    auto const known = std::ranges::find_if(known_,
        [&](Known const& each) { return each.from == frames && each.dialect == dialect; });
    if (known != known_.end())
        return known->to;

    std::string translated;
    for (std::string_view rest = *frames; !rest.empty();)
        if (!append(translated, websocket::take_frame(rest), dialect))
            return {};
    auto& place = known_[oldest_++ % known_.size()];
    place = {frames, dialect, make_frame(std::move(translated))};
    return place.to;
}

bool Translator::append(std::string& out, websocket::FrameView frame, Dialect dialect)
{
    if (dialect.carrier == Carrier::events) {
        if (frame.opcode == websocket::Opcode::text)
            append_event(out, frame.payload);
        return true;
    }
    if (frame.opcode == websocket::Opcode::text && dialect.language == Language::cbor) {
        auto const message = parser_.parse(frame.payload);
        if (!message)
            return false;
        payload_.clear();
        cbor::append_cbor(payload_, *message);
        frame = {websocket::Opcode::binary, payload_};
    }
    if (dialect.window_bits > 0 && frame.payload.size() >= compressed_from_bytes) {
        auto const compressed = deflate_.compress(frame.payload, dialect.window_bits);
        if (compressed.size() < frame.payload.size()) {
            websocket::append_compressed_frame(out, frame.opcode, compressed);
            return true;
        }
    }
    websocket::append_frame(out, frame.opcode, frame.payload);
    return true;
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
