// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::json {

enum class Kind : std::uint8_t { null, boolean, number, text, array, object };

// One value inside a parsed document: two words, copied freely, valid as long as the Parser that
// gave it neither parses again nor goes away. An accessor is empty where the value is of another
// kind, or out of range.
class Node {
public:
    [[nodiscard]] Kind kind() const;
    [[nodiscard]] std::optional<bool> boolean() const;
    [[nodiscard]] std::optional<std::int64_t> integer() const;
    [[nodiscard]] std::optional<std::uint64_t> unsigned_integer() const;
    [[nodiscard]] std::optional<double> number() const;
    [[nodiscard]] std::optional<std::string_view> text() const;

    // Elements of an array, members of an object; 0 for all else.
    [[nodiscard]] std::size_t size() const;
    // The first member of that name. Empty where there is none or this is no object.
    [[nodiscard]] std::optional<Node> find(std::string_view key) const;
    // Visits in order while the visitor returns true.
    void each_element(std::function<bool(Node)> const& visit) const;
    void each_member(std::function<bool(std::string_view, Node)> const& visit) const;

    [[nodiscard]] std::string compact() const;

private:
    friend class Parser;
    struct Access;
    std::array<std::byte, 16> element_{}; // A simdjson::dom::element, kept out of this header.
};

// Parses RFC 8259 text with simdjson. Keeps its buffers, so a parse allocates nothing once they
// have grown. Depth is bound to 64. Belongs to one shard.
class Parser {
public:
    Parser();
    ~Parser();
    Parser(Parser&&) noexcept;
    Parser& operator=(Parser&&) noexcept;

    // Fails with bad_request and what is wrong.
    [[nodiscard]] Result<Node> parse(std::string_view text);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace gatehouse::json
