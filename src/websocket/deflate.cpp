// SPDX-License-Identifier: Apache-2.0
#include "websocket/deflate.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"
#include "http/grammar.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <zlib.h>

namespace gatehouse::websocket {
namespace {

constexpr int window_bits_min = 9;
constexpr int window_bits_max = 15;
constexpr std::string_view tail("\x00\x00\xff\xff", 4); // Of a flush: not sent (§7.2.1).

// ---- Offers

// Takes what stands before the next separator.
std::string_view take_until(std::string_view& rest, char separator)
{
    auto const at = rest.find(separator);
    auto const taken = http::trim(rest.substr(0, at));
    rest.remove_prefix(at == rest.npos ? rest.size() : at + 1);
    return taken;
}

// A number of bits, which may stand in quotes. Empty where it is none (§7.1.2: no leading zeros).
std::optional<int> window_bits_of(std::string_view value)
{
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    for (int bits = 8; bits <= window_bits_max; bits++)
        if (value == std::to_string(bits))
            return bits;
    return {};
}

// One parameter of an offer; false where the offer cannot be kept.
class Offer {
public:
    bool take(std::string_view parameter)
    {
        auto const name = take_until(parameter, '=');
        auto const value = http::trim(parameter);
        if (equal_ignoring_case(name, "server_no_context_takeover"))
            return once(server_alone_) && value.empty();
        if (equal_ignoring_case(name, "client_no_context_takeover"))
            return once(client_alone_) && value.empty();
        if (equal_ignoring_case(name, "client_max_window_bits"))
            return once(client_window_) && (value.empty() || window_bits_of(value));
        if (!equal_ignoring_case(name, "server_max_window_bits") || !once(terms.names_window))
            return false;
        auto const bits = window_bits_of(value);
        terms.server_window_bits = bits.value_or(0);
        return bits >= window_bits_min;
    }

    DeflateTerms terms{};

private:
    static bool once(bool& seen) { return !std::exchange(seen, true); }

    bool server_alone_ = false;
    bool client_alone_ = false;
    bool client_window_ = false;
};

std::optional<DeflateTerms> terms_of(std::string_view extension)
{
    if (!equal_ignoring_case(take_until(extension, ';'), "permessage-deflate"))
        return {};
    Offer offer;
    while (!extension.empty())
        if (!offer.take(take_until(extension, ';')))
            return {};
    return offer.terms;
}

}  // namespace

std::optional<DeflateTerms> agree_on_deflate(http::Headers const& headers)
{
    for (auto const& line : headers) {
        if (!equal_ignoring_case(line.name, "Sec-WebSocket-Extensions"))
            continue;
        for (std::string_view rest = line.value; !rest.empty();)
            if (auto const terms = terms_of(take_until(rest, ',')))
                return terms;
    }
    return {};
}

std::string describe(DeflateTerms terms)
{
    std::string text = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    if (terms.names_window)
        text += fmt::format("; server_max_window_bits={}", terms.server_window_bits);
    return text;
}

// ---- Messages

struct Deflate::Streams {
    struct Compressor {
        z_stream stream{};
        bool is_made = false;
    };

    ~Streams()
    {
        for (auto& each : compressors)
            if (each.is_made)
                ::deflateEnd(&each.stream);
        if (can_inflate)
            ::inflateEnd(&inflater);
    }

    // zlib fails here only where memory does.
    z_stream& compressor(int window_bits)
    {
        auto& [stream, is_made] = compressors[static_cast<std::size_t>(window_bits)];
        auto const code = is_made ? ::deflateReset(&stream)
                                  : ::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, -window_bits,
                                        8, Z_DEFAULT_STRATEGY);
        GH_ASSERT(code == Z_OK);
        is_made = true;
        return stream;
    }

    z_stream& fresh_inflater()
    {
        auto const code
            = can_inflate ? ::inflateReset(&inflater) : ::inflateInit2(&inflater, -window_bits_max);
        GH_ASSERT(code == Z_OK);
        can_inflate = true;
        return inflater;
    }

    std::array<Compressor, window_bits_max + 1> compressors{};
    z_stream inflater{};
    bool can_inflate = false;
};

namespace {

void give(z_stream& stream, std::string_view input)
{
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream.avail_in = static_cast<uInt>(input.size());
}

// As zlib tells of an inflater: 128 at the end of a block, and the bits that are left of a byte.
bool is_between_blocks(z_stream const& stream)
{
    return (stream.data_type & 0xff) == 0x80;
}

// The first `size` bytes of a buffer that only grows.
void lend(z_stream& stream, std::string& output, std::size_t size)
{
    if (output.size() < size)
        output.resize(size);
    stream.next_out = reinterpret_cast<Bytef*>(output.data());
    stream.avail_out = static_cast<uInt>(size);
}

}  // namespace

Deflate::Deflate() : streams_(std::make_unique<Streams>()) {}
Deflate::~Deflate() = default;
Deflate::Deflate(Deflate&&) noexcept = default;
Deflate& Deflate::operator=(Deflate&&) noexcept = default;

std::string_view Deflate::compress(std::string_view message, int window_bits)
{
    auto& stream = streams_->compressor(window_bits);
    auto const bound = ::deflateBound(&stream, message.size()) + 16; // 16: for the flush.
    give(stream, message);
    lend(stream, compressed_, bound);
    auto const code = ::deflate(&stream, Z_SYNC_FLUSH);
    GH_ASSERT(code == Z_OK && stream.avail_in == 0 && stream.avail_out > 0);
    auto const payload = std::string_view(compressed_).substr(0, bound - stream.avail_out);
    GH_ASSERT(payload.ends_with(tail));
    return payload.substr(0, payload.size() - tail.size());
}

std::expected<std::string_view, CloseCode> Deflate::inflate(
    std::string_view payload, std::size_t message_bytes_max)
{
    auto& stream = streams_->fresh_inflater();
    auto const bound = message_bytes_max + 1;
    lend(stream, inflated_, bound);
    for (auto input : {payload, tail}) {
        give(stream, input);
        while (stream.avail_in > 0) {
            auto const code = ::inflate(&stream, Z_SYNC_FLUSH);
            if (stream.avail_out == 0)
                return std::unexpected(CloseCode::too_big);
            if (code == Z_STREAM_END) // Blocks may go on after a final one (§7.2.3.4).
                ::inflateReset(&stream);
            else if (code != Z_OK)
                return std::unexpected(CloseCode::invalid_payload);
        }
    }
    if (!is_between_blocks(stream)) // It was cut: the tail stands in the middle of something.
        return std::unexpected(CloseCode::invalid_payload);
    return std::string_view(inflated_).substr(0, bound - stream.avail_out);
}

}  // namespace gatehouse::websocket
