// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/openapi.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::schema {

// Walks an OpenAPI document from its paths to the schemas, and through the references on the way
// (Reference Objects, which are not those of JSON Schema). Schemas are noted by URI, and compiled
// together at the end.
class OpenApiReader {
public:
    OpenApiReader(Documents const& documents, std::string_view uri, Options options);
    Checked<std::shared_ptr<Api const>> read();

private:
    // A part of a document.
    struct Spot {
        std::string document;
        std::string pointer;
        json::Node node;
    };
    // Schemas are noted by number, and compiled together at the end.
    using Number = std::optional<std::size_t>;
    struct DraftParameter {
        Parameter parameter;
        Number schema;
    };
    struct Draft {
        Operation operation;
        std::vector<Number> parameters;
        std::vector<Number> bodies;
    };

    Checked<Spot> open(std::string const& uri);
    Checked<Spot> part(Spot const& spot, std::string_view key, json::Kind kind) const;
    Checked<std::optional<Spot>> optional_part(
        Spot const& spot, std::string_view key, json::Kind kind) const;
    // The spot itself, or what its "$ref" leads to.
    Checked<Spot> followed(Spot spot);
    Checked<void> check_version(Spot const& root);
    Checked<void> path_item(std::string const& path, Spot const& spot);
    Checked<void> operation(std::string const& path, std::string_view method, Spot const& spot,
        std::vector<DraftParameter> parameters);
    // Adds those of the list to the others, in the place of any with the same name.
    Checked<void> parameters(Spot const& spot, std::vector<DraftParameter>& all);
    Checked<DraftParameter> parameter(Spot const& spot);
    Checked<void> parameter_content(Spot const& content, DraftParameter& draft);
    Checked<void> parameter_schema(Spot const& spot, Spot const& schema, DraftParameter& draft);
    Checked<Reading> reading_of(Spot const& spot, Spot const& schema, Parameter const& parameter);
    Checked<void> bodies(Spot const& spot, Draft& draft);
    Checked<std::shared_ptr<Api const>> compiled();
    Checked<std::string> text(Spot const& spot, std::string_view key) const;
    [[nodiscard]] std::unexpected<Complaint> wrong(
        Spot const& spot, std::string_view below, std::string message) const;

    std::size_t note_schema(Spot const& schema);
    // The types that a schema names, found through its references.
    std::vector<std::string> types_of(Spot const& schema);

    Documents const& documents_;
    std::string uri_;
    Options options_;
    std::map<std::string, json::Parser, std::less<>> parsers_;
    std::map<std::string, json::Node, std::less<>> roots_;
    std::vector<std::string> schemas_; // By number.
    std::vector<Draft> operations_;
};

} // namespace gatehouse::schema
