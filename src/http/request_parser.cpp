// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "http/grammar.hpp"
#include "http/parser.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::http {

namespace {

constexpr std::string_view malformed_method = "The method is malformed.";

// HTTP-version (RFC 9112 §2.3), of which 1.0 and 1.1 are spoken here.
Checked read_version(std::string_view text, RequestHead& head)
{
    if (text.size() != 8 || !text.starts_with("HTTP/") || !is_digit(text[5]) || text[6] != '.'
        || !is_digit(text[7]))
        return refused(400, "The request line has no HTTP version.");
    if (text[5] != '1' || text[7] > '1')
        return refused(505, "The HTTP version is neither 1.0 nor 1.1.");
    head.minor_version = text[7] - '0';
    return {};
}

void split_path(std::string_view text, RequestHead& head)
{
    auto const mark = text.find('?');
    head.path = text.substr(0, mark);
    head.query = mark == text.npos ? std::string_view() : text.substr(mark + 1);
}

// RFC 9112 §3.2.2
Checked read_absolute_form(RequestHead& head)
{
    auto rest = head.target;
    auto const skip = [&rest](std::string_view scheme) {
        bool const is_there = equal_ignoring_case(rest.substr(0, scheme.size()), scheme);
        rest.remove_prefix(is_there ? scheme.size() : 0);
        return is_there;
    };
    if (!skip("http://") && !skip("https://"))
        return refused(400, "The target is neither a path nor an http or https URI.");
    auto const authority_size = std::min(rest.find_first_of("/?"), rest.size());
    head.host = rest.substr(0, authority_size);
    if (!is_authority(head.host))
        return refused(400, "The target has no valid host.");
    rest.remove_prefix(authority_size);
    split_path(rest, head);
    if (head.path.empty())
        head.path = head.method == "OPTIONS" && rest.empty() ? "*" : "/"; // §3.2.4
    return {};
}

Checked read_target(RequestHead& head)
{
    if (head.target.empty() || !all_of(head.target, target_char))
        return refused(400, "The target has characters that must be escaped.");
    if (head.target.front() == '/') {
        split_path(head.target, head);
        return {};
    }
    if (head.target != "*")
        return read_absolute_form(head);
    if (head.method != "OPTIONS")
        return refused(400, "Only OPTIONS may ask for \"*\".");
    head.path = head.target;
    head.query = {};
    return {};
}

// request-line = method SP request-target SP HTTP-version (RFC 9112 §3)
Checked read_request_line(std::string_view line, RequestHead& head)
{
    auto const first = line.find(' ');
    auto const last = line.rfind(' ');
    head.method = line.substr(0, first);
    if (!is_token(head.method))
        return refused(400, malformed_method);
    if (first == last)
        return refused(400, "The request line has not three parts.");
    GH_CHECK(read_version(line.substr(last + 1), head));
    if (head.method == "CONNECT")
        return refused(501, "CONNECT is not served here.");
    head.target = line.substr(first + 1, last - first - 1);
    return read_target(head);
}

Checked judge_request_line(std::string_view line, HeadReader::Extent extent)
{
    RequestHead head;
    if (extent == HeadReader::Extent::whole)
        return read_request_line(line, head);
    return all_of(line.substr(0, line.find(' ')), token_char) ? Checked()
                                                              : refused(400, malformed_method);
}

Checked settle_host(FieldFacts const& facts, RequestHead& head)
{
    if (facts.hosts != 1 && (facts.hosts > 1 || head.minor_version == 1))
        return refused(400, "There must be one Host header.");
    if (facts.hosts == 1 && !is_authority(facts.host))
        return refused(400, "The Host header is malformed.");
    // The absolute target's host replaces what Host says (RFC 9112 §3.2.2).
    if (head.host.empty())
        head.host = facts.host;
    return {};
}

Checked settle_framing(FieldFacts const& facts, RequestHead& head)
{
    if (facts.has_transfer_encoding && head.minor_version == 0)
        return refused(400, "HTTP/1.0 has no Transfer-Encoding."); // RFC 9112 §6.1
    head.content_length = facts.content_length;
    head.framing = facts.has_transfer_encoding ? Framing::chunked
        : facts.has_content_length             ? Framing::length
                                               : Framing::none;
    return {};
}

void settle_connection(FieldFacts const& facts, RequestHead& head)
{
    bool const is_1_1 = head.minor_version == 1;
    head.keeps_alive = !facts.says_close && (is_1_1 || facts.says_keep_alive); // RFC 9112 §9.3
    head.wants_upgrade = is_1_1 && facts.says_upgrade && facts.has_upgrade;
    head.expects_continue = is_1_1 && facts.expects_continue && head.framing != Framing::none;
}

Checked read_request(HeadReader const& reader, RequestHead& head)
{
    GH_CHECK(read_request_line(reader.start_line(), head));
    auto const facts = GH_TRY(reader.read_fields(head.headers));
    GH_CHECK(settle_host(facts, head));
    GH_CHECK(settle_framing(facts, head));
    settle_connection(facts, head);
    return {};
}

}  // namespace

RequestParser::RequestParser(ParserLimits limits)
    : head_reader_(limits, HeadReader::EmptyLine::overlooked, judge_request_line)
    , body_reader_(limits)
{
}

Step RequestParser::next(std::string_view& input)
{
    switch (state_) {
    case State::between:
        head_reader_.clear();
        head_.headers.clear();
        head_.host = {};
        state_ = State::head;
        [[fallthrough]];
    case State::head: return read_head(input);
    case State::body: return read_body(input);
    case State::closed: input = {}; return Step::need_more;
    case State::failed: return Step::error;
    }
    std::unreachable();
}

Step RequestParser::finish()
{
    switch (state_) {
    case State::between:
    case State::closed: return Step::need_more;
    case State::head:
        return head_reader_.has_begun() ? refuse(refused(400, "The head is cut.").error())
                                        : Step::need_more;
    case State::body:
        state_ = State::closed;
        return body_reader_.finish() == Step::end ? Step::end : refuse(body_reader_.error());
    case State::failed: return Step::error;
    }
    std::unreachable();
}

Step RequestParser::read_head(std::string_view& input)
{
    auto const is_whole = head_reader_.read(input);
    if (!is_whole)
        return refuse(is_whole.error());
    if (!*is_whole)
        return Step::need_more;
    if (auto const checked = read_request(head_reader_, head_); !checked)
        return refuse(checked.error());
    body_reader_.begin(head_.framing, head_.content_length);
    state_ = State::body;
    return Step::head;
}

Step RequestParser::read_body(std::string_view& input)
{
    auto const step = body_reader_.next(input);
    if (step == Step::error)
        return refuse(body_reader_.error());
    if (step == Step::end)
        state_ = head_.keeps_alive ? State::between : State::closed;
    return step;
}

Step RequestParser::refuse(ParseError error)
{
    error_ = error;
    state_ = State::failed;
    return Step::error;
}

}  // namespace gatehouse::http
