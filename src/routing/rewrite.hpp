// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::routing {

// What a path becomes: a template such as "/v2/:id/**", whose :id and ** are what the path of the
// route, "/api/:id/**", stands for in the request. Whatever was matched is inserted as it came,
// normalised and still escaped, and only as whole segments: no segment can be made that was not
// there, and none can climb.
//
// Compiled once; `apply` reads the path once.
class Rewrite {
public:
    // Fails with bad_request, for people: what is wrong with the template, as the end of a sentence
    // that names it.
    static Result<Rewrite> compile(std::string_view route_path, std::string_view template_path);

    // `path` is normalised, and one that the route takes.
    [[nodiscard]] std::string apply(std::string_view path) const;

private:
    struct Part {
        enum class Kind : unsigned char { literal, segment, rest };
        Kind kind;
        std::string text{};    // "/v2" of a literal.
        std::size_t index = 0; // Of a segment: its place in the path.
    };
    std::vector<Part> parts_;
    std::size_t segments_ = 0; // Of the route's path, before its **.
};

// Where a redirect leads: a template of a path, or of an URL such as "https://b.example/v2/**".
class Redirection {
public:
    static Result<Redirection> compile(std::string_view route_path, std::string_view to);

    // A Location, with the query of the request. What could be read as another host is escaped.
    [[nodiscard]] std::string location(std::string_view path, std::string_view query) const;

private:
    std::string origin_; // "https://b.example"; empty: the same.
    Rewrite path_;
};

} // namespace gatehouse::routing
