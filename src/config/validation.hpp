// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/problem.hpp"
#include "config/settings_routes.hpp"
#include "config/value.hpp"
#include "schema/openapi.hpp"
#include "schema/schema.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace gatehouse::config {

// What `validate` of a route leads to: its files, and what they say.

inline constexpr std::size_t schema_files_max = 100;                 // Of one `validate`.
inline constexpr std::size_t schema_text_max = 16 * 1024 * 1024;     // Of all of them.
inline constexpr std::uint64_t validated_body_max = 8 * 1024 * 1024; // It is held in memory.

// Reads the files into `texts`: those that are named, and those that they refer to by "$ref" as
// files beside them. What they refer to by other names must be named in `with`.
[[nodiscard]] Wrong read_schema_files(Validate& validate, Surroundings const& around);

struct CompiledValidation {
    std::shared_ptr<schema::Schema const> body; // One of them.
    std::shared_ptr<schema::Api const> api;
};
[[nodiscard]] schema::Checked<CompiledValidation> compile(Validate const& validate);

// Where a complaint is, in the file that it is about. None where it is about none of them.
[[nodiscard]] std::optional<Place> place_of(
    Validate const& validate, schema::Complaint const& complaint);

} // namespace gatehouse::config
