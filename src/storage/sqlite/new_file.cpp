// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/new_file.hpp"

#include "runtime/descriptor.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace gatehouse::storage::sqlite {

namespace {

namespace fs = std::filesystem;

// As in https://sqlite.org/fileformat2.html#file_format_version_numbers: whoever reads or writes it
// looks for a WAL.
constexpr std::size_t version_to_write = 18;
constexpr std::size_t version_to_read = 19;
constexpr char uses_wal = 2;

Result<std::string> image_of(Layout const& layout)
{
    auto database = GH_TRY(Database::open(":memory:", SQLITE_OPEN_READWRITE));
    GH_CHECK(database.run("PRAGMA page_size = 4096"));
    GH_CHECK(layout.lay(database));
    sqlite3_int64 size = 0;
    std::unique_ptr<unsigned char, void (*)(void*)> const bytes(
        sqlite3_serialize(database.handle(), "main", &size, 0), sqlite3_free);
    if (!bytes)
        return fail(ErrorCode::internal, "The store failed.", "no memory for an empty one");
    std::string image(reinterpret_cast<char const*>(bytes.get()), static_cast<std::size_t>(size));
    image[version_to_write] = image[version_to_read] = uses_wal;
    return image;
}

bool write(int file, std::string_view bytes)
{
    while (!bytes.empty()) {
        auto const written = ::write(file, bytes.data(), bytes.size());
        if (written <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fdatasync(file) == 0;
}

// A WAL would count as of this file, whatever it was of.
bool is_anything_there(fs::path const& file)
{
    std::error_code ignored;
    return std::ranges::any_of(std::array{"", "-wal", "-journal"}, [&](char const* ending) {
        return fs::exists(fs::symlink_status(file.native() + ending, ignored));
    });
}

} // namespace

void make_at_once(fs::path const& file, Layout const& layout, mode_t mode)
{
    if (is_anything_there(file))
        return;
    auto const folder = fs::absolute(file).parent_path();
    runtime::Descriptor const nameless(
        ::open(folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, mode));
    if (!nameless)
        return;
    if (auto const image = image_of(layout); image && write(nameless.get(), *image))
        ::linkat(AT_FDCWD, fmt::format("/proc/self/fd/{}", nameless.get()).c_str(), AT_FDCWD,
            file.c_str(), AT_SYMLINK_FOLLOW);
}

} // namespace gatehouse::storage::sqlite
