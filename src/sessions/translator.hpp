// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/json.hpp"
#include "base/result.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::sessions {

// In what words a client talks: the subprotocol that it asked for (docs/protocol.md, "Where").
enum class Language : std::uint8_t { json, cbor };

// All that is said here is said as text frames of JSON, made once for everybody who sees the same.
// For those who talk CBOR it is put into theirs, once for all of them on this shard: the frames
// that were translated last are remembered, by address. One shard's.
class Translator {
public:
    // The same frames with JSON text as binary ones of CBOR, others as they are. Empty where there
    // is JSON that nests deeper than a client may be asked to read (json::Parser).
    [[nodiscard]] Frame to_cbor(Frame const& frames);

    // What a client said. Valid until the next one; fails as cbor::append_json does.
    [[nodiscard]] Result<std::string_view> to_json(std::string_view cbor);

private:
    struct Known {
        Frame from{};
        Frame to{};
    };

    json::Parser parser_{};
    std::array<Known, 16> known_{};
    std::size_t oldest_ = 0;
    std::string payload_{};
    std::string heard_{};
};

} // namespace gatehouse::sessions
