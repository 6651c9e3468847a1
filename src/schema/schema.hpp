// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// JSON Schema, 2020-12 and draft-07: schemas compiled once into flat instructions, which judge
// values in bounded time and allocate nothing for those that are valid.
namespace gatehouse::schema {

enum class Draft : std::uint8_t { draft_07, draft_2020_12 };

struct Limits {
    std::size_t instructions_max = 100'000; // More: the schema does not compile.
    std::size_t pattern_bytes_max = 4096;   // Longer: the schema does not compile.
    std::size_t depth_max = 500;            // Schemas within schemas at one time. Deeper: a fault.
    std::size_t steps_max = 1'000'000;      // Of one validation. More: a fault.
};

struct Options {
    Draft draft = Draft::draft_2020_12; // Where "$schema" says nothing.
    bool asserts_format = false;        // Otherwise "format" only tells readers something.
    Limits limits{};
};

// What is wrong with a schema, and where.
struct Complaint {
    std::string document; // Its URI.
    std::string pointer;  // RFC 6901, from the root of the document: "/properties/age/minimum".
    std::string message;  // What it is, and what to do.

    [[nodiscard]] std::string text() const { return document + "#" + pointer + ": " + message; }
    bool operator==(Complaint const&) const = default;
};
template <typename T>
using Checked = std::expected<T, Complaint>;

struct Program;

// A schema, compiled. Never changes; may be used by several threads at once.
class Schema {
public:
    Schema(std::shared_ptr<Program const> program, std::uint32_t block)
        : program_(std::move(program))
        , block_(block)
    { }
    [[nodiscard]] Program const& program() const { return *program_; }
    [[nodiscard]] std::uint32_t block() const { return block_; }

private:
    std::shared_ptr<Program const> program_; // Shared by all that were compiled together.
    std::uint32_t block_;
};

// JSON texts by the URI, or the name of the file, that a "$ref" finds them under. The meta-schemas
// of both drafts need not be among them. Nothing else is ever fetched.
using Documents = std::map<std::string, std::string, std::less<>>;

// `root` is the URI of a document, with the pointer of a part of it where only that is meant:
// "api.json#/components/schemas/Pet".
[[nodiscard]] Checked<std::shared_ptr<Schema const>> compile(
    Documents const& documents, std::string_view root, Options const& options = {});
// Many of the same documents: one for each root, in order. What they share is compiled once.
[[nodiscard]] Checked<std::vector<std::shared_ptr<Schema const>>> compile_all(
    Documents const& documents, std::span<std::string const> roots, Options const& options = {});

// Where a value does not fit its schema.
struct Fault {
    std::string pointer; // RFC 6901, into the value: "/players/0/name". "" is the whole.
    std::string keyword; // Of the schema: "maxLength". "" where a limit is spent.
    std::string message; // For people, a sentence about what stands there: "must be at most 5, …".

    bool operator==(Fault const&) const = default;
};

// None where the value fits; else at least one, and at most `faults_max`, in the order in which
// they were found.
[[nodiscard]] std::vector<Fault> validate(
    Schema const& schema, json::Node value, std::size_t faults_max = 20);
// The same without saying why.
[[nodiscard]] bool is_valid(Schema const& schema, json::Node value);

} // namespace gatehouse::schema
