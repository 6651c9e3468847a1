// SPDX-License-Identifier: Apache-2.0
#include "gateway/misfits.hpp"
#include "gateway/stages.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "http/grammar.hpp"

#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gatehouse::gateway::stages {
namespace {

constexpr std::string_view json_type = "application/json";

Progress refuse(Exchange& exchange, ErrorCode code, std::string_view message, int status = 0)
{
    exchange.refuse(code, message, status);
    return Progress::answered;
}

Progress refuse(Exchange& exchange, std::vector<Misfit> const& misfits)
{
    exchange.refuse(ErrorCode::bad_request,
        fmt::format("The request does not fit: {}.", text_of(misfits.front())));
    exchange.answer.refusal->details = details_of(misfits);
    return Progress::answered;
}

// What the body says it is. Who says nothing is taken to mean JSON: it is judged all the same.
// Nothing where two lines say it, of which the service might believe the other.
std::optional<std::string_view> type_of_body(http::Headers const& headers)
{
    if (headers.count("Content-Type") > 1)
        return std::nullopt;
    return headers.find("Content-Type").value_or(json_type);
}

// RFC 6839 §3.1
bool is_json(std::string_view type)
{
    type = http::trim(type.substr(0, type.find(';')));
    constexpr std::string_view suffix = "+json";
    return equal_ignoring_case(type, json_type)
        || (type.size() > suffix.size()
            && equal_ignoring_case(type.substr(type.size() - suffix.size()), suffix));
}

bool is_encoded(http::Headers const& headers)
{
    auto const coding = headers.find("Content-Encoding");
    return coding && !equal_ignoring_case(*coding, "identity");
}

// RFC 9110 §9.3: their content means nothing, so none is missed.
bool is_without_body(std::string_view method)
{
    static constexpr std::array<std::string_view, 5> all{
        "GET", "HEAD", "DELETE", "OPTIONS", "TRACE"};
    return std::ranges::find(all, method) != all.end();
}

Progress judge_body(Exchange& exchange, Context& context, schema::Schema const& schema)
{
    if (is_encoded(exchange.head->headers))
        return refuse(exchange, ErrorCode::unsupported,
            "The body is judged here, and must not have a Content-Encoding.");
    if (!exchange.has_body())
        return Progress::needs_body;
    json::Parser own; // A large body's buffers are not kept.
    auto const& text = exchange.body.collected;
    auto& parser = text.size() <= body_max_local ? context.body_parser : own;
    auto const node = parser.parse(text);
    if (!node)
        return refuse(exchange,
            {{"body", "", {"", "", fmt::format("is no JSON: {}", node.error().message)}}});
    if (schema::is_valid(schema, *node)) [[likely]]
        return Progress::go_on;
    std::vector<Misfit> misfits;
    for (auto& fault : schema::validate(schema, *node, misfits_max))
        misfits.push_back({"body", "", std::move(fault)});
    return refuse(exchange, misfits);
}

Progress by_schema(Exchange& exchange, Context& context, schema::Schema const& schema)
{
    auto const& head = *exchange.head;
    if (head.framing == http::Framing::none)
        return is_without_body(head.method)
            ? Progress::go_on
            : refuse(exchange, {{"body", "", {"", "required", "must be there"}}});
    auto const type = type_of_body(head.headers);
    if (!type || !is_json(*type))
        return refuse(exchange, ErrorCode::unsupported, "The body must be application/json.");
    return judge_body(exchange, context, schema);
}

// ---- OpenAPI

// The path as the document has it. Nothing where it stands elsewhere.
std::optional<std::string_view> path_within(std::string_view path, std::string_view base)
{
    if (!path.starts_with(base))
        return std::nullopt;
    path.remove_prefix(base.size());
    if (path.empty())
        return "/";
    return path.starts_with('/') ? std::optional(path) : std::nullopt;
}

std::optional<schema::Api::Found> find_operation(
    schema::Api const& api, std::string_view method, std::string_view path)
{
    auto found = api.find(method, path);
    return !found && method == "HEAD" ? api.find("GET", path) : found;
}

Progress refuse_operation(Exchange& exchange, schema::Api const& api, std::string_view path)
{
    static constexpr std::array<std::string_view, 8> methods{
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"};
    std::vector<std::string_view> allowed;
    for (auto const method : methods)
        if (find_operation(api, method, path))
            allowed.push_back(method);
    if (allowed.empty())
        return refuse(exchange, ErrorCode::not_found, "There is nothing at this path.");
    exchange.answer.allowed = fmt::format("{}", fmt::join(allowed, ", "));
    return refuse(exchange, ErrorCode::unsupported, "The method is not allowed here.", 405);
}

Progress judge_content(Exchange& exchange, Context& context, schema::Operation const& operation)
{
    auto const& head = *exchange.head;
    if (head.framing == http::Framing::none)
        return operation.needs_body
            ? refuse(exchange, {{"body", "", {"", "required", "must be there"}}})
            : Progress::go_on;
    if (!operation.takes_body)
        return refuse(exchange, {{"body", "", {"", "", "must not be there"}}});
    auto const type = type_of_body(head.headers);
    auto const* const content = type ? operation.body(*type) : nullptr;
    if (content == nullptr)
        return refuse(
            exchange, ErrorCode::unsupported, "The body is of no type that is taken here.");
    if (!content->schema || !is_json(*type))
        return Progress::go_on;
    return judge_body(exchange, context, *content->schema);
}

Progress by_api(Exchange& exchange, Context& context, ValidationOptions const& rules)
{
    auto const& head = *exchange.head;
    auto const& api = *rules.api;
    auto const path = path_within(exchange.path, rules.base);
    if (!path)
        return refuse(exchange, ErrorCode::not_found, "There is nothing at this path.");
    auto const found = find_operation(api, head.method, *path);
    if (!found)
        return refuse_operation(exchange, api, *path);
    bool const is_first_run = !exchange.body.is_kept;
    if (is_first_run)
        if (auto const misfits = judge_parameters(*found->operation, found->values, head);
            !misfits.empty())
            return refuse(exchange, misfits);
    return judge_content(exchange, context, *found->operation);
}

} // namespace

Progress validate(Exchange& exchange, Context& context)
{
    auto const& rules = exchange.route->options->validation;
    if (rules.is_empty())
        return Progress::go_on;
    return rules.body ? by_schema(exchange, context, *rules.body)
                      : by_api(exchange, context, rules);
}

} // namespace gatehouse::gateway::stages
