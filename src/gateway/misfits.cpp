// SPDX-License-Identifier: Apache-2.0
#include "gateway/misfits.hpp"

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "http/grammar.hpp"
#include "http/target.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

namespace gatehouse::gateway {
namespace {

using In = schema::Parameter::In;
using Texts = std::vector<std::string>;

std::string_view name_of(In in)
{
    switch (in) {
    case In::path: return "path";
    case In::query: return "query";
    case In::header: return "header";
    case In::cookie: return "cookie";
    }
    std::unreachable();
}

// RFC 6265 §4.2.1: "a=1; b=2".
Texts cookies_named(std::string_view name, http::Headers const& headers)
{
    Texts values;
    for (auto const& line : headers) {
        if (!equal_ignoring_case(line.name, "Cookie"))
            continue;
        for (auto rest = line.value; !rest.empty();) {
            auto const end = std::min(rest.find(';'), rest.size());
            auto const pair = http::trim(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
            auto const equals = pair.find('=');
            if (equals != pair.npos && pair.substr(0, equals) == name)
                values.emplace_back(pair.substr(equals + 1));
        }
    }
    return values;
}

// What a request says of parameters, taken apart once.
class Said {
public:
    Said(PathValues const& path, http::RequestHead const& head)
        : path_(path)
        , head_(head)
        , query_(http::query_pairs(head.query))
    { }

    [[nodiscard]] bool is_broken() const { return !query_; }

    [[nodiscard]] Texts values(schema::Parameter const& parameter) const
    {
        Texts values;
        switch (parameter.in) {
        case In::path:
            for (auto const& [name, sent] : path_)
                if (name == parameter.name)
                    values.push_back(http::percent_decode(sent).value_or(std::string(sent)));
            break;
        case In::query:
            for (auto const& [name, value] : *query_)
                if (name == parameter.name)
                    values.push_back(value);
            break;
        case In::header:
            for (auto const& line : head_.headers)
                if (equal_ignoring_case(line.name, parameter.name))
                    values.emplace_back(line.value);
            break;
        case In::cookie: return cookies_named(parameter.name, head_.headers);
        }
        return values;
    }

private:
    PathValues const& path_;
    http::RequestHead const& head_;
    std::optional<http::QueryPairs> query_;
};

} // namespace

std::vector<Misfit> judge_parameters(
    schema::Operation const& operation, PathValues const& values, http::RequestHead const& head)
{
    std::vector<Misfit> misfits;
    Said const said(values, head);
    if (said.is_broken())
        return {{"query", "", {"", "", "has an escape that is broken"}}};
    for (auto const& parameter : operation.parameters) {
        auto const found = said.values(parameter);
        for (auto& fault : schema::validate(parameter, found, misfits_max))
            if (misfits.size() < misfits_max)
                misfits.push_back({name_of(parameter.in), parameter.name, std::move(fault)});
    }
    return misfits;
}

std::string text_of(Misfit const& misfit)
{
    auto what = fmt::format("the {}", misfit.in);
    if (!misfit.name.empty())
        what += fmt::format(" \"{}\"", misfit.name);
    if (!misfit.fault.pointer.empty())
        what += fmt::format(" at \"{}\"", misfit.fault.pointer);
    return fmt::format("{} {}", what, misfit.fault.message);
}

std::string details_of(std::vector<Misfit> const& misfits)
{
    std::string text;
    json::Writer out(text);
    out.object().key("faults").array();
    for (auto const& [in, name, fault] : misfits) {
        out.object().key("in").value(in);
        if (!name.empty())
            out.key("name").value(name);
        out.key("pointer").value(fault.pointer);
        out.key("keyword").value(fault.keyword);
        out.key("message").value(fault.message).end_object();
    }
    out.end_array().end_object();
    return text;
}

} // namespace gatehouse::gateway
