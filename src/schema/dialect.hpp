// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "schema/schema.hpp"

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::schema {

// Which keywords mean something: a draft, less the vocabularies that a meta-schema leaves out.
struct Dialect {
    Draft draft = Draft::draft_2020_12;
    bool has_applicators = true;
    bool has_unevaluated = true;
    bool has_assertions = true;
    bool asserts_format = false;

    bool operator==(Dialect const&) const = default;
};

// Of "$schema" without its fragment: one of those that the binary knows.
[[nodiscard]] std::optional<Dialect> known_dialect(std::string_view uri);
// Of a meta-schema with "$vocabulary" (2020-12 core §8.1.2). The error is a vocabulary that it
// demands and nobody here knows.
[[nodiscard]] std::expected<Dialect, std::string> dialect_of(json::Node vocabulary);

// Visits what stands where this dialect has a schema, by its pointer from the schema around it,
// such as "/properties/a": so that an "$id" in an `enum` is no identifier.
void each_subschema(json::Node schema, Dialect const& dialect,
    std::function<void(std::string const& pointer, json::Node)> const& visit);

} // namespace gatehouse::schema
