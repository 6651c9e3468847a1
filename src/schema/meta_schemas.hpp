// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace gatehouse::schema {

// What JSON Schema says about itself, in the binary: a `$ref` to it needs no file and no network.
struct MetaSchema {
    std::string_view uri; // Without fragment.
    std::string_view text;
};
[[nodiscard]] std::span<MetaSchema const> meta_schemas_2020_12();
[[nodiscard]] std::span<MetaSchema const> meta_schemas_draft_07();

} // namespace gatehouse::schema
