// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/schema.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// OpenAPI 3.1 as a source of schemas: what a request of each operation has to look like.
namespace gatehouse::schema {

// How text of a URL or a field becomes a value (OpenAPI 3.1 §4.8.12.1).
struct Reading {
    enum class Shape : std::uint8_t {
        text,    // As it is.
        literal, // A number, true, false or null; as text where it is none.
        json,    // `content` of the parameter says that it is JSON.
    };
    Shape shape = Shape::text; // Of each element, where it is a list.
    bool is_list = false;
    char separator = '\0'; // Of a list in one value; otherwise each value is an element.
};

struct Parameter {
    enum class In : std::uint8_t { path, query, header, cookie };
    std::string name; // Of headers without regard to case.
    In in = In::query;
    bool is_required = false;
    Reading reading{};
    std::shared_ptr<Schema const> schema; // None: anything.
};

struct Content {
    std::string media_type; // "application/json", "text/*" or "*/*", in small letters.
    std::shared_ptr<Schema const> schema; // None: anything. Meant for JSON only.
};

struct Operation {
    std::string method; // "GET"
    std::string path;   // "/users/{id}"
    std::string id;     // `operationId`, or "".
    std::vector<Parameter> parameters;
    bool takes_body = false; // It has `requestBody`.
    bool needs_body = false;
    std::vector<Content> bodies;

    // What is said of a body of that type ("application/json; charset=utf-8"): the most special.
    [[nodiscard]] Content const* body(std::string_view content_type) const;
};

// The operations of a document. Never changes; may be used by several threads at once.
class Api {
public:
    static constexpr std::size_t operations_max = 2000; // More: a complaint.

    explicit Api(std::vector<Operation> operations);
    [[nodiscard]] std::span<Operation const> operations() const { return operations_; }

    struct Found {
        Operation const* operation;
        std::vector<std::pair<std::string_view, std::string_view>> values; // Of the path, as sent.
    };
    // The operation of a request. `path` is without the query, and without what `servers` put
    // before it; paths without variables win (§4.8.8). Views into the arguments and this.
    [[nodiscard]] std::optional<Found> find(std::string_view method, std::string_view path) const;
    // Whether the path is that of any operation: another method then is 405, and not 404.
    [[nodiscard]] bool has_path(std::string_view path) const;

private:
    std::vector<Operation> operations_; // Those with the fewest variables first.
};

// Reads the document of that URI and compiles all its schemas; `documents` has what it refers to. A
// complaint is of the first thing that is wrong, or that nobody could hold requests to.
[[nodiscard]] Checked<std::shared_ptr<Api const>> read_openapi(
    Documents const& documents, std::string_view uri, Options options = {});

// What is wrong with a parameter of a request: `values` are all of that name in order, decoded. For
// a list each of them is an element, or one of them has all; of others only the first counts.
// Pointers lead into the value, which is "" where it is no list.
[[nodiscard]] std::vector<Fault> validate(
    Parameter const& parameter, std::span<std::string const> values, std::size_t faults_max = 20);

} // namespace gatehouse::schema
