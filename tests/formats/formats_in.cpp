// SPDX-License-Identifier: Apache-2.0
#include "formats_in.hpp"

#include "base/cbor.hpp"
#include "corpus/entry.hpp"
#include "storage/archive/compressed_lines.hpp"
#include "storage/sqlite/database.hpp"

#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace gatehouse::formats {
namespace {

namespace fs = std::filesystem;
using corpus::read_file;

// Of SQLite's header, in which they are big-endian.
std::uint32_t number_at(std::string_view bytes, std::size_t at)
{
    std::uint32_t number = 0;
    for (auto const byte : bytes.substr(at, 4))
        number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}

std::string of_database(std::string_view bytes)
{
    constexpr std::size_t version_at = 60;
    constexpr std::size_t application_at = 68;
    constexpr std::array<std::pair<std::uint32_t, std::string_view>, 3> applications{
        {{0x47485345, "store"}, {0x4748534b, "keys"}, {0x47485356, "views"}}};
    for (auto const& [id, name] : applications)
        if (number_at(bytes, application_at) == id)
            return std::string(name) + " " + std::to_string(number_at(bytes, version_at));
    throw std::runtime_error("a database of no known application");
}

std::string first_line_of(std::string_view frame)
{
    std::string first;
    constexpr std::size_t bytes_max = 64 << 20;
    auto const read = storage::archive::each_line(frame, bytes_max, [&](std::string_view line) {
        first = first.empty() ? line : first;
        return Result<void>{};
    });
    if (!read)
        throw std::runtime_error(read.error().detail);
    return first;
}

std::string of_json(std::string_view kind, std::string_view member, std::string const& text)
{
    return std::string(kind) + " " + nlohmann::json::parse(text).at(member).dump();
}

// By where it lies in a target. Empty: it has no number, for it has nothing but a name or a line
// that any version adds members to.
std::optional<std::string> of_object(std::string const& name, std::string const& bytes)
{
    if (name.starts_with("packs/"))
        return of_json("pack", "format", first_line_of(bytes));
    if (name.starts_with("parts/"))
        return of_json("part", "part", first_line_of(bytes));
    if (name.starts_with("backup/") && name.contains("/segments/"))
        return of_json("segment", "format", first_line_of(bytes));
    if (name.starts_with("backup/") && name.ends_with("manifest.json"))
        return of_json("base", "format", bytes);
    if (name.starts_with("keys/") && name.ends_with("complete.json"))
        return of_json("generation of keys", "format", bytes);
    if (name.starts_with("keys/"))
        return of_json("part of keys", "format", first_line_of(bytes));
    return std::nullopt;
}

std::string of_snapshot(std::string_view state)
{
    cbor::Reader in(state);
    return "snapshot " + std::to_string(in.unsigned_integer());
}

// Those that the store keeps: layouts 1 and 2 had none.
void add_snapshots(fs::path const& store, std::set<std::string>& formats)
{
    auto database = storage::sqlite::Database::open(store, SQLITE_OPEN_READONLY).value();
    auto select = database.prepare("SELECT state FROM snapshot");
    if (!select)
        return;
    auto row = select->run();
    while (row.next())
        formats.insert(of_snapshot(row.bytes(0)));
}

} // namespace

std::set<std::string> formats_in(fs::path const& entry)
{
    std::set<std::string> formats;
    for (auto const& file : fs::recursive_directory_iterator(entry)) {
        auto const path = file.path();
        auto const name = path.lexically_relative(entry).generic_string();
        if (file.is_directory())
            continue;
        if (path.extension() == ".keys" || path.extension() == ".views")
            formats.insert(of_database(read_file(path)));
        else if (path.extension() == ".db") {
            formats.insert(of_database(read_file(path)));
            add_snapshots(path, formats);
        } else if (name.starts_with("target/"))
            if (auto const format = of_object(name.substr(7), read_file(path)))
                formats.insert(*format);
    }
    return formats;
}

} // namespace gatehouse::formats
