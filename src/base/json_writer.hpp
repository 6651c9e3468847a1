// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::json {

// Writes compact JSON (RFC 8259) to the end of a string that the caller keeps and reuses: no tree,
// no allocation of its own. It sets commas and colons; that brackets match is the caller's
// business.
//
//     Writer out(text);
//     out.object().key("t").value("ack").key("id").value(17).end_object();
class Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}

    Writer& object() { return open('{'); }
    Writer& end_object() { return close('}'); }
    Writer& array() { return open('['); }
    Writer& end_array() { return close(']'); }

    Writer& key(std::string_view name);
    Writer& value(std::string_view text);
    Writer& value(char const* text) { return value(std::string_view(text)); }
    Writer& value(bool truth) { return raw(truth ? "true" : "false"); }
    Writer& null() { return raw("null"); }
    template <std::integral I>
    Writer& value(I number)
    {
        if constexpr (std::signed_integral<I>)
            return integer(number);
        else
            return unsigned_integer(number);
    }
    Writer& value(double number);

    // A value that is JSON already.
    Writer& raw(std::string_view json);

    [[nodiscard]] std::string& out() { return out_; }

private:
    Writer& open(char bracket);
    Writer& close(char bracket);
    Writer& integer(std::int64_t number);
    Writer& unsigned_integer(std::uint64_t number);
    void separate();

    std::string& out_;
    bool needs_comma_ = false;
};

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_quoted(std::string& out, std::string_view text);

}  // namespace gatehouse::json
