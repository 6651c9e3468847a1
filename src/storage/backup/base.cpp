// SPDX-License-Identifier: Apache-2.0
#include "storage/backup/base.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/fields.hpp"
#include "storage/backup/catalogue.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <zstd.h>

namespace gatehouse::storage::backup {

namespace fs = std::filesystem;

namespace {

constexpr int compression = 3;

struct PartLine {
    std::uint64_t bytes = 0;
    std::string sha256;

    static void fields(auto& self, auto&& field)
    {
        field("bytes", self.bytes);
        field("sha256", self.sha256);
    }
};

struct ManifestText {
    std::uint64_t format = 0;
    std::string chain;
    std::uint64_t number = 0;
    std::string before;
    std::uint64_t next = 0;
    std::int64_t at = 0;
    std::int64_t last_at = 0;
    std::string last_stream;
    std::uint64_t last_version = 0;
    std::string last_link;
    std::uint64_t bytes = 0;
    std::vector<PartLine> parts{};
    std::optional<std::string> ring{}; // Older ones have none.

    static void fields(auto& self, auto&& field)
    {
        field("format", self.format);
        field("chain", self.chain);
        field("number", self.number);
        field("before", self.before);
        field("next", self.next);
        field("at", self.at);
        field("last_at", self.last_at);
        field("last_stream", self.last_stream);
        field("last_version", self.last_version);
        field("last_link", self.last_link);
        field("bytes", self.bytes);
        field("parts", self.parts);
        field("ring", self.ring);
    }
};

std::unexpected<Error> damaged(std::string why)
{
    return fail(ErrorCode::internal, "A base of the backup is damaged.", std::move(why));
}

std::unexpected<Error> no_file(fs::path const& file, std::string_view what)
{
    return fail(ErrorCode::unavailable, "A file of the backup cannot be used.",
        fmt::format("{} {}: is there room on the disk, and may gatehouse use it?", what,
            file.native()));
}

std::string part_object(Manifest const& manifest, std::size_t index)
{
    return fmt::format(
        "{}/part-{:05}.zst", base_folder(manifest.chain, manifest.number), index + 1);
}

std::string compress(std::string_view bytes)
{
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    auto const size
        = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), compression);
    out.resize(ZSTD_isError(size) ? 0 : size);
    return out;
}

// Empty where they are no frame of exactly `size` bytes.
std::string uncompress(std::string_view bytes, std::size_t size)
{
    std::string out(size, '\0');
    if (ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size()) != size)
        out.clear();
    return out;
}

} // namespace

std::string write_manifest(Manifest const& manifest)
{
    ManifestText text{manifest_format, manifest.chain, manifest.number, manifest.before,
        manifest.next, manifest.at.ms, manifest.last_at.ms, manifest.last_stream,
        manifest.last_version, manifest.last_link, manifest.bytes};
    for (auto const& part : manifest.parts)
        text.parts.emplace_back(part.bytes, part.sha256);
    if (!manifest.ring.empty())
        text.ring = manifest.ring;
    std::string out;
    json::Writer writer(out);
    write_json(writer, text);
    return out;
}

Result<Manifest> read_manifest(std::string_view bytes)
{
    json::Parser parser;
    ManifestText text;
    auto const node = parser.parse(bytes);
    auto const read = node ? read_json(*node, text) : std::unexpected(node.error());
    if (!read)
        return damaged(read.error().message);
    if (text.format != manifest_format)
        return fail(ErrorCode::unsupported, "A newer gatehouse wrote this backup.",
            "the base has format " + std::to_string(text.format));
    Manifest manifest{.chain = std::move(text.chain),
        .number = text.number,
        .before = std::move(text.before),
        .next = text.next,
        .at = {text.at},
        .last_at = {text.last_at},
        .bytes = text.bytes,
        .last_stream = std::move(text.last_stream),
        .last_version = text.last_version,
        .last_link = std::move(text.last_link),
        .ring = text.ring.value_or("")};
    std::uint64_t sum = 0;
    for (auto& part : text.parts) {
        if (part.bytes == 0 || part.bytes > part_bytes_max || part.sha256.size() != 64)
            return damaged("a part contradicts itself");
        sum += part.bytes;
        manifest.parts.emplace_back(part.bytes, std::move(part.sha256));
    }
    if (sum != manifest.bytes)
        return damaged("its parts are not the whole");
    return manifest;
}

Result<void> put_base(archive::Objects& objects, Manifest manifest, fs::path const& file,
    std::function<Result<void>()> const& between)
{
    std::ifstream in(file, std::ios::binary);
    if (!in)
        return no_file(file, "cannot read");
    std::string bytes;
    while (true) {
        bytes.resize(part_bytes_max);
        in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        bytes.resize(static_cast<std::size_t>(in.gcount()));
        if (bytes.empty())
            break;
        GH_CHECK(objects.put(part_object(manifest, manifest.parts.size()), compress(bytes)));
        manifest.bytes += bytes.size();
        manifest.parts.emplace_back(bytes.size(), to_hex(sha256(bytes)));
        GH_CHECK(between());
    }
    if (in.bad())
        return no_file(file, "cannot read");
    return objects.put(
        base_folder(manifest.chain, manifest.number) + "/manifest.json", write_manifest(manifest));
}

Result<void> read_base(
    archive::Objects& objects, Manifest const& manifest, OnPart const& visit)
{
    for (std::size_t i = 0; i < manifest.parts.size(); i++) {
        auto const& part = manifest.parts[i];
        auto const name = part_object(manifest, i);
        auto const packed = objects.get(name);
        if (!packed && packed.error().code == ErrorCode::not_found)
            return damaged(name + " is missing");
        if (!packed)
            return std::unexpected(packed.error());
        auto const bytes = uncompress(*packed, part.bytes);
        if (bytes.empty() || to_hex(sha256(bytes)) != part.sha256)
            return damaged(name + ": its bytes are not those that were written");
        GH_CHECK(visit(bytes));
    }
    return {};
}

Result<void> fetch_base(archive::Objects& objects, Manifest const& manifest, fs::path const& file,
    std::function<void(std::uint64_t)> const& between)
{
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    std::uint64_t written = 0;
    GH_CHECK(read_base(objects, manifest, [&](std::string_view bytes) -> Result<void> {
        if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())))
            return no_file(file, "cannot write");
        between(written += bytes.size());
        return {};
    }));
    if (!out.flush())
        return no_file(file, "cannot write");
    return {};
}

} // namespace gatehouse::storage::backup
