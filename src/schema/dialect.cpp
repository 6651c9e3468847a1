// SPDX-License-Identifier: Apache-2.0
#include "schema/dialect.hpp"

#include "schema/pointer.hpp"

#include <array>

namespace gatehouse::schema {
namespace {

// What the value of a keyword holds.
enum class Holds : std::uint8_t { schema, list, map, schema_or_list };

struct Place {
    std::string_view keyword;
    Holds holds;
};
constexpr std::array places{
    Place{"$defs", Holds::map},
    Place{"definitions", Holds::map},
    Place{"properties", Holds::map},
    Place{"patternProperties", Holds::map},
    Place{"additionalProperties", Holds::schema},
    Place{"propertyNames", Holds::schema},
    Place{"dependencies", Holds::map}, // Lists of names among them are no schemas.
    Place{"items", Holds::schema_or_list},
    Place{"contains", Holds::schema},
    Place{"allOf", Holds::list},
    Place{"anyOf", Holds::list},
    Place{"oneOf", Holds::list},
    Place{"not", Holds::schema},
    Place{"if", Holds::schema},
    Place{"then", Holds::schema},
    Place{"else", Holds::schema},
};
constexpr std::array places_of_draft_07{Place{"additionalItems", Holds::schema}};
constexpr std::array places_of_2020_12{
    Place{"prefixItems", Holds::list},
    Place{"dependentSchemas", Holds::map},
    Place{"unevaluatedItems", Holds::schema},
    Place{"unevaluatedProperties", Holds::schema},
    Place{"contentSchema", Holds::schema},
};

using Visit = std::function<void(std::string const&, json::Node)>;

void each_below(json::Node value, Holds holds, std::string const& pointer, Visit const& visit)
{
    bool const is_list = value.kind() == json::Kind::array;
    if (is_list && (holds == Holds::list || holds == Holds::schema_or_list)) {
        std::size_t index = 0;
        value.each_element([&](json::Node element) {
            visit(pointer + "/" + std::to_string(index++), element);
            return true;
        });
    } else if (holds == Holds::map) {
        value.each_member([&](std::string_view name, json::Node member) {
            auto below = pointer;
            append_segment(below, name);
            visit(below, member);
            return true;
        });
    } else if (holds != Holds::list) {
        visit(pointer, value);
    }
}

template <std::size_t N>
void each_of(json::Node schema, std::array<Place, N> const& all, Visit const& visit)
{
    for (auto const& place : all)
        if (auto const value = schema.find(place.keyword))
            each_below(*value, place.holds, "/" + std::string(place.keyword), visit);
}

constexpr std::string_view vocabularies = "https://json-schema.org/draft/2020-12/vocab/";

} // namespace

std::optional<Dialect> known_dialect(std::string_view uri)
{
    if (uri == "https://json-schema.org/draft/2020-12/schema")
        return Dialect{};
    // OpenAPI 3.1 §4.8.24.5: 2020-12, and words that assert nothing.
    if (uri == "https://spec.openapis.org/oas/3.1/dialect/base")
        return Dialect{};
    if (uri == "http://json-schema.org/draft-07/schema"
        || uri == "https://json-schema.org/draft-07/schema")
        return Dialect{.draft = Draft::draft_07, .has_unevaluated = false};
    return std::nullopt;
}

std::expected<Dialect, std::string> dialect_of(json::Node vocabulary)
{
    Dialect dialect{.has_applicators = false, .has_unevaluated = false, .has_assertions = false};
    std::string unknown;
    vocabulary.each_member([&](std::string_view uri, json::Node is_required) {
        auto const name = uri.starts_with(vocabularies) ? uri.substr(vocabularies.size()) : "";
        if (name == "applicator")
            dialect.has_applicators = true;
        else if (name == "unevaluated")
            dialect.has_unevaluated = true;
        else if (name == "validation")
            dialect.has_assertions = true;
        else if (name == "format-assertion")
            dialect.asserts_format = true;
        else if (name != "core" && name != "meta-data" && name != "format-annotation"
            && name != "content" && is_required.boolean().value_or(false))
            unknown = uri;
        return true;
    });
    if (!unknown.empty())
        return std::unexpected(unknown);
    return dialect;
}

void each_subschema(json::Node schema, Dialect const& dialect, Visit const& visit)
{
    each_of(schema, places, visit);
    if (dialect.draft == Draft::draft_07)
        each_of(schema, places_of_draft_07, visit);
    else
        each_of(schema, places_of_2020_12, visit);
}

} // namespace gatehouse::schema
