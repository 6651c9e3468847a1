// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/parser.hpp"

#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::http {

// What a parser says about some bytes, as text, so that tests and fuzzers can compare how it takes
// them in one piece and in many. Where a body is cut does not show.

inline std::string to_text(Headers const& headers)
{
    std::string text;
    for (auto const& [name, value] : headers)
        text += fmt::format(" {}={};", name, value);
    return text;
}

inline std::string to_text(RequestHead const& head)
{
    return fmt::format("{} {} path={} query={} host={} 1.{} framing={} length={}{}{}{}{}",
        head.method, head.target, head.path, head.query, head.host, head.minor_version,
        static_cast<int>(head.framing), head.content_length, head.keeps_alive ? " lives" : "",
        head.expects_continue ? " expects" : "", head.wants_upgrade ? " upgrades" : "",
        to_text(head.headers));
}

inline std::string to_text(ResponseHead const& head)
{
    return fmt::format("{} {} 1.{} framing={} length={}{}{}", head.status, head.reason,
        head.minor_version, static_cast<int>(head.framing), head.content_length,
        head.keeps_alive ? " lives" : "", to_text(head.headers));
}

// Feeds pieces, is asked what came of them.
template <typename Parser>
class Transcript {
public:
    explicit Transcript(Parser& parser) : parser_(parser) {}

    // `after_end` says whether to go on with the rest of the input once a message is whole.
    template <typename AfterEnd>
    bool feed(std::string_view input, AfterEnd&& after_end)
    {
        while (true)
            switch (auto const step = parser_.next(input)) {
            case Step::need_more: return input.empty();
            case Step::head: line("head: " + to_text(parser_.head())); break;
            case Step::body: body_ += parser_.body(); break;
            default:
                if (!note(step) || !after_end(input))
                    return false;
            }
    }

    void finish() { note(parser_.finish()); }

    [[nodiscard]] std::string const& text() const { return text_; }
    [[nodiscard]] int ends() const { return ends_; }
    [[nodiscard]] bool has_failed() const { return has_failed_; }

private:
    bool note(Step step)
    {
        if (step == Step::end) {
            line("end");
            ends_++;
        } else if (step == Step::error) {
            line(fmt::format("error: {} {}", parser_.error().status, parser_.error().why));
            has_failed_ = true;
        } else {
            line("idle");
        }
        return step == Step::end;
    }

    void line(std::string_view words)
    {
        if (!body_.empty())
            text_ += "body: " + body_ + '\n';
        body_.clear();
        text_.append(words).push_back('\n');
    }

    Parser& parser_;
    std::string text_;
    std::string body_;
    int ends_ = 0;
    bool has_failed_ = false;
};

// Cuts `bytes` at each of `cuts` (ascending), feeds the pieces while `after_end` allows, closes.
template <typename Parser, typename AfterEnd>
std::string transcript_of(
    Parser& parser, std::string_view bytes, std::vector<std::size_t> cuts, AfterEnd&& after_end)
{
    Transcript transcript(parser);
    std::size_t from = 0;
    cuts.push_back(bytes.size());
    for (auto const cut : cuts) {
        // A piece of its own on the heap, so that a read past its end is seen.
        std::string const piece(bytes.substr(from, cut - from));
        if (!transcript.feed(piece, after_end))
            return transcript.text();
        from = cut;
    }
    transcript.finish();
    return transcript.text();
}

inline std::string request_transcript(
    std::string_view bytes, std::vector<std::size_t> const& cuts, ParserLimits limits = {})
{
    RequestParser parser(limits);
    return transcript_of(parser, bytes, cuts, [](std::string_view) { return true; });
}

inline std::string response_transcript(std::string_view bytes, std::vector<std::size_t> const& cuts,
    std::string_view method = "GET", ParserLimits limits = {})
{
    ResponseParser parser(limits);
    parser.begin(method);
    return transcript_of(parser, bytes, cuts, [&parser, method](std::string_view) {
        bool const keeps_alive = parser.head().keeps_alive;
        if (keeps_alive)
            parser.begin(method);
        return keeps_alive;
    });
}

}  // namespace gatehouse::http
