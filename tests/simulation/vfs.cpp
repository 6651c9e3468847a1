// SPDX-License-Identifier: Apache-2.0
// https://www.sqlite.org/vfs.html. Locks are always had: one process at a time has the files, and
// in exclusive mode the index of the WAL is in its memory.
#include "vfs.hpp"

#include "base/assert.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace gatehouse::simulation {

namespace {

// What SQLite's own VFS says of disks: a write that is torn leaves the bytes around it alone.
constexpr int characteristics = SQLITE_IOCAP_POWERSAFE_OVERWRITE;
constexpr int sector_size = 4096;

struct World {
    Disk* disk = nullptr;
    int checkpoint_pages = 0;
    int cache_pages = 0;
    bool is_without_journal = false;
};
World world;

struct Handle {
    sqlite3_file base;
    Disk::FilePointer file;
    bool is_journal; // The first sync is for the folder, too, as SQLite's own VFS has it.
};

Disk::FilePointer& file_of(sqlite3_file* handle)
{
    return reinterpret_cast<Handle*>(handle)->file;
}

int code_of(Disk::Fault fault, int failed)
{
    return fault == Disk::Fault::none ? SQLITE_OK
        : fault == Disk::Fault::full  ? SQLITE_FULL
                                      : failed;
}

int close(sqlite3_file* handle)
{
    reinterpret_cast<Handle*>(handle)->~Handle();
    return SQLITE_OK;
}

int read(sqlite3_file* handle, void* into, int size, sqlite3_int64 offset)
{
    std::size_t there = 0;
    std::span const bytes(static_cast<char*>(into), static_cast<std::size_t>(size));
    auto const fault
        = world.disk->read(*file_of(handle), static_cast<std::size_t>(offset), bytes, there);
    if (fault != Disk::Fault::none)
        return SQLITE_IOERR_READ;
    return there == bytes.size() ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* handle, void const* from, int size, sqlite3_int64 offset)
{
    std::string_view const bytes(static_cast<char const*>(from), static_cast<std::size_t>(size));
    return code_of(
        world.disk->write(*file_of(handle), static_cast<std::size_t>(offset), bytes),
        SQLITE_IOERR_WRITE);
}

int truncate(sqlite3_file* handle, sqlite3_int64 size)
{
    return code_of(world.disk->truncate(*file_of(handle), static_cast<std::size_t>(size)),
        SQLITE_IOERR_TRUNCATE);
}

int sync(sqlite3_file* handle, int)
{
    auto const fault = world.disk->sync(*file_of(handle));
    auto& is_journal = reinterpret_cast<Handle*>(handle)->is_journal;
    if (fault == Disk::Fault::none && std::exchange(is_journal, false))
        world.disk->sync_folder();
    return code_of(fault, SQLITE_IOERR_FSYNC);
}

int size(sqlite3_file* handle, sqlite3_int64* out)
{
    *out = static_cast<sqlite3_int64>(file_of(handle)->cache.size());
    return SQLITE_OK;
}

int lock(sqlite3_file*, int) { return SQLITE_OK; }

int check_lock(sqlite3_file*, int* is_locked)
{
    *is_locked = 0;
    return SQLITE_OK;
}

// SQLite asks the VFS before it runs a PRAGMA. What fate has set stays.
int control(sqlite3_file*, int operation, void* argument)
{
    if (operation != SQLITE_FCNTL_PRAGMA)
        return SQLITE_NOTFOUND;
    std::string_view const name(static_cast<char**>(argument)[1]);
    char const* const value = static_cast<char**>(argument)[2];
    bool const is_set = (name == "wal_autocheckpoint" && world.checkpoint_pages != 0)
        || (name == "cache_size" && world.cache_pages != 0 && value
            && value != fmt::to_string(world.cache_pages))
        || (name == "journal_mode" && world.is_without_journal
            && value != std::string_view("OFF"));
    return is_set ? SQLITE_OK : SQLITE_NOTFOUND;
}

int tell_sector_size(sqlite3_file*) { return sector_size; }
int tell_characteristics(sqlite3_file*) { return characteristics; }

constexpr sqlite3_io_methods methods{.iVersion = 1,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = size,
    .xLock = lock,
    .xUnlock = lock,
    .xCheckReservedLock = check_lock,
    .xFileControl = control,
    .xSectorSize = tell_sector_size,
    .xDeviceCharacteristics = tell_characteristics,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr};

int open(sqlite3_vfs*, char const* name, sqlite3_file* out, int flags, int* flags_out)
{
    GH_ASSERT(name); // Temporary tables are in memory.
    bool const is_journal = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    auto* const handle = new (out) Handle{{nullptr}, {}, is_journal};
    handle->file = world.disk->open(name, (flags & SQLITE_OPEN_CREATE) != 0);
    if (!handle->file) {
        handle->~Handle();
        return SQLITE_CANTOPEN;
    }
    handle->base.pMethods = &methods;
    if (flags_out)
        *flags_out = flags;
    return SQLITE_OK;
}

int remove(sqlite3_vfs*, char const* name, int is_synced)
{
    if (!world.disk->exists(name))
        return SQLITE_IOERR_DELETE_NOENT;
    return code_of(world.disk->remove(name, is_synced != 0), SQLITE_IOERR_DELETE);
}

int access(sqlite3_vfs*, char const* name, int, int* is_there)
{
    *is_there = world.disk->exists(name) ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs*, char const* name, int room, char* out)
{
    sqlite3_snprintf(room, out, "%s", name);
    return SQLITE_OK;
}

int randomness(sqlite3_vfs*, int size, char* out)
{
    auto const bytes = world.disk->luck().bytes(static_cast<std::size_t>(size));
    std::memcpy(out, bytes.data(), bytes.size());
    return size;
}

int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

// In milliseconds since noon in Greenwich on 24 November 4714 BC.
int current_time(sqlite3_vfs*, sqlite3_int64* out)
{
    *out = 210'866'760'000'000 + world.disk->now().wall.ms;
    return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) { return 0; }

sqlite3_vfs vfs{.iVersion = 2,
    .szOsFile = sizeof(Handle),
    .mxPathname = 256,
    .pNext = nullptr,
    .zName = "simulated",
    .pAppData = nullptr,
    .xOpen = open,
    .xDelete = remove,
    .xAccess = access,
    .xFullPathname = full_path,
    .xDlOpen = nullptr,
    .xDlError = nullptr,
    .xDlSym = nullptr,
    .xDlClose = nullptr,
    .xRandomness = randomness,
    .xSleep = sleep,
    .xCurrentTime = nullptr,
    .xGetLastError = last_error,
    .xCurrentTimeInt64 = current_time,
    .xSetSystemCall = nullptr,
    .xGetSystemCall = nullptr,
    .xNextSystemCall = nullptr};

int on_open(sqlite3* database, char const**, sqlite3_api_routines const*)
{
    if (world.checkpoint_pages != 0)
        sqlite3_wal_autocheckpoint(database, world.checkpoint_pages);
    if (world.cache_pages != 0)
        sqlite3_exec(database,
            fmt::format("PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = {}",
                world.cache_pages)
                .c_str(),
            nullptr, nullptr, nullptr);
    if (world.is_without_journal)
        sqlite3_exec(database, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF",
            nullptr, nullptr, nullptr);
    return SQLITE_OK;
}

}  // namespace

Vfs::Vfs(Disk& disk)
{
    static bool const is_registered = [] {
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(on_open));
        return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK;
    }();
    GH_ASSERT(is_registered && !world.disk);
    world = {.disk = &disk};
    sqlite3_randomness(0, nullptr); // Forgets its seed, so that it asks for one of ours.
}

Vfs::~Vfs() { world = {}; }

void Vfs::set_pages(int checkpoint, int cache)
{
    world.checkpoint_pages = checkpoint;
    world.cache_pages = cache;
}

void Vfs::set_without_journal() { world.is_without_journal = true; }

}  // namespace gatehouse::simulation
