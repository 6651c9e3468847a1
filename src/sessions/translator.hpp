// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "websocket/deflate.hpp"
#include "websocket/frame.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::sessions {

// In what words a client talks: the subprotocol that it asked for (docs/protocol.md, "Where"),
enum class Language : std::uint8_t { json, cbor };
// and what carries them: a WebSocket, or an event stream and posts.
enum class Carrier : std::uint8_t { websocket, events };
struct Dialect {
    Language language = Language::json;
    int window_bits = 0; // Of permessage-deflate; 0: nothing is compressed.
    Carrier carrier = Carrier::websocket;
    bool operator==(Dialect const&) const = default;
};

// All that is said here is said as text frames of JSON, made once for everybody who sees the same.
// For those who talk otherwise it is put into their words, once for all of them on this shard: the
// frames that were translated last are remembered, by address. Large messages are compressed where
// that was agreed on and makes them smaller; small ones would cost more than they save. Belongs to
// one shard.
class Translator {
public:
    // The same messages; control frames as they are, but none in an event stream. Empty where there
    // is JSON that nests deeper than a client may be asked to read as CBOR (json::Parser).
    [[nodiscard]] Frame translate(Frame const& frames, Dialect dialect);

    // What a client said. Valid until the next one; fails as cbor::append_json does.
    [[nodiscard]] Result<std::string_view> to_json(std::string_view cbor);

    [[nodiscard]] websocket::Deflate& deflate() { return deflate_; }

    static constexpr std::size_t compressed_from_bytes = 1024;

private:
    [[nodiscard]] bool append(std::string& out, websocket::FrameView frame, Dialect dialect);

    struct Known {
        Frame from{};
        Dialect dialect{};
        Frame to{};
    };

    json::Parser parser_{};
    websocket::Deflate deflate_{};
    std::array<Known, 16> known_{};
    std::size_t oldest_ = 0;
    std::string payload_{};
    std::string heard_{};
};

} // namespace gatehouse::sessions
