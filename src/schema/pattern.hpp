// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace gatehouse::schema {

// A pattern of a schema, compiled: matching takes time in proportion to the text, whatever the
// pattern, and memory up to a bound. May be used by several threads at once.
class Pattern {
public:
    static constexpr std::size_t memory_max = 1 << 20; // Of program and cached states, in bytes.

    // `ecma` is in the syntax of ECMA-262 (schema/ecma.hpp). The error is for people.
    [[nodiscard]] static std::expected<Pattern, std::string> compile(std::string_view ecma);
    ~Pattern();
    Pattern(Pattern&&) noexcept;
    Pattern& operator=(Pattern&&) noexcept;

    // Somewhere in the text: patterns of JSON Schema are not anchored.
    [[nodiscard]] bool is_found_in(std::string_view text) const;
    [[nodiscard]] std::string const& source() const { return source_; }

private:
    Pattern(std::string source, std::unique_ptr<re2::RE2> compiled);

    std::string source_;
    std::unique_ptr<re2::RE2> compiled_;
};

} // namespace gatehouse::schema
