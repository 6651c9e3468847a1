// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/replacement.hpp"

#include "runtime/descriptor.hpp"
#include "storage/folders.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace gatehouse::storage::sqlite {

namespace fs = std::filesystem;

namespace {

fs::path wal_of(fs::path const& file)
{
    return file.native() + "-wal";
}

std::unexpected<Error> cannot(std::string_view what, fs::path const& file, std::error_code why)
{
    return fail(ErrorCode::unavailable, "The repaired store cannot be put in place.",
        fmt::format("{} {}: {}", what, file.native(), why.message()));
}

std::error_code last_error()
{
    return {errno, std::generic_category()};
}

Result<void> sync(fs::path const& path)
{
    runtime::Descriptor const opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return opened && ::fsync(opened.get()) == 0 ? Result<void>()
                                                : cannot("cannot sync", path, last_error());
}

Result<void> sync_folder_of(fs::path const& file)
{
    return sync_folder(fs::absolute(file).parent_path());
}

Result<void> move(fs::path const& from, fs::path const& to)
{
    std::error_code failed;
    fs::rename(from, to, failed);
    return failed ? cannot("cannot rename", from, failed) : Result<void>();
}

Result<void> link(fs::path const& from, fs::path const& to)
{
    std::error_code failed;
    fs::create_hard_link(from, to, failed);
    return failed ? cannot("cannot link", from, failed) : Result<void>();
}

bool is_there(fs::path const& file)
{
    std::error_code ignored;
    return fs::exists(file, ignored);
}

// A draft whose WAL could not be moved into it is half a store.
Result<void> make_durable(fs::path const& draft, fs::path const& store)
{
    std::error_code ignored;
    if (is_there(wal_of(draft)) && fs::file_size(wal_of(draft), ignored) != 0)
        return fail(ErrorCode::unavailable, "The repaired store could not be written whole.",
            draft.native() + ": is there room on the disk?");
    struct stat damaged { };
    if (::stat(store.c_str(), &damaged) != 0 || ::chmod(draft.c_str(), damaged.st_mode & 07777) != 0
        || ::chown(draft.c_str(), damaged.st_uid, damaged.st_gid) != 0)
        return cannot("cannot give it the owner of", store, last_error());
    return sync(draft);
}

Result<void> take_its_place(fs::path const& store, fs::path const& draft, fs::path const& kept,
    std::function<void()> const& after_step)
{
    GH_CHECK(make_durable(draft, store));
    after_step();
    GH_CHECK(move(draft, repaired_of(store)));
    after_step();
    GH_CHECK(sync_folder_of(store));
    GH_CHECK(link(store, kept));
    after_step();
    if (is_there(wal_of(store)))
        GH_CHECK(link(wal_of(store), wal_of(kept)));
    after_step();
    GH_CHECK(sync_folder_of(store));
    std::error_code failed;
    fs::remove(wal_of(store), failed);
    if (failed)
        return cannot("cannot remove", wal_of(store), failed);
    after_step();
    GH_CHECK(sync_folder_of(store));
    GH_CHECK(move(repaired_of(store), store));
    after_step();
    return {};
}

} // namespace

fs::path repaired_of(fs::path const& store)
{
    return store.native() + ".repaired";
}

Result<fs::path> replace_store(fs::path const& store, fs::path const& draft, WallTime now,
    std::function<void()> const& after_step)
{
    fs::path const kept = fmt::format("{}.damaged-{}", store.native(), now.ms);
    auto done = take_its_place(store, draft, kept, after_step);
    if (!done) {
        static_cast<void>(take_back_replacement(store));
        return std::unexpected(std::move(done.error()));
    }
    GH_CHECK(sync_folder_of(store));
    return kept;
}

// What was kept of the store is still the store itself then; its WAL may be there alone.
Result<void> take_back_replacement(fs::path const& store)
{
    if (!is_there(repaired_of(store)))
        return {};
    std::error_code failed;
    auto const begin = store.filename().native() + ".damaged-";
    for (auto const& each : fs::directory_iterator(fs::absolute(store).parent_path(), failed)) {
        auto const& kept = each.path();
        if (!kept.filename().native().starts_with(begin) || !fs::equivalent(kept, store, failed))
            continue;
        if (is_there(wal_of(kept)) && !is_there(wal_of(store)))
            GH_CHECK(link(wal_of(kept), wal_of(store)));
        GH_CHECK(sync_folder_of(store));
        fs::remove(wal_of(kept), failed);
        fs::remove(kept, failed);
    }
    if (!failed)
        fs::remove(repaired_of(store), failed);
    if (failed)
        return cannot("cannot take back what was begun with", store, failed);
    return sync_folder_of(store);
}

} // namespace gatehouse::storage::sqlite
