// SPDX-License-Identifier: Apache-2.0
#include "base/cbor_json.hpp"

#include "base/cbor.hpp"
#include "base/json_writer.hpp"
#include "base/utf8.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace gatehouse::cbor {
namespace {

constexpr int depth_max = 64;
constexpr std::uint8_t indefinite = 31;

// RFC 8949, appendix D.
double half_of(std::uint64_t bits)
{
    auto const exponent = static_cast<int>(bits >> 10 & 0x1f);
    auto const mantissa = static_cast<double>(bits & 0x3ff);
    double value = 0;
    if (exponent == 0)
        value = std::ldexp(mantissa, -24);
    else if (exponent != 31)
        value = std::ldexp(mantissa + 1024, exponent - 25);
    else
        value = mantissa == 0 ? std::numeric_limits<double>::infinity()
                              : std::numeric_limits<double>::quiet_NaN();
    return (bits & 0x8000) ? -value : value;
}

// Walks an item once, and stops at the first thing that has no place in JSON.
class ToJson {
public:
    ToJson(std::string& out, std::string_view item)
        : out_(out)
        , item_(item)
    { }

    Result<void> run()
    {
        if (!value(0))
            return failure();
        if (at_ == item_.size())
            return {};
        refuse("something stands behind the item");
        return failure();
    }

private:
    struct Head {
        Major major;
        std::uint8_t info;
        std::uint64_t argument;
    };

    [[nodiscard]] std::unexpected<Error> failure() const
    {
        return fail(ErrorCode::bad_request, "cbor, at byte " + std::to_string(at_) + ": " + why_);
    }
    bool refuse(char const* why)
    {
        why_ = why;
        return false;
    }

    std::optional<std::string_view> take(std::uint64_t size)
    {
        if (size > item_.size() - at_) {
            refuse("it ends too early");
            return {};
        }
        auto const taken = item_.substr(at_, size);
        at_ += size;
        return taken;
    }

    std::optional<Head> head()
    {
        auto const first = take(1);
        if (!first)
            return {};
        auto const byte = static_cast<std::uint8_t>((*first)[0]);
        Head head{static_cast<Major>(byte >> 5), static_cast<std::uint8_t>(byte & 31), 0};
        if (head.info < 24)
            head.argument = head.info;
        else if (head.info < 28) {
            auto const bytes = take(std::uint64_t{1} << (head.info - 24));
            if (!bytes)
                return {};
            for (char const each : *bytes)
                head.argument = head.argument << 8 | static_cast<std::uint8_t>(each);
        } else if (head.info != indefinite) {
            refuse("a reserved length");
            return {};
        }
        return head;
    }

    // Takes the end of an item of indefinite length, if it is next.
    bool breaks()
    {
        bool const is_break = at_ < item_.size() && static_cast<std::uint8_t>(item_[at_]) == 0xff;
        at_ += is_break;
        return is_break;
    }

    bool value(int depth)
    {
        if (depth > depth_max)
            return refuse("it nests deeper than 64");
        auto const found = head();
        if (!found)
            return false;
        bool const is_bounded = found->info != indefinite;
        switch (found->major) {
        case Major::unsigned_integer:
            out_.value(found->argument);
            return is_bounded || refuse("a reserved length");
        case Major::negative:
            return is_bounded ? negative(found->argument) : refuse("a reserved length");
        case Major::bytes: return refuse("a byte string, which JSON has not: send base64url text");
        case Major::text:
            if (auto const whole = text(*found))
                return (out_.value(*whole), true);
            return false;
        case Major::array: return array(*found, depth);
        case Major::map: return map(*found, depth);
        case Major::tag: return is_bounded ? value(depth + 1) : refuse("a reserved length");
        case Major::simple: return simple(*found);
        }
        return refuse("no such kind of item");
    }

    bool negative(std::uint64_t argument)
    {
        if (argument > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return refuse("an integer below -2^63");
        out_.value(-1 - static_cast<std::int64_t>(argument));
        return true;
    }

    std::optional<std::string_view> text(Head const& found)
    {
        if (found.info != indefinite)
            return piece(found);
        joined_.clear();
        while (!breaks()) {
            auto const next = head();
            auto const taken = next ? piece(*next) : std::nullopt;
            if (!taken)
                return {};
            joined_ += *taken;
        }
        return joined_;
    }

    std::optional<std::string_view> piece(Head const& found)
    {
        if (found.major != Major::text || found.info == indefinite) {
            refuse("a piece of text that is none");
            return {};
        }
        auto const taken = take(found.argument);
        if (!taken || is_utf8(*taken))
            return taken;
        refuse("text that is not UTF-8");
        return {};
    }

    // Whether one more element follows; `left` counts down where the length is known.
    bool goes_on(Head const& found, std::uint64_t& left)
    {
        if (found.info == indefinite)
            return !breaks();
        return left-- > 0;
    }

    bool array(Head const& found, int depth)
    {
        out_.array();
        for (auto left = found.argument; goes_on(found, left);)
            if (!value(depth + 1))
                return false;
        out_.end_array();
        return true;
    }

    bool map(Head const& found, int depth)
    {
        out_.object();
        for (auto left = found.argument; goes_on(found, left);) {
            auto const key = head();
            if (!key)
                return false;
            if (key->major != Major::text)
                return refuse("a key that is not text");
            auto const name = text(*key);
            if (!name)
                return false;
            out_.key(*name);
            if (!value(depth + 1))
                return false;
        }
        out_.end_object();
        return true;
    }

    bool simple(Head const& found)
    {
        switch (found.info) {
        case 20:
        case 21: out_.value(found.info == 21); return true;
        case 22:
        case 23: out_.null(); return true;
        case 25: return number(half_of(found.argument));
        case 26: return number(std::bit_cast<float>(static_cast<std::uint32_t>(found.argument)));
        case 27: return number(std::bit_cast<double>(found.argument));
        default: return refuse("a simple value that JSON has not");
        }
    }

    bool number(double number)
    {
        constexpr double exact = 9007199254740992; // 2^53: JavaScript sends large integers so.
        if (!std::isfinite(number))
            return refuse("a number that is not finite");
        if (std::trunc(number) == number && std::abs(number) <= exact)
            out_.value(static_cast<std::int64_t>(number));
        else
            out_.value(number);
        return true;
    }

    json::Writer out_;
    std::string_view item_;
    std::string joined_{}; // A text that came in pieces.
    std::size_t at_ = 0;
    char const* why_ = "";
};

void append_big_endian(std::string& out, std::uint64_t bits, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        out += static_cast<char>(bits >> shift);
}

// A half where it holds the number exactly (those that are normal, and zero).
std::optional<std::uint16_t> exact_half(float number)
{
    auto const bits = std::bit_cast<std::uint32_t>(number);
    auto const sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000);
    if ((bits & 0x7fff'ffff) == 0)
        return sign;
    auto const exponent = static_cast<int>(bits >> 23 & 0xff) - 127 + 15;
    if (exponent < 1 || exponent > 30 || (bits & 0x1fff) != 0)
        return {};
    return static_cast<std::uint16_t>(
        sign | static_cast<std::uint32_t>(exponent) << 10 | (bits >> 13 & 0x3ff));
}

void append_float(std::string& out, double number)
{
    auto const single = static_cast<float>(number);
    if (static_cast<double>(single) != number) {
        out += static_cast<char>(0xfb);
        return append_big_endian(out, std::bit_cast<std::uint64_t>(number), 8);
    }
    if (auto const half = exact_half(single)) {
        out += static_cast<char>(0xf9);
        return append_big_endian(out, *half, 2);
    }
    out += static_cast<char>(0xfa);
    append_big_endian(out, std::bit_cast<std::uint32_t>(single), 4);
}

} // namespace

Result<void> append_json(std::string& out, std::string_view item)
{
    return ToJson(out, item).run();
}

void append_cbor(std::string& out, json::Node value)
{
    Writer to(out);
    switch (value.kind()) {
    case json::Kind::null: to.null(); return;
    case json::Kind::boolean: to.boolean(*value.boolean()); return;
    case json::Kind::text: to.text(*value.text()); return;
    case json::Kind::number:
        if (auto const whole = value.integer())
            to.integer(*whole);
        else if (auto const large = value.unsigned_integer())
            to.integer(*large);
        else
            append_float(out, value.number().value_or(0));
        return;
    case json::Kind::array:
        to.array(value.size());
        return value.each_element([&](json::Node each) { return append_cbor(out, each), true; });
    case json::Kind::object:
        to.map(value.size());
        return value.each_member([&](std::string_view key, json::Node each) {
            to.text(key);
            append_cbor(out, each);
            return true;
        });
    }
}

} // namespace gatehouse::cbor
