// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"
#include "http/step.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::http {

// Cuts a body out of the bytes that follow a head (RFC 9112 §6, §7.1), copying nothing. Chunk
// extensions and trailers are checked, bounded and dropped.
class BodyReader {
public:
    explicit BodyReader(ParserLimits limits) : limits_(limits) {}

    void begin(Framing framing, std::uint64_t content_length);

    // body, end, need_more or error.
    [[nodiscard]] Step next(std::string_view& input);

    // The peer has closed: end if nothing is missing, else error.
    [[nodiscard]] Step finish();

    [[nodiscard]] std::string_view piece() const { return piece_; }
    [[nodiscard]] ParseError const& error() const { return error_; }

private:
    enum class State : std::uint8_t {
        counted,
        until_close,
        size_start,
        size,
        extension,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer_name,
        trailer_value,
        trailer_lf,
        last_lf,
        done,
        failed,
    };

    Step take(std::string_view& input);
    void feed(char byte);
    void feed_size(char byte);
    void feed_trailer(char byte);
    void expect(char wanted, char byte, State next);
    void spend(std::size_t& budget, int status, std::string_view why);
    void fail(int status, std::string_view why);

    ParserLimits limits_;
    std::string_view piece_;
    ParseError error_{};
    std::uint64_t left_ = 0; // Of the body, or of the chunk.
    std::size_t extension_budget_ = 0;
    std::size_t trailer_budget_ = 0;
    int size_digits_ = 0;
    State state_ = State::done;
};

}  // namespace gatehouse::http
