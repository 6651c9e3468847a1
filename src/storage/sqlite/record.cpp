// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/record.hpp"

#include "base/assert.hpp"
#include "events/append_check.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace gatehouse::storage::sqlite {

using events::Event;
using events::StreamState;

namespace {

// Bits of the head's first byte. 4 is set aside for one sealed blob; others mean damage.
constexpr std::uint8_t is_finished = 1;
constexpr std::uint8_t has_deadline = 2;
constexpr std::uint8_t known_flags = is_finished | has_deadline;

constexpr std::size_t sum_size = 4;
constexpr std::size_t number_size_max = 10;
constexpr std::size_t head_size_max
    = sum_size + 10 * number_size_max + sizeof(events::Link) + events::word_size_max;

std::uint64_t little_endian(char const* bytes, std::size_t size)
{
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, size);
    if constexpr (std::endian::native == std::endian::big)
        word = __builtin_bswap64(word);
    return word;
}

// Small numbers of either sign become small ones.
constexpr std::uint64_t zigzag(std::int64_t value)
{
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

constexpr std::int64_t unzigzag(std::uint64_t value)
{
    return static_cast<std::int64_t>((value >> 1) ^ (0 - (value & 1)));
}

// Wraps around, as any two moments may be apart.
constexpr std::uint64_t distance(WallTime from, WallTime to)
{
    return zigzag(static_cast<std::int64_t>(
        static_cast<std::uint64_t>(to.ms) - static_cast<std::uint64_t>(from.ms)));
}

constexpr WallTime moved(WallTime from, std::uint64_t distance)
{
    return {static_cast<std::int64_t>(
        static_cast<std::uint64_t>(from.ms) + static_cast<std::uint64_t>(unzigzag(distance)))};
}

// LEB128: seven bits a byte, the lowest first; the eighth says that there is more. Tells where it
// ends.
char* put(char* at, std::uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = static_cast<char>(value | 0x80);
    *at++ = static_cast<char>(value);
    return at;
}

// Takes parts from the front; once one is missing, all are.
class Parts {
public:
    explicit Parts(std::string_view bytes)
        : bytes_(bytes)
    { }

    template <typename Unsigned = std::uint64_t>
    Unsigned number()
    {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            auto const byte = static_cast<std::uint8_t>(bytes(1).front());
            value |= std::uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80) {
                is_whole_ &= value <= std::numeric_limits<Unsigned>::max();
                return static_cast<Unsigned>(value);
            }
        }
        is_whole_ = false;
        return 0;
    }

    // Zeros where there are not so many.
    std::string_view bytes(std::size_t size)
    {
        static constexpr char zeros[16]{};
        is_whole_ &= size <= bytes_.size();
        if (!is_whole_)
            return {zeros, size};
        auto const taken = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return taken;
    }

    std::string_view rest() { return std::exchange(bytes_, {}); }
    [[nodiscard]] bool is_whole() const { return is_whole_; }

private:
    std::string_view bytes_;
    bool is_whole_ = true;
};

std::uint32_t sum_of(Place const& place, std::string_view packed, std::string_view data)
{
    Sum sum;
    sum.add(place.row);
    sum.add(place.stream);
    sum.add(packed);
    sum.add(data);
    return sum.value();
}

} // namespace

void Sum::add(std::string_view bytes)
{
    add(bytes.size());
    for (; bytes.size() >= 8; bytes.remove_prefix(8))
        add(little_endian(bytes.data(), 8));
    if (!bytes.empty())
        add(little_endian(bytes.data(), bytes.size()));
}

void pack(std::string& to, Place const& place, StreamState const& state, Event const& event)
{
    GH_ASSERT(event.type.size() <= events::word_size_max);
    std::array<char, head_size_max> head;
    auto* at = head.data() + sum_size;
    at = put(at, (state.finished ? is_finished : 0u) | (state.deadline ? has_deadline : 0u));
    at = put(at, place.previous_row == 0 ? 0 : place.row - place.previous_row);
    at = put(at, place.mark_row == 0 ? 0 : place.row - place.mark_row);
    at = put(at, event.version);
    at = put(at, place.position);
    at = put(at, event.schema);
    at = put(at, zigzag(event.at.ms));
    at = put(at, event.cause.actor);
    at = put(at, event.cause.action);
    if (state.deadline)
        at = put(at, distance(event.at, *state.deadline));
    std::memcpy(at, event.link.data(), event.link.size());
    at += event.link.size();
    at = std::ranges::copy(event.type, at).out;
    auto const sum = sum_of(place, {head.data() + sum_size, at}, event.data);
    for (std::size_t i = 0; i < sum_size; i++)
        head[i] = static_cast<char>(sum >> (8 * i));
    to.append(head.data(), at);
}

bool unpack(Record& record, std::string_view head, std::string_view data)
{
    if (head.size() < sum_size)
        return false;
    auto const sum = little_endian(head.data(), sum_size);
    head.remove_prefix(sum_size);
    auto& [place, state, event] = record;
    if (sum != sum_of(place, head, data))
        return false;
    Parts parts(head);
    auto const flags = parts.number<std::uint8_t>();
    auto const back = parts.number();
    auto const mark_back = parts.number();
    place.previous_row = back == 0 ? 0 : place.row - back;
    place.mark_row = mark_back == 0 ? 0 : place.row - mark_back;
    event.version = parts.number();
    place.position = parts.number();
    event.schema = parts.number<std::uint16_t>();
    event.at.ms = unzigzag(parts.number());
    event.cause.actor = parts.number<std::uint32_t>();
    event.cause.action = parts.number();
    state = {.finished = (flags & is_finished) != 0, .deadline = {}};
    if ((flags & has_deadline) != 0)
        state.deadline = moved(event.at, parts.number());
    std::memcpy(event.link.data(), parts.bytes(event.link.size()).data(), event.link.size());
    event.type = parts.rest();
    event.data = data;
    return parts.is_whole() && (flags & ~known_flags) == 0
        && event.type.size() <= events::word_size_max;
}

} // namespace gatehouse::storage::sqlite
