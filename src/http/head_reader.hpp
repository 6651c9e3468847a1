// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"
#include "http/step.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::http {

// What the field lines say about the message itself.
struct FieldFacts {
    std::string_view host;
    std::uint64_t content_length = 0;
    unsigned hosts = 0; // How many there are.
    bool has_content_length = false;
    bool has_transfer_encoding = false; // Then it is exactly "chunked".
    bool has_upgrade = false;
    bool says_close = false;
    bool says_keep_alive = false;
    bool says_upgrade = false;
    bool expects_continue = false;
};

// Collects a head, start line and field lines up to the empty one, in a buffer of its own, noting
// where each line ends on the way; a head that arrives whole is copied once. Lines end in CRLF and
// nothing else. A server overlooks one empty line before the start line (RFC 9112 §2.2).
//
// Nonsense is not waited out: while the rest of a head is missing, each line is judged as it
// completes, and the start line even before. The first line that is wrong decides what is said,
// wherever the bytes were cut.
class HeadReader {
public:
    enum class EmptyLine : std::uint8_t { overlooked, refused };
    enum class Extent : std::uint8_t { part, whole };
    // Is this a start line, or can it become one?
    using JudgeStart = Checked (*)(std::string_view line, Extent extent);

    HeadReader(ParserLimits limits, EmptyLine leading, JudgeStart judge_start)
        : limits_(limits)
        , leading_(leading)
        , judge_start_(judge_start)
    {
    }

    void clear();

    // True once the head is whole; takes what belongs to it off the front of `input`. Lines that
    // came with the end of the head are left to be judged by whoever reads them.
    [[nodiscard]] std::expected<bool, ParseError> read(std::string_view& input);

    // Of a whole head. The views last until clear().
    [[nodiscard]] std::string_view start_line() const;
    [[nodiscard]] std::expected<FieldFacts, ParseError> read_fields(Headers& headers) const;

    [[nodiscard]] bool has_begun() const { return buffer_.size() > first_; }

private:
    [[nodiscard]] Checked take_lines(std::string_view& input);
    [[nodiscard]] Checked note_line(std::size_t end, char before);
    [[nodiscard]] Checked judge_lines();
    [[nodiscard]] std::string_view field_line(std::size_t number) const;
    [[nodiscard]] std::size_t line_end_max() const;
    [[nodiscard]] std::unexpected<ParseError> too_long() const;

    ParserLimits limits_;
    EmptyLine leading_;
    JudgeStart judge_start_;
    std::string buffer_;
    std::vector<std::uint32_t> line_ends_; // Where the CR of each line is.
    std::size_t first_ = 0;                // Where the start line begins,
    std::size_t start_ = 0;                // and the line that is being read.
    std::size_t judged_ = 0;               // So many lines are as they should be,
    FieldFacts facts_{};                   // and say this. Its views are gone.
    bool is_whole_ = false;
};

}  // namespace gatehouse::http
