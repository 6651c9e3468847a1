// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace gatehouse::config {

// The table of keys, told three ways.

// For a terminal: a line per key with its type, default and meaning (`gatehouse check --explain`).
[[nodiscard]] std::string explain_text();

// docs/configuration.md, whole.
[[nodiscard]] std::string reference_markdown();

// A JSON Schema (2020-12) of the file, for editors. It admits `${…}` wherever a value may stand.
[[nodiscard]] std::string schema_json();

} // namespace gatehouse::config
