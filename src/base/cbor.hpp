// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::cbor {

// RFC 8949, deterministic: definite lengths, shortest integers, no floats, no tags. Map keys stand
// in the order in which the writer names them, which for described structs is the order of the
// fields.

enum class Major : std::uint8_t {
    unsigned_integer,
    negative,
    bytes,
    text,
    array,
    map,
    tag,
    simple
};

class Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}

    template <std::integral I>
    Writer& integer(I number)
    {
        if constexpr (std::signed_integral<I>)
            if (number < 0)
                return head(Major::negative, static_cast<std::uint64_t>(-1 - std::int64_t{number}));
        return head(Major::unsigned_integer, static_cast<std::uint64_t>(number));
    }
    Writer& boolean(bool truth);
    Writer& null();
    Writer& text(std::string_view text);
    Writer& bytes(std::string_view bytes);
    Writer& array(std::size_t elements) { return head(Major::array, elements); }
    Writer& map(std::size_t members) { return head(Major::map, members); }

private:
    Writer& head(Major major, std::uint64_t argument);

    std::string& out_;
};

// Reads what Writer wrote, one item after the other. The first thing that does not fit makes the
// reader `broken`; from then on every answer is empty and zero, so a caller may check once, at the
// end.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    std::uint64_t unsigned_integer();
    std::int64_t integer();
    bool boolean();
    std::string_view text();
    std::string_view bytes();
    std::size_t array(); // Elements that follow.
    std::size_t map();   // Members that follow.
    bool null();         // Takes a null if one is next.
    // Takes one whole item of any kind and returns its encoding: arrays and maps at most 64 deep.
    std::string_view item();

    void break_off() { broken_ = true; }
    [[nodiscard]] bool is_broken() const { return broken_; }
    [[nodiscard]] bool is_at_end() const { return rest_.empty(); }

private:
    struct Head {
        Major major;
        std::uint8_t info;
        std::uint64_t argument;
    };
    Head head();
    std::uint64_t expect(Major major);
    std::string_view take(std::uint64_t size);
    void skip(int depth);

    std::string_view rest_;
    bool broken_ = false;
};

// For people: RFC 8949 §8 diagnostic notation, as JSON wherever JSON can say it (bytes as hex
// text).
[[nodiscard]] Result<std::string> to_json(std::string_view bytes);

}  // namespace gatehouse::cbor
