// SPDX-License-Identifier: Apache-2.0
#include "http/body_reader.hpp"

#include "http/grammar.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::http {

void BodyReader::begin(Framing framing, std::uint64_t content_length)
{
    piece_ = {};
    left_ = content_length;
    extension_budget_ = limits_.chunk_extension_bytes_max;
    trailer_budget_ = limits_.trailer_bytes_max;
    switch (framing) {
    case Framing::none: state_ = State::done; return;
    case Framing::length: state_ = State::counted; return;
    case Framing::chunked: state_ = State::size_start; return;
    case Framing::until_close: state_ = State::until_close; return;
    }
    std::unreachable();
}

Step BodyReader::next(std::string_view& input)
{
    while (true)
        switch (state_) {
        case State::done: return Step::end;
        case State::failed: return Step::error;
        case State::until_close:
            piece_ = std::exchange(input, {});
            return piece_.empty() ? Step::need_more : Step::body;
        case State::counted:
            if (left_ > 0)
                return take(input);
            state_ = State::done;
            break;
        case State::data:
            if (left_ > 0)
                return take(input);
            state_ = State::data_cr;
            break;
        default:
            if (input.empty())
                return Step::need_more;
            feed(input.front());
            input.remove_prefix(1);
        }
}

Step BodyReader::finish()
{
    std::string_view nothing;
    if (state_ == State::until_close)
        state_ = State::done;
    else if (next(nothing) == Step::need_more)
        fail(400, "The body is cut.");
    return state_ == State::done ? Step::end : Step::error;
}

Step BodyReader::take(std::string_view& input)
{
    auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    piece_ = input.substr(0, size);
    input.remove_prefix(size);
    left_ -= size;
    return size > 0 ? Step::body : Step::need_more;
}

void BodyReader::feed(char byte)
{
    using enum State;
    switch (state_) {
    case size_start:
        left_ = 0;
        size_digits_ = 0;
        state_ = size;
        if (hex_digit(byte) < 0)
            return fail(400, "A chunk has no size.");
        return feed_size(byte);
    case size: return feed_size(byte);
    case extension:
        if (byte == '\r')
            state_ = size_lf;
        else if (!is_of(byte, field_char))
            fail(400, "A chunk extension has control characters.");
        else
            spend(extension_budget_, 400, "The chunk extensions are too long.");
        return;
    case size_lf: return expect('\n', byte, left_ > 0 ? data : trailer_start);
    case data_cr: return expect('\r', byte, data_lf);
    case data_lf: return expect('\n', byte, size_start);
    default: return feed_trailer(byte);
    }
}

// No white space around the size: whoever strips it and whoever does not would disagree.
void BodyReader::feed_size(char byte)
{
    constexpr int digits_max = 16;
    if (byte == '\r') {
        state_ = State::size_lf;
    } else if (byte == ';') {
        state_ = State::extension;
    } else if (auto const digit = hex_digit(byte); digit < 0) {
        fail(400, "A chunk size is malformed.");
    } else if (++size_digits_ > digits_max) {
        fail(400, "A chunk size has too many digits.");
    } else {
        left_ = left_ << 4 | static_cast<unsigned>(digit);
    }
}

void BodyReader::feed_trailer(char byte)
{
    using enum State;
    spend(trailer_budget_, 431, "The trailers are too long.");
    switch (state_) {
    case trailer_start:
        if (byte == '\r')
            state_ = last_lf;
        else if (is_of(byte, token_char))
            state_ = trailer_name;
        else
            fail(400, "A trailer is malformed.");
        return;
    case trailer_name:
        if (byte == ':')
            state_ = trailer_value;
        else if (!is_of(byte, token_char))
            fail(400, "A trailer is malformed.");
        return;
    case trailer_value:
        if (byte == '\r')
            state_ = trailer_lf;
        else if (!is_of(byte, field_char))
            fail(400, "A trailer has control characters.");
        return;
    case trailer_lf: return expect('\n', byte, trailer_start);
    case last_lf: return expect('\n', byte, done);
    default: return; // Its budget is spent.
    }
}

void BodyReader::expect(char wanted, char byte, State next)
{
    if (byte == wanted)
        state_ = next;
    else
        fail(400, "A chunk does not end where its size says, or not in CRLF.");
}

void BodyReader::spend(std::size_t& budget, int status, std::string_view why)
{
    if (budget == 0)
        fail(status, why);
    else
        budget--;
}

void BodyReader::fail(int status, std::string_view why)
{
    error_ = refused(status, why).error();
    state_ = State::failed;
}

}  // namespace gatehouse::http
