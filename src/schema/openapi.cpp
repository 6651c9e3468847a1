// SPDX-License-Identifier: Apache-2.0
#include "schema/openapi.hpp"

#include "base/json_writer.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::schema {
namespace {

// Views of the parts between separators: "" has one, which is empty.
std::vector<std::string_view> parts_of(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    while (true) {
        auto const end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == text.npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

using Values = std::vector<std::pair<std::string_view, std::string_view>>;

// One segment: "users", "{id}", "{name}.json". The first variable of a segment takes as little as
// it can.
bool match_segment(std::string_view wanted, std::string_view sent, Values& values)
{
    while (true) {
        auto const open = wanted.find('{');
        auto const close = wanted.find('}', std::min(open, wanted.size()));
        if (open == wanted.npos || close == wanted.npos)
            return wanted == sent;
        if (!sent.starts_with(wanted.substr(0, open)))
            return false;
        sent.remove_prefix(open);
        auto const name = wanted.substr(open + 1, close - open - 1);
        wanted.remove_prefix(close + 1);
        auto const literal = wanted.substr(0, wanted.find('{'));
        auto const end = literal.empty()      ? sent.size()
            : wanted.size() == literal.size() ? sent.size() - std::min(sent.size(), literal.size())
                                              : sent.find(literal, 1);
        if (end == 0 || end == sent.npos || sent.empty())
            return false; // A variable is never empty.
        values.emplace_back(name, sent.substr(0, end));
        sent.remove_prefix(end);
    }
}

bool match_path(std::string_view wanted, std::string_view sent, Values& values)
{
    while (true) {
        auto const end = wanted.find('/');
        auto const sent_end = sent.find('/');
        if ((end == wanted.npos) != (sent_end == sent.npos)
            || !match_segment(wanted.substr(0, end), sent.substr(0, sent_end), values))
            return false;
        if (end == wanted.npos)
            return true;
        wanted.remove_prefix(end + 1);
        sent.remove_prefix(sent_end + 1);
    }
}

// "application/json; charset=utf-8" is "application/json".
std::string_view without_parameters(std::string_view media_type)
{
    media_type = media_type.substr(0, media_type.find(';'));
    while (media_type.ends_with(' ') || media_type.ends_with('\t'))
        media_type.remove_suffix(1);
    while (media_type.starts_with(' ') || media_type.starts_with('\t'))
        media_type.remove_prefix(1);
    return media_type;
}

void append_value(std::string& out, std::string_view text, Reading::Shape shape)
{
    if (shape == Reading::Shape::json) {
        out.append(text);
        return;
    }
    // What begins and ends like a literal is one if the parser says so.
    constexpr std::string_view letters = "0123456789-+.eEtrufalsn";
    json::Parser parser;
    bool const may_be_literal = shape == Reading::Shape::literal && !text.empty()
        && text.find_first_not_of(letters) == text.npos;
    if (may_be_literal && parser.parse(text))
        out.append(text);
    else
        json::append_quoted(out, text);
}

std::string json_of(Reading const& reading, std::span<std::string const> values)
{
    std::string text;
    if (!reading.is_list) {
        append_value(text, values.front(), reading.shape);
        return text;
    }
    text.push_back('[');
    auto const add = [&](std::string_view element) {
        if (text.size() > 1)
            text.push_back(',');
        append_value(text, element, reading.shape);
    };
    if (reading.separator == '\0')
        std::ranges::for_each(values, add);
    else
        std::ranges::for_each(parts_of(values.front(), reading.separator), add);
    text.push_back(']');
    return text;
}

} // namespace

Content const* Operation::body(std::string_view content_type) const
{
    auto const sent = without_parameters(content_type);
    Content const* best = nullptr;
    for (auto const& each : bodies) {
        std::string_view const type = each.media_type;
        bool const is_range = type.ends_with("/*");
        bool const fits = equal_ignoring_case(type, sent) || type == "*/*"
            || (is_range && sent.size() >= type.size()
                && equal_ignoring_case(
                    type.substr(0, type.size() - 1), sent.substr(0, type.size() - 1)));
        // Of those that fit, one without a star is the longest, and "*/*" the shortest.
        bool const is_better = best == nullptr || (!is_range && type != "*/*")
            || (best->media_type == "*/*" && type != "*/*");
        if (fits && is_better)
            best = &each;
    }
    return best;
}

Api::Api(std::vector<Operation> operations)
    : operations_(std::move(operations))
{
    std::ranges::stable_sort(
        operations_, {}, [](Operation const& each) { return std::ranges::count(each.path, '{'); });
}

std::optional<Api::Found> Api::find(std::string_view method, std::string_view path) const
{
    for (auto const& each : operations_) {
        Found found{&each, {}};
        if (each.method == method && match_path(each.path, path, found.values))
            return found;
    }
    return std::nullopt;
}

bool Api::has_path(std::string_view path) const
{
    return std::ranges::any_of(operations_, [path](Operation const& each) {
        Values values;
        return match_path(each.path, path, values);
    });
}

std::vector<Fault> validate(
    Parameter const& parameter, std::span<std::string const> values, std::size_t faults_max)
{
    if (values.empty()) {
        if (parameter.is_required)
            return {{"", "required", "must be there"}};
        return {};
    }
    if (parameter.schema == nullptr)
        return {};
    auto const text = json_of(parameter.reading, values);
    json::Parser parser;
    auto const node = parser.parse(text);
    if (!node)
        return {{"", "content", "must be JSON: " + node.error().message}};
    return validate(*parameter.schema, *node, faults_max);
}

} // namespace gatehouse::schema
