// SPDX-License-Identifier: Apache-2.0
#include "base/assert.hpp"
#include "base/utf8.hpp"
#include "websocket/connection.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

using namespace gatehouse;
using namespace gatehouse::websocket;

namespace {

constexpr std::size_t bytes_max = 4096;

// Everything that a connection makes of the bytes, and what it answers.
std::string transcript(Role role, std::string bytes, std::size_t piece_size)
{
    Connection connection(role, bytes_max);
    std::string heard;
    for (std::size_t at = 0; at < bytes.size(); at += piece_size) {
        std::span<char> input
            = std::span(bytes).subspan(at, std::min(piece_size, bytes.size() - at));
        for (Step step; (step = connection.next(input)) != Step::need_more;) {
            GH_ASSERT(connection.payload().size() <= bytes_max);
            bool const is_text = step == Step::message && connection.is_text();
            GH_ASSERT(!is_text || is_utf8(connection.payload()));
            heard += static_cast<char>('0' + static_cast<int>(step));
            heard += connection.payload();
            connection.reply(heard);
        }
        GH_ASSERT(input.empty());
    }
    return heard;
}

}  // namespace

// The first byte picks the role and how the rest is cut; no cut may change what is heard.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    auto const role = data[0] % 2 == 0 ? Role::server : Role::client;
    std::size_t const piece_size = 1 + data[0] / 2;
    std::string const bytes(reinterpret_cast<char const*>(data + 1), size - 1);
    GH_ASSERT(transcript(role, bytes, piece_size) == transcript(role, bytes, SIZE_MAX / 2));
    return 0;
}
