// SPDX-License-Identifier: Apache-2.0
#include "gateway/files.hpp"

#include "base/digest.hpp"

#include <array>
#include <utility>

namespace gatehouse::gateway {

void FileSet::add(std::string path, std::string bytes)
{
    File file{.bytes = nullptr,
        .content_type = std::string(content_type_of(path)),
        .etag = '"' + to_hex(sha256(bytes).substr(0, 16)) + '"'};
    file.bytes = make_frame(std::move(bytes));
    files_.insert_or_assign(std::move(path), std::move(file));
}

File const* FileSet::find(std::string_view path) const
{
    if (path.ends_with('/'))
        return find(std::string(path) + "index.html");
    auto const found = files_.find(path);
    return found == files_.end() ? nullptr : &found->second;
}

bool names_etag(std::string_view list, std::string_view etag)
{
    if (list == "*")
        return true;
    // The opaque part cannot hold a quote, so a quoted tag found is a tag named.
    return list.find(etag) != list.npos;
}

std::string_view content_type_of(std::string_view path)
{
    using Pair = std::pair<std::string_view, std::string_view>;
    static constexpr std::array<Pair, 18> types{{
        {"html", "text/html; charset=utf-8"},
        {"css", "text/css; charset=utf-8"},
        {"js", "text/javascript; charset=utf-8"},
        {"mjs", "text/javascript; charset=utf-8"},
        {"json", "application/json"},
        {"map", "application/json"},
        {"webmanifest", "application/manifest+json"},
        {"svg", "image/svg+xml"},
        {"png", "image/png"},
        {"jpg", "image/jpeg"},
        {"webp", "image/webp"},
        {"ico", "image/x-icon"},
        {"woff2", "font/woff2"},
        {"wasm", "application/wasm"},
        {"mp3", "audio/mpeg"},
        {"ogg", "audio/ogg"},
        {"txt", "text/plain; charset=utf-8"},
        {"md", "text/plain; charset=utf-8"},
    }};
    auto const dot = path.rfind('.');
    auto const extension = dot == path.npos ? std::string_view() : path.substr(dot + 1);
    for (auto const& [known, type] : types)
        if (known == extension)
            return type;
    return "application/octet-stream";
}

}  // namespace gatehouse::gateway
