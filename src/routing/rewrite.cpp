// SPDX-License-Identifier: Apache-2.0
#include "routing/rewrite.hpp"

#include "http/grammar.hpp"
#include "http/target.hpp"
#include "routing/pattern.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::routing {
namespace {

std::unexpected<Error> refuse(std::string_view why)
{
    return fail(ErrorCode::bad_request, std::string(why));
}

std::vector<std::string_view> segments_of(std::string_view path)
{
    std::vector<std::string_view> segments;
    while (!is_at_end(path))
        segments.push_back(take_segment(path));
    return segments;
}

// Only what a URL's path may hold, and no "\", which browsers read as "/".
std::string escaped(std::string_view text)
{
    std::string out;
    for (char const c : text) {
        if (c != '\\' && http::is_of(c, http::target_char))
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

} // namespace

Result<Rewrite> Rewrite::compile(std::string_view route_path, std::string_view template_path)
{
    if (!template_path.starts_with('/'))
        return refuse("is no path: write one that begins with /");
    auto known = segments_of(route_path);
    bool const has_rest = !known.empty() && known.back() == "**";
    if (has_rest)
        known.pop_back();
    Rewrite rewrite;
    rewrite.segments_ = known.size();
    for (auto rest = template_path; !is_at_end(rest);) {
        auto const segment = take_segment(rest);
        if (segment == "**") {
            if (!rest.empty())
                return refuse("goes on after **: ** stands last");
            if (!has_rest)
                return refuse("has **, and the match has none: add it there, or leave it out");
            rewrite.parts_.push_back({.kind = Part::Kind::rest});
            continue;
        }
        if (segment.starts_with(':')) {
            auto const place = std::ranges::find(known, segment);
            if (place == known.end())
                return refuse(fmt::format("has {}, which the match does not name", segment));
            rewrite.parts_.push_back({.kind = Part::Kind::segment,
                .index = static_cast<std::size_t>(place - known.begin())});
            continue;
        }
        auto const literal = "/" + std::string(segment);
        bool const is_segment = !segment.empty() && segment.find_first_of("?#*") == segment.npos;
        if (!is_segment || http::normalize_path(literal) != literal)
            return refuse(fmt::format("holds \"{}\", which is no segment of a path", segment));
        rewrite.parts_.push_back({.kind = Part::Kind::literal, .text = literal});
    }
    return rewrite;
}

std::string Rewrite::apply(std::string_view path) const
{
    std::vector<std::string_view> segments;
    for (auto left = segments_; left > 0 && !is_at_end(path); left--)
        segments.push_back(take_segment(path));
    std::string out;
    for (auto const& part : parts_) {
        switch (part.kind) {
        case Part::Kind::literal: out += part.text; break;
        case Part::Kind::segment:
            out.append("/").append(
                part.index < segments.size() ? segments[part.index] : std::string_view());
            break;
        case Part::Kind::rest: out += path; break;
        }
    }
    return out.empty() ? "/" : out;
}

Result<Redirection> Redirection::compile(std::string_view route_path, std::string_view to)
{
    Redirection redirection;
    for (std::string_view const scheme : {"https://", "http://"}) {
        if (!to.starts_with(scheme))
            continue;
        auto const end = std::min(to.find('/', scheme.size()), to.size());
        if (!http::is_authority(to.substr(scheme.size(), end - scheme.size())))
            return refuse("names no host after its scheme");
        redirection.origin_ = to.substr(0, end);
        to.remove_prefix(end);
        break;
    }
    if (to.empty())
        to = "/";
    redirection.path_ = GH_TRY(Rewrite::compile(route_path, to));
    return redirection;
}

std::string Redirection::location(std::string_view path, std::string_view query) const
{
    auto out = origin_ + escaped(path_.apply(path));
    if (!query.empty())
        out.append("?").append(escaped(query));
    return out;
}

} // namespace gatehouse::routing
