// SPDX-License-Identifier: Apache-2.0
#include "base/cbor.hpp"

#include "base/bytes.hpp"
#include "base/json_writer.hpp"

#include <utility>

namespace gatehouse::cbor {
namespace {

constexpr int depth_max = 64;
constexpr std::uint8_t simple_false = 20;
constexpr std::uint8_t simple_true = 21;
constexpr std::uint8_t simple_null = 22;

}  // namespace

Writer& Writer::head(Major major, std::uint64_t argument)
{
    auto const first = static_cast<std::uint8_t>(std::to_underlying(major) << 5);
    int size = 0;
    if (argument < 24) {
        out_ += static_cast<char>(first | argument);
        return *this;
    }
    if (argument <= 0xff)
        size = 0;
    else if (argument <= 0xffff)
        size = 1;
    else if (argument <= 0xffff'ffff)
        size = 2;
    else
        size = 3;
    out_ += static_cast<char>(first | (24 + size));
    for (int shift = (8 << size) - 8; shift >= 0; shift -= 8)
        out_ += static_cast<char>(argument >> shift);
    return *this;
}

Writer& Writer::boolean(bool truth)
{
    return head(Major::simple, truth ? simple_true : simple_false);
}

Writer& Writer::null() { return head(Major::simple, simple_null); }

Writer& Writer::text(std::string_view text)
{
    head(Major::text, text.size());
    out_ += text;
    return *this;
}

Writer& Writer::bytes(std::string_view bytes)
{
    head(Major::bytes, bytes.size());
    out_ += bytes;
    return *this;
}

Reader::Head Reader::head()
{
    auto const first = take(1);
    if (broken_)
        return {};
    auto const byte = static_cast<std::uint8_t>(first[0]);
    Head head{static_cast<Major>(byte >> 5), static_cast<std::uint8_t>(byte & 31), 0};
    if (head.info < 24) {
        head.argument = head.info;
        return head;
    }
    if (head.info > 27) { // Indefinite lengths and reserved values.
        broken_ = true;
        return {};
    }
    for (char const c : take(std::uint64_t{1} << (head.info - 24)))
        head.argument = head.argument << 8 | static_cast<std::uint8_t>(c);
    return head;
}

std::string_view Reader::take(std::uint64_t size)
{
    if (broken_ || size > rest_.size()) {
        broken_ = true;
        return {};
    }
    auto const taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
}

std::uint64_t Reader::expect(Major major)
{
    auto const found = head();
    if (broken_ || found.major != major) {
        broken_ = true;
        return 0;
    }
    return found.argument;
}

std::uint64_t Reader::unsigned_integer() { return expect(Major::unsigned_integer); }

std::int64_t Reader::integer()
{
    auto const found = head();
    bool const fits = found.argument <= static_cast<std::uint64_t>(INT64_MAX);
    if (!broken_ && fits && found.major == Major::unsigned_integer)
        return static_cast<std::int64_t>(found.argument);
    if (!broken_ && fits && found.major == Major::negative)
        return -1 - static_cast<std::int64_t>(found.argument);
    broken_ = true;
    return 0;
}

bool Reader::boolean()
{
    auto const value = expect(Major::simple);
    if (value != simple_true && value != simple_false)
        broken_ = true;
    return !broken_ && value == simple_true;
}

bool Reader::null()
{
    if (broken_ || rest_.empty() || static_cast<std::uint8_t>(rest_[0]) != (7 << 5 | simple_null))
        return false;
    rest_.remove_prefix(1);
    return true;
}

std::string_view Reader::text() { return take(expect(Major::text)); }
std::string_view Reader::bytes() { return take(expect(Major::bytes)); }

std::size_t Reader::array()
{
    auto const elements = expect(Major::array);
    if (elements > rest_.size()) // Each element is at least a byte.
        broken_ = true;
    return broken_ ? 0 : elements;
}

std::size_t Reader::map()
{
    auto const members = expect(Major::map);
    if (members > rest_.size() / 2)
        broken_ = true;
    return broken_ ? 0 : members;
}

std::string_view Reader::item()
{
    auto const before = rest_;
    skip(0);
    return broken_ ? std::string_view{} : before.substr(0, before.size() - rest_.size());
}

void Reader::skip(int depth)
{
    auto const found = head();
    if (depth > depth_max)
        broken_ = true;
    if (broken_)
        return;
    switch (found.major) {
    case Major::bytes:
    case Major::text: take(found.argument); return;
    case Major::array:
        for (std::uint64_t i = 0; i < found.argument && !broken_; i++)
            skip(depth + 1);
        return;
    case Major::map:
        for (std::uint64_t i = 0; i < found.argument && !broken_; i++) {
            skip(depth + 1);
            skip(depth + 1);
        }
        return;
    case Major::tag: broken_ = true; return;
    default: return;
    }
}

namespace {

// Walks by the major type of the next byte; the reader checks the rest.
void write_item(Reader& in, json::Writer& out, std::string_view encoded, int depth);

void write_children(Reader& in, json::Writer& out, std::size_t count, bool named, int depth)
{
    for (std::size_t i = 0; i < count && !in.is_broken(); i++) {
        if (named)
            out.key(in.text());
        auto const child = in.item();
        Reader inner(child);
        write_item(inner, out, child, depth + 1);
        if (inner.is_broken())
            in.break_off();
    }
}

void write_item(Reader& in, json::Writer& out, std::string_view encoded, int depth)
{
    if (encoded.empty() || depth > depth_max) {
        in.break_off();
        return;
    }
    switch (static_cast<Major>(static_cast<std::uint8_t>(encoded[0]) >> 5)) {
    case Major::unsigned_integer: out.value(in.unsigned_integer()); return;
    case Major::negative: out.value(in.integer()); return;
    case Major::bytes: out.value(to_hex(in.bytes())); return;
    case Major::text: out.value(in.text()); return;
    case Major::array:
        out.array();
        write_children(in, out, in.array(), false, depth);
        out.end_array();
        return;
    case Major::map:
        out.object();
        write_children(in, out, in.map(), true, depth);
        out.end_object();
        return;
    case Major::simple:
        if (in.null())
            out.null();
        else
            out.value(in.boolean());
        return;
    default: in.break_off(); return;
    }
}

}  // namespace

Result<std::string> to_json(std::string_view bytes)
{
    std::string text;
    json::Writer out(text);
    Reader in(bytes);
    write_item(in, out, bytes, 0);
    if (in.is_broken() || !in.is_at_end())
        return fail(ErrorCode::internal, "not valid CBOR", to_hex(bytes.substr(0, 64)));
    return text;
}

}  // namespace gatehouse::cbor
