// SPDX-License-Identifier: Apache-2.0
#include "http/grammar.hpp"
#include "http/parser.hpp"

#include <utility>

namespace gatehouse::http {

namespace {

constexpr std::string_view malformed_status_line = "The status line is malformed.";

// status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 §4). The second space is
// not missed where there is no reason: too many servers leave it out, and nothing hangs on it.
Checked read_status_line(std::string_view line, ResponseHead& head)
{
    constexpr std::string_view shape = "HTTP/1.1 200";
    if (line.size() < shape.size() || !line.starts_with("HTTP/1.") || line[7] < '0' || line[7] > '1'
        || line[8] != ' ')
        return refused(502, malformed_status_line);
    head.minor_version = line[7] - '0';
    head.status = 0;
    for (char const c : line.substr(9, 3)) {
        if (!is_digit(c))
            return refused(502, "The status is no number.");
        head.status = head.status * 10 + (c - '0');
    }
    if (head.status < 100 || head.status > 599)
        return refused(502, "The status is out of range.");
    line.remove_prefix(shape.size());
    if (!line.empty() && line.front() != ' ')
        return refused(502, "The status is no number.");
    head.reason = line.substr(line.empty() ? 0 : 1);
    if (!is_field_value(head.reason))
        return refused(502, "The reason has control characters.");
    return {};
}

Checked judge_status_line(std::string_view line, HeadReader::Extent extent)
{
    ResponseHead head;
    if (extent == HeadReader::Extent::whole)
        return read_status_line(line, head);
    constexpr std::string_view start = "HTTP/1.";
    auto const part = line.substr(0, start.size());
    return start.starts_with(part) ? Checked() : refused(502, malformed_status_line);
}

enum class Body : bool { may_follow, never_follows };

// RFC 9112 §6.3
Checked settle_framing(FieldFacts const& facts, Body body, ResponseHead& head)
{
    if (facts.has_transfer_encoding && head.minor_version == 0)
        return refused(502, "HTTP/1.0 has no Transfer-Encoding.");
    head.content_length = facts.content_length;
    if (body == Body::never_follows)
        head.framing = Framing::none;
    else if (facts.has_transfer_encoding)
        head.framing = Framing::chunked;
    else
        head.framing = facts.has_content_length ? Framing::length : Framing::until_close;
    return {};
}

}  // namespace

ResponseParser::ResponseParser(ParserLimits limits)
    : interim_heads_max_(limits.interim_heads_max)
    , head_reader_(limits, HeadReader::EmptyLine::refused, judge_status_line)
    , body_reader_(limits)
{
}

void ResponseParser::begin(std::string_view method)
{
    asked_ = method == "HEAD" ? Asked::head
        : method == "CONNECT" ? Asked::connect
                              : Asked::ordinary;
    interim_heads_ = 0;
    if (state_ != State::failed)
        state_ = State::start;
}

Step ResponseParser::next(std::string_view& input)
{
    switch (state_) {
    case State::idle: return input.empty() ? Step::need_more : refuse("Nothing was asked.");
    case State::start:
        head_reader_.clear();
        head_.headers.clear();
        state_ = State::head;
        [[fallthrough]];
    case State::head: return read_head(input);
    case State::body: return read_body(input);
    case State::failed: return Step::error;
    }
    std::unreachable();
}

Step ResponseParser::finish()
{
    switch (state_) {
    case State::idle: return Step::need_more;
    case State::start:
    case State::head: return refuse("The connection was closed before the answer.");
    case State::body:
        state_ = State::idle;
        return body_reader_.finish() == Step::end ? Step::end : refuse(body_reader_.error().why);
    case State::failed: return Step::error;
    }
    std::unreachable();
}

Step ResponseParser::read_head(std::string_view& input)
{
    auto const is_whole = head_reader_.read(input);
    if (!is_whole)
        return refuse(is_whole.error().why);
    if (!*is_whole)
        return Step::need_more;
    if (auto const checked = read_response(); !checked)
        return refuse(checked.error().why);
    if (head_.is_interim()) {
        state_ = State::start;
        return ++interim_heads_ > interim_heads_max_ ? refuse("Too many interim answers.")
                                                     : Step::head;
    }
    body_reader_.begin(head_.framing, head_.content_length);
    state_ = State::body;
    return Step::head;
}

Checked ResponseParser::read_response()
{
    GH_CHECK(read_status_line(head_reader_.start_line(), head_));
    auto const facts = GH_TRY(head_reader_.read_fields(head_.headers));
    bool const has_no_body = head_.status < 200 || head_.status == 204 || head_.status == 304
        || asked_ == Asked::head || (asked_ == Asked::connect && head_.status < 300);
    GH_CHECK(settle_framing(facts, has_no_body ? Body::never_follows : Body::may_follow, head_));
    head_.keeps_alive = !facts.says_close && (head_.minor_version == 1 || facts.says_keep_alive)
        && head_.framing != Framing::until_close && head_.status != 101;
    return {};
}

Step ResponseParser::read_body(std::string_view& input)
{
    auto const step = body_reader_.next(input);
    if (step == Step::error)
        return refuse(body_reader_.error().why);
    if (step == Step::end)
        state_ = State::idle;
    return step;
}

Step ResponseParser::refuse(std::string_view why)
{
    error_ = refused(502, why).error();
    state_ = State::failed;
    return Step::error;
}

}  // namespace gatehouse::http
