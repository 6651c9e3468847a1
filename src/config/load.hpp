// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/document.hpp"
#include "config/problem.hpp"
#include "config/read.hpp"
#include "config/settings.hpp"

#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config {

// What the loader asks of the world. Paths come resolved against the main file's folder; `glob`
// answers the files that a pattern matches, sorted.
struct Sources {
    std::function<std::optional<std::string>(std::string_view path)> read_file;
    std::function<std::vector<std::string>(std::string_view pattern)> glob;
    Environment environment;
};

struct Loaded {
    Settings settings {};
    Origins origins {};
    std::vector<std::string> files {}; // All that were read: what to watch for changes.
};

inline constexpr std::size_t imports_max = 64;

// Settings of the text of the main file, called `file` (give an absolute path: relative paths
// inside begin at its folder), in layers, later ones over earlier ones:
//
//     defaults < file < its `import:` files < environment file < variables GATEHOUSE_… < flags
//
// The environment file is `gatehouse.<name>.yaml` beside `gatehouse.yaml`, where GATEHOUSE_ENV is
// the name. Maps merge; other values are replaced, but routes of imported files add up. All or
// nothing: one problem, and there are no settings.
[[nodiscard]] std::expected<Loaded, Problems> load(std::string const& file, std::string_view text,
    Sources const& sources, std::span<Flag const> flags, std::span<std::string_view const> games);

} // namespace gatehouse::config
