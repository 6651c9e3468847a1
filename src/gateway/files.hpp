// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "http/message.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gatehouse::gateway {

struct File {
    Frame bytes;
    std::string content_type;
    std::string etag; // With its quotes.
};

// A folder of static files, read once and held in memory: a lookup in a table, so no path can lead
// out of it. Immutable after it was filled, shared by all shards.
class FileSet {
public:
    // `path` as it stands in a URL: "/js/app.js". A later file of one path replaces the earlier.
    void add(std::string path, std::string bytes);

    // "/" and "/sub/" mean their index.html.
    [[nodiscard]] File const* find(std::string_view path) const;

private:
    struct TextHash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    std::unordered_map<std::string, File, TextHash, std::equal_to<>> files_;
};

// Does an If-None-Match field name this tag, compared weakly (RFC 9110 §13.1.2)?
[[nodiscard]] bool names_etag(std::string_view if_none_match, std::string_view etag);

// "text/html; charset=utf-8" of "/index.html"; application/octet-stream for unknown extensions.
[[nodiscard]] std::string_view content_type_of(std::string_view path);

}  // namespace gatehouse::gateway
