// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config {

// Where something was written: a file with line and column (from 1), or a variable or flag (line
// 0).
struct Place {
    std::string source {};
    int line = 0;
    int column = 0;

    [[nodiscard]] std::string text() const; // "gatehouse.yaml:3:9"

    bool operator==(Place const&) const = default;
};

// The place of every value that was given, by its RFC 6901 pointer ("/listen/http"). What is not in
// it is a default.
using Origins = std::map<std::string, Place, std::less<>>;

// Of the value itself, or else of the nearest thing around it.
[[nodiscard]] Place place_of(Origins const& origins, std::string_view pointer);

struct Problem {
    Place place {};
    std::string pointer {};
    std::string message {};

    [[nodiscard]] std::string text() const; // "gatehouse.yaml:3:9: /listen/http: …"
};

// All that is wrong, so that an operator mends a file once. Keeps the first `kept_max` and counts
// the rest. Of one value only the first problem is told: a second would be its echo.
class Problems {
public:
    static constexpr std::size_t kept_max = 20;

    void add(Place place, std::string pointer, std::string message);
    void sort_by_place();

    [[nodiscard]] bool empty() const { return kept_.empty(); }
    [[nodiscard]] std::size_t count() const { return kept_.size() + dropped_; }
    [[nodiscard]] std::vector<Problem> const& kept() const { return kept_; }
    [[nodiscard]] std::string text() const; // One line each.

private:
    std::vector<Problem> kept_;
    std::size_t dropped_ = 0;
};

// For messages: in quotes, with control characters escaped, cut to a readable length.
[[nodiscard]] std::string quote(std::string_view text);

// "; did you mean "users"?", or ": the services are a, b", or ": there are no services".
[[nodiscard]] std::string suggest(
    std::string_view word, std::vector<std::string_view> const& known, std::string_view plural);

// The pointer of a member: pointer + "/" + key, escaped.
[[nodiscard]] std::string member_pointer(std::string_view pointer, std::string_view key);

} // namespace gatehouse::config
