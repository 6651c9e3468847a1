// SPDX-License-Identifier: Apache-2.0
#include "http/head_reader.hpp"

#include "base/text.hpp"
#include "http/grammar.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace gatehouse::http {

namespace {

constexpr std::size_t line_break_bytes = 2;

std::expected<Header, ParseError> read_line(std::string_view line)
{
    auto const colon = std::ranges::find_if_not(line, [](char c) { return is_of(c, token_char); });
    auto const name = line.substr(0, static_cast<std::size_t>(colon - line.begin()));
    if (name.empty() && (line.front() == ' ' || line.front() == '\t'))
        return refused(400, "A header is folded over several lines.");
    if (name.empty() || colon == line.end() || *colon != ':')
        return refused(400, "A header name is malformed.");
    auto const value = line.substr(name.size() + 1);
    if (!is_field_value(value))
        return refused(400, "A header value has control characters.");
    return Header{name, trim(value)};
}

Checked note_content_length(FieldFacts& facts, std::string_view value)
{
    // A second one is refused even if it is equal, and so is a list (RFC 9112 §6.3 lets us).
    if (facts.has_content_length)
        return refused(400, "Content-Length is repeated.");
    facts.has_content_length = true;
    auto const [end, error]
        = std::from_chars(value.data(), value.data() + value.size(), facts.content_length);
    if (error != std::errc() || end != value.data() + value.size())
        return refused(400, "Content-Length is no length.");
    return {};
}

Checked note_transfer_encoding(FieldFacts& facts, std::string_view value)
{
    if (facts.has_transfer_encoding)
        return refused(400, "Transfer-Encoding is repeated.");
    if (!equal_ignoring_case(value, "chunked"))
        return refused(501, "The transfer coding is not \"chunked\".");
    facts.has_transfer_encoding = true;
    return {};
}

void note_connection(FieldFacts& facts, std::string_view value)
{
    for_each_element(value, [&facts](std::string_view option) {
        facts.says_close |= equal_ignoring_case(option, "close");
        facts.says_keep_alive |= equal_ignoring_case(option, "keep-alive");
        facts.says_upgrade |= equal_ignoring_case(option, "upgrade");
    });
}

Checked note(FieldFacts& facts, Header const& line)
{
    auto const is = [&line](std::string_view name) { return equal_ignoring_case(line.name, name); };
    switch (line.name.size()) {
    case 4:
        if (is("Host")) {
            facts.hosts++;
            facts.host = line.value;
        }
        break;
    case 6:
        if (is("Expect"))
            facts.expects_continue |= equal_ignoring_case(line.value, "100-continue");
        break;
    case 7:
        if (is("Upgrade"))
            facts.has_upgrade |= !line.value.empty();
        break;
    case 10:
        if (is("Connection"))
            note_connection(facts, line.value);
        break;
    case 14:
        if (is("Content-Length"))
            return note_content_length(facts, line.value);
        break;
    case 17:
        if (is("Transfer-Encoding"))
            return note_transfer_encoding(facts, line.value);
        break;
    default: break;
    }
    return {};
}

}  // namespace

void HeadReader::clear()
{
    buffer_.clear();
    line_ends_.clear();
    first_ = 0;
    start_ = 0;
    judged_ = 0;
    facts_ = {};
    is_whole_ = false;
}

std::expected<bool, ParseError> HeadReader::read(std::string_view& input)
{
    auto const taken = take_lines(input);
    if (taken && is_whole_) [[likely]]
        return true;
    GH_CHECK(judge_lines());
    GH_CHECK(taken);
    return false;
}

// Up to the end of the head, or to the first line that does not end as it should.
Checked HeadReader::take_lines(std::string_view& input)
{
    auto const held = buffer_.size();
    std::size_t taken = 0;
    Checked noted;
    while (noted && !is_whole_ && taken < input.size()) {
        auto const* const feed = std::memchr(input.data() + taken, '\n', input.size() - taken);
        if (!feed) {
            taken = input.size();
            break;
        }
        auto const at = static_cast<std::size_t>(static_cast<char const*>(feed) - input.data());
        char const before = at > 0 ? input[at - 1] : held > 0 ? buffer_.back() : '\0';
        noted = note_line(held + at, before);
        taken = at + 1;
    }
    buffer_.append(input.substr(0, taken));
    input.remove_prefix(taken);
    if (noted && !is_whole_ && buffer_.size() > line_end_max())
        return too_long();
    return noted;
}

// A line feed at `end`, the byte `before` it.
Checked HeadReader::note_line(std::size_t end, char before)
{
    if (end >= line_end_max())
        return too_long();
    if (before != '\r')
        return refused(400, "A line ends in a bare line feed.");
    bool const is_empty = end == start_ + 1;
    if (is_empty && line_ends_.empty()) {
        if (leading_ == EmptyLine::refused || first_ > 0)
            return refused(400, "An empty line stands before the start line.");
        first_ = end + 1;
    } else if (is_empty) {
        is_whole_ = true;
    } else if (line_ends_.size() > limits_.header_lines_max) {
        return refused(431, "There are too many header lines.");
    } else {
        line_ends_.push_back(static_cast<std::uint32_t>(end - 1));
    }
    start_ = end + 1;
    return {};
}

// Those that have completed since it was last asked. What stands beyond the bound is not looked at:
// of a line that is too long, more or less of it may be here.
Checked HeadReader::judge_lines()
{
    if (line_ends_.empty()) {
        auto line = std::string_view(buffer_).substr(start_);
        line = line.substr(0, std::min(line.find('\n'), line_end_max() - start_));
        line.remove_suffix(line.ends_with('\r') ? 1 : 0);
        return judge_start_(line, Extent::part);
    }
    if (judged_ == 0) {
        GH_CHECK(judge_start_(start_line(), Extent::whole));
        judged_ = 1;
    }
    for (; judged_ < line_ends_.size(); judged_++)
        GH_CHECK(note(facts_, GH_TRY(read_line(field_line(judged_)))));
    return {};
}

// Where the line feed of the line that is being read must have come.
std::size_t HeadReader::line_end_max() const
{
    auto const of_head = limits_.head_bytes_max;
    return line_ends_.empty()
        ? std::min(of_head, start_ + limits_.start_line_bytes_max + line_break_bytes)
        : of_head;
}

std::unexpected<ParseError> HeadReader::too_long() const
{
    return line_ends_.empty() ? refused(414, "The request line is too long.")
                              : refused(431, "The head is too long.");
}

std::string_view HeadReader::start_line() const
{
    return std::string_view(buffer_).substr(first_, line_ends_.front() - first_);
}

std::string_view HeadReader::field_line(std::size_t number) const
{
    auto const begin = line_ends_[number - 1] + line_break_bytes;
    return std::string_view(buffer_).substr(begin, line_ends_[number] - begin);
}

std::expected<FieldFacts, ParseError> HeadReader::read_fields(Headers& headers) const
{
    FieldFacts facts;
    for (std::size_t number = 1; number < line_ends_.size(); number++) {
        auto const line = GH_TRY(read_line(field_line(number)));
        GH_CHECK(note(facts, line));
        headers.add(line.name, line.value);
    }
    if (facts.has_content_length && facts.has_transfer_encoding)
        return refused(400, "Content-Length and Transfer-Encoding exclude each other.");
    return facts;
}

}  // namespace gatehouse::http
