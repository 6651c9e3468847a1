// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/unchanging_vfs.hpp"

#include "base/assert.hpp"

#include <sqlite3.h>

#include <cstdlib>
#include <cstring>

namespace gatehouse::storage::sqlite {

namespace {

// The default one may have been another when SQLite began.
sqlite3_vfs* real_vfs()
{
    return sqlite3_vfs_find(nullptr);
}

struct File {
    sqlite3_file base;
    sqlite3_file* real; // None: of a WAL that is not there, which reads as an empty one.
};

sqlite3_file* real_of(sqlite3_file* file)
{
    return reinterpret_cast<File*>(file)->real;
}

// ---- Files

int close(sqlite3_file* file)
{
    auto* const real = real_of(file);
    auto const code = real ? real->pMethods->xClose(real) : SQLITE_OK;
    std::free(real);
    return code;
}

int read(sqlite3_file* file, void* to, int count, sqlite3_int64 at)
{
    if (auto* const real = real_of(file))
        return real->pMethods->xRead(real, to, count, at);
    std::memset(to, 0, static_cast<std::size_t>(count));
    return SQLITE_IOERR_SHORT_READ;
}

int refuse_write(sqlite3_file*, void const*, int, sqlite3_int64) { return SQLITE_READONLY; }
int refuse_truncate(sqlite3_file*, sqlite3_int64) { return SQLITE_READONLY; }
int sync(sqlite3_file*, int) { return SQLITE_OK; }

int tell_size(sqlite3_file* file, sqlite3_int64* size)
{
    auto* const real = real_of(file);
    *size = 0;
    return real ? real->pMethods->xFileSize(real, size) : SQLITE_OK;
}

int lock(sqlite3_file* file, int kind)
{
    auto* const real = real_of(file);
    return real ? real->pMethods->xLock(real, kind) : SQLITE_OK;
}

int unlock(sqlite3_file* file, int kind)
{
    auto* const real = real_of(file);
    return real ? real->pMethods->xUnlock(real, kind) : SQLITE_OK;
}

int check_lock(sqlite3_file* file, int* is_reserved)
{
    auto* const real = real_of(file);
    *is_reserved = 0;
    return real ? real->pMethods->xCheckReservedLock(real, is_reserved) : SQLITE_OK;
}

int control(sqlite3_file* file, int operation, void* argument)
{
    auto* const real = real_of(file);
    return real ? real->pMethods->xFileControl(real, operation, argument) : SQLITE_NOTFOUND;
}

int tell_sector_size(sqlite3_file* file)
{
    constexpr int usual = 4096;
    auto* const real = real_of(file);
    return real ? real->pMethods->xSectorSize(real) : usual;
}

int tell_characteristics(sqlite3_file* file)
{
    auto* const real = real_of(file);
    return real ? real->pMethods->xDeviceCharacteristics(real) : 0;
}

constexpr sqlite3_io_methods methods{.iVersion = 1,
    .xClose = close,
    .xRead = read,
    .xWrite = refuse_write,
    .xTruncate = refuse_truncate,
    .xSync = sync,
    .xFileSize = tell_size,
    .xLock = lock,
    .xUnlock = unlock,
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

// ---- By their names

int access(sqlite3_vfs*, char const* name, int flags, int* answer)
{
    auto* const real = real_vfs();
    return real->xAccess(real, name, flags, answer);
}

int open(sqlite3_vfs*, char const* name, sqlite3_file* out, int flags, int* flags_out)
{
    auto* const file = reinterpret_cast<File*>(out);
    *file = {};
    if (!name)
        return SQLITE_CANTOPEN; // A temporary one: these are in memory.
    auto* const real = real_vfs();
    int is_there = 0;
    if (auto const code = access(nullptr, name, SQLITE_ACCESS_EXISTS, &is_there);
        code != SQLITE_OK)
        return code;
    bool const is_wal = (flags & SQLITE_OPEN_WAL) != 0;
    if (is_there == 0 && !is_wal)
        return SQLITE_CANTOPEN;
    if (is_there != 0) {
        file->real = static_cast<sqlite3_file*>(
            std::calloc(1, static_cast<std::size_t>(real->szOsFile)));
        if (!file->real)
            return SQLITE_NOMEM;
        auto const code
            = real->xOpen(real, name, file->real, flags & ~SQLITE_OPEN_CREATE, flags_out);
        if (code != SQLITE_OK) {
            std::free(file->real);
            return code;
        }
    } else if (flags_out) {
        *flags_out = flags;
    }
    file->base.pMethods = &methods;
    return SQLITE_OK;
}

int refuse_remove(sqlite3_vfs*, char const*, int) { return SQLITE_READONLY; }

int full_path(sqlite3_vfs*, char const* name, int room, char* out)
{
    auto* const real = real_vfs();
    return real->xFullPathname(real, name, room, out);
}

int randomness(sqlite3_vfs*, int size, char* out)
{
    auto* const real = real_vfs();
    return real->xRandomness(real, size, out);
}

int sleep(sqlite3_vfs*, int microseconds)
{
    auto* const real = real_vfs();
    return real->xSleep(real, microseconds);
}

int tell_time(sqlite3_vfs*, sqlite3_int64* out)
{
    auto* const real = real_vfs();
    return real->xCurrentTimeInt64(real, out);
}

int last_error(sqlite3_vfs*, int room, char* out)
{
    auto* const real = real_vfs();
    return real->xGetLastError(real, room, out);
}

sqlite3_vfs vfs{.iVersion = 2,
    .szOsFile = sizeof(File),
    .mxPathname = 4096,
    .pNext = nullptr,
    .zName = "gatehouse-unchanging",
    .pAppData = nullptr,
    .xOpen = open,
    .xDelete = refuse_remove,
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
    .xCurrentTimeInt64 = tell_time,
    .xSetSystemCall = nullptr,
    .xGetSystemCall = nullptr,
    .xNextSystemCall = nullptr};

} // namespace

char const* unchanging_vfs()
{
    static bool const is_registered = sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
    GH_ASSERT(is_registered);
    return vfs.zName;
}

} // namespace gatehouse::storage::sqlite
