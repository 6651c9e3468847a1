// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/open.hpp"

#include "storage/folders.hpp"
#include "storage/sqlite/layout.hpp"
#include "storage/sqlite/new_file.hpp"
#include "storage/sqlite/replacement.hpp"
#include "storage/sqlite/unchanging_vfs.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace gatehouse::storage::sqlite {

namespace fs = std::filesystem;

bool lost_its_database(fs::path const& file)
{
    std::error_code missing;
    bool const is_empty = fs::file_size(file, missing) == 0 && !missing;
    auto const wal_size = fs::file_size(file.native() + "-wal", missing);
    return is_empty && !missing && wal_size != 0;
}

// By SQLite's own descriptor: another may not be had, and closing it would drop SQLite's locks.
bool has_damaged_header(Database const& database)
{
    constexpr std::string_view ours("SQLite format 3\0\x10\0\2\2\0\x40\x20\x20", 24);
    std::array<char, ours.size()> header{};
    sqlite3_file* file = nullptr;
    sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
    return file && file->pMethods
        && file->pMethods->xRead(file, header.data(), ours.size(), 0) == SQLITE_OK
        && std::string_view(header.data(), header.size()) != ours;
}

namespace {

constexpr char const* damaged_header
    = "its first page is damaged: gatehouse events repair says what can be had of it; where that "
      "cannot read it either, move it away, and its -wal, -shm, -journal and .keys with it, and "
      "gatehouse backup restore makes a store of the backup";
constexpr char const* not_writable = "the file or its folder is not writable by this user";

std::unexpected<Error> cannot_open(ErrorCode code, fs::path const& file, std::string const& why)
{
    return fail(code, "The store cannot be opened.", fmt::format("{}: {}", file.native(), why));
}

// Who holds a lock on the file, as the kernel tells (/proc/locks): empty where it does not. Asking
// by fcntl would need a descriptor, and closing that drops any lock that this process holds.
std::string holder_of(fs::path const& file)
{
    struct stat status { };
    if (::stat(file.c_str(), &status) != 0)
        return {};
    auto const wanted = fmt::format("{:02x}:{:02x}:{}", major(status.st_dev), minor(status.st_dev),
        static_cast<std::uint64_t>(status.st_ino));
    std::ifstream locks("/proc/locks");
    // Whoever waits for a lock stands below it, with an arrow before what kind it is.
    std::string number, kind, mode, access, pid, inode, rest;
    while (locks >> number >> kind >> mode >> access >> pid >> inode && std::getline(locks, rest))
        if (inode == wanted)
            return fmt::format(" (pid {})", pid);
    return {};
}

bool is_writable(fs::path const& file)
{
    bool const is_missing = ::access(file.c_str(), F_OK) != 0 && errno == ENOENT;
    return (is_missing || ::access(file.c_str(), W_OK) == 0)
        && ::access(fs::absolute(file).parent_path().c_str(), W_OK) == 0;
}

std::unexpected<Error> cannot_write(
    Database const& database, fs::path const& file, std::string const& why)
{
    if (!is_writable(file))
        return cannot_open(ErrorCode::unavailable, file, not_writable);
    if (has_damaged_header(database))
        return cannot_open(ErrorCode::internal, file, damaged_header);
    return cannot_open(ErrorCode::unavailable, file, why);
}

std::unexpected<Error> explain(Database const& database, fs::path const& file, Error const& error)
{
    switch (database.last_code()) {
    case SQLITE_BUSY:
        return cannot_open(ErrorCode::unavailable, file,
            fmt::format("another gatehouse{} has it open", holder_of(file)));
    case SQLITE_NOTADB:
        return cannot_open(ErrorCode::unsupported, file,
            "this file is no gatehouse store, or it is damaged; to begin a new one, move it away, "
            "and its -wal, -shm, -journal and .keys with it");
    case SQLITE_FULL:
        return cannot_open(ErrorCode::unavailable, file, "the disk is full; free some space");
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN: return cannot_write(database, file, error.detail);
    default: return cannot_open(error.code, file, error.detail);
    }
}

// EXCLUSIVE before the first access: then the index of the WAL is kept in memory, and no other
// process can write between our transactions.
constexpr char const* settings = R"(
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA cell_size_check = ON;
    PRAGMA cache_size = -16384;
    PRAGMA temp_store = MEMORY)";
constexpr char const* settings_to_write = R"(
    PRAGMA page_size = 4096;
    PRAGMA journal_mode = WAL;
    PRAGMA secure_delete = FAST)";

// A file to open: the events of a store, or its keys.
struct File {
    fs::path path;
    Layout const& layout;
    bool is_private = false; // Of no use to anybody but who runs the server.
    bool is_in_folder = false; // For good: whoever opened the store has synced it.
};

constexpr mode_t usual_mode = 0644;
constexpr mode_t private_mode = 0600;

constexpr std::array endings{"", "-wal", "-shm", "-journal"}; // Of what SQLite makes.

// SQLite gives what it makes beside a file the same mode. By name: closing a descriptor of a file
// would drop the locks that this process has on it.
void make_private(fs::path const& file)
{
    if (auto const made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        made >= 0)
        ::close(made);
    for (auto const* const ending : endings)
        ::chmod((file.native() + ending).c_str(), 0600);
}

void remove_keys(fs::path const& store)
{
    for (auto const* const ending : endings)
        ::unlink((keys_of(store).native() + ending).c_str());
}

Result<void> lay_or_check_tables(Database& database, Layout const& layout, Access access)
{
    auto const application = GH_TRY(database.integer("PRAGMA application_id"));
    auto const version = GH_TRY(database.integer("PRAGMA user_version"));
    auto const tables = GH_TRY(database.integer("SELECT count(*) FROM sqlite_schema"));
    if (tables == 0 && application == 0 && access == Access::read_only)
        return fail(ErrorCode::unsupported, "The store cannot be opened.", "it is empty");
    if (tables == 0 && application == 0)
        return layout.lay(database);
    if (application != layout.application_id || version < 1)
        return fail(ErrorCode::unsupported, "The store cannot be opened.",
            "this is a database of another program; choose another file");
    if (version > layout.version)
        return fail(ErrorCode::unsupported, "The store cannot be opened.",
            fmt::format(
                "written by a newer gatehouse (layout {}, this one knows {}); upgrade first",
                version, layout.version));
    if (version < layout.version && access == Access::read_only)
        return fail(ErrorCode::unsupported, "The store cannot be opened.",
            fmt::format("written by an older gatehouse (layout {}): gatehouse store migrate brings "
                        "it up to date, or the next gatehouse run",
                version));
    return layout.upgrade(database, version);
}

fs::path ballast_of(Options const& options)
{
    return options.file.native() + ".ballast";
}

void lay_ballast(Options const& options)
{
    auto const file = ballast_of(options);
    auto const descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return; // It is there, or nothing can be written: then it would not help.
    if (::posix_fallocate(descriptor, 0, static_cast<off_t>(options.ballast_bytes)) != 0)
        ::unlink(file.c_str());
    ::close(descriptor);
}

// Bytes whose sync failed once count as written: the kernel shows them, and no later sync speaks of
// them, but the disk does not have them. In place, so that a full disk has room for it.
Result<void> write_again(Database& database)
{
    sqlite3_file* wal = nullptr;
    sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    if (!wal || !wal->pMethods)
        return {}; // There is none.
    sqlite3_int64 size = 0;
    auto code = wal->pMethods->xFileSize(wal, &size);
    std::string bytes(1 << 16, '\0');
    for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size;) {
        auto const count = static_cast<int>(std::min<sqlite3_int64>(size - at, 1 << 16));
        code = wal->pMethods->xRead(wal, bytes.data(), count, at);
        if (code == SQLITE_OK)
            code = wal->pMethods->xWrite(wal, bytes.data(), count, at);
        at += count;
    }
    if (code == SQLITE_OK)
        return {};
    return fail(ErrorCode::internal, "The store failed.",
        fmt::format("its WAL cannot be written again: {}", sqlite3_errstr(code)));
}

// See the promise of open_database(): moving all of the WAL into the database syncs the one, writes
// the other and syncs that. Without it, a page that is only in the kernel's cache, because the
// process died before its fsync or the fsync failed, would be read as if it were kept; and a power
// cut while such a WAL is moved would leave a database that is half of it.
Result<void> sync_what_was_found(Database& database, Options const& options)
{
    GH_CHECK(write_again(database));
    auto synced = database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    if (!synced && database.last_code() == SQLITE_FULL
        && ::unlink(ballast_of(options).c_str()) == 0)
        synced = database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    else if (synced && options.ballast_bytes != 0)
        lay_ballast(options);
    return synced;
}

Result<void> set_up(Database& database, File const& file, Options const& options)
{
    database.set_close(Close::leaves_wal);
    GH_CHECK(database.run(settings));
    if (options.access == Access::read_only) {
        GH_CHECK(database.run("PRAGMA query_only = ON"));
        return lay_or_check_tables(database, file.layout, options.access);
    }
    GH_CHECK(database.run(settings_to_write));
    GH_CHECK(database.run(sync_at_commit(options)));
    GH_CHECK(lay_or_check_tables(database, file.layout, options.access));
    GH_CHECK(sync_what_was_found(database, options));
    if (!file.is_in_folder)
        GH_CHECK(sync_folder(fs::absolute(file.path).parent_path()));
    database.set_close(Close::moves_wal);
    return {};
}

Result<Database> open_file(File const& file, Options const& options)
{
    bool const read_only = options.access == Access::read_only;
    std::error_code ignored;
    if (read_only && !fs::exists(file.path, ignored))
        return cannot_open(ErrorCode::not_found, file.path, "there is no store here");
    if (fs::exists(repaired_of(file.path), ignored))
        return cannot_open(ErrorCode::unavailable, file.path,
            fmt::format("a repair was cut off as it put {} in its place, or is about to: gatehouse "
                        "events repair --apply does it again",
                repaired_of(file.path).native()));
    if (lost_its_database(file.path))
        return cannot_open(ErrorCode::internal, file.path,
            "it is empty, and its -wal is not: move both away, and its .keys with them, and "
            "gatehouse backup restore makes a store of a backup");
    auto const folder = fs::absolute(file.path).parent_path();
    if (auto const made = read_only ? Result<void>() : make_folders(folder, 0777); !made)
        return cannot_open(made.error().code, file.path, made.error().detail);
    if (!read_only)
        make_at_once(file.path, file.layout, file.is_private ? private_mode : usual_mode);
    if (!read_only && file.is_private)
        make_private(file.path);

    auto opened = read_only
        ? Database::open(file.path, SQLITE_OPEN_READWRITE, unchanging_vfs())
        : Database::open(file.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!opened)
        return cannot_open(ErrorCode::unavailable, file.path,
            fs::is_directory(file.path, ignored) ? "this is a folder, not a file"
                : is_writable(file.path)         ? opened.error().detail
                                                 : not_writable);
    if (auto const done = set_up(*opened, file, options); !done)
        return explain(*opened, file.path, done.error());
    if (!read_only && sqlite3_db_readonly(opened->handle(), "main") == 1)
        return cannot_write(*opened, file.path, "SQLite opens it for reading alone");
    return opened;
}

} // namespace

// FULL: one fsync per commit, before it is answered.
char const* sync_at_commit(Options const& options)
{
    switch (options.synchronous) {
    case Synchronous::off: return "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 1000";
    case Synchronous::normal:
        return "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 1000";
    case Synchronous::full: break;
    }
    return "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000";
}

Result<std::int64_t> layout_of(Options const& options)
{
    std::error_code ignored;
    if (!fs::exists(options.file, ignored))
        return 0;
    auto database
        = GH_TRY(Database::open(options.file, SQLITE_OPEN_READWRITE, unchanging_vfs()));
    GH_CHECK(database.run("PRAGMA locking_mode = EXCLUSIVE"));
    return database.integer("PRAGMA user_version");
}

Result<Database> open_database(Options const& options)
{
    return open_file({.path = options.file, .layout = log_layout()}, options);
}

void begin_store(Options const& options)
{
    std::error_code ignored;
    if (options.access == Access::read_only || fs::exists(options.file, ignored)
        || fs::exists(repaired_of(options.file), ignored)
        || !make_folders(fs::absolute(options.file).parent_path(), 0777))
        return;
    std::jthread const keys(
        [&options] { make_at_once(keys_of(options.file), key_layout(), private_mode); });
    make_at_once(options.file, log_layout(), usual_mode);
}

Result<Database> open_keys(Options const& options)
{
    if (options.access == Access::read_write)
        remove_keys(draft_of(options.file));
    auto const file = keys_of(options.file);
    std::error_code ignored;
    auto database = GH_TRY(open_file({.path = file, .layout = key_layout(), .is_private = true,
        .is_in_folder = fs::exists(file, ignored)}, options));
    GH_CHECK(database.run("PRAGMA secure_delete = ON"));
    return database;
}

Result<Database> open_records(Options const& options)
{
    Options own = options;
    own.ballast_bytes = 0;
    auto const file = records_of(options.file);
    std::error_code ignored;
    auto database = GH_TRY(open_file({.path = file, .layout = records_layout(), .is_private = true,
        .is_in_folder = fs::exists(file, ignored)}, own));
    GH_CHECK(database.run("PRAGMA secure_delete = ON"));
    return database;
}

// Nothing of it is worth an fsync before settle().
Result<Database> open_views(Options const& options)
{
    Options own = options;
    own.ballast_bytes = 0;
    own.synchronous = Synchronous::normal;
    auto const file = views_of(options.file);
    std::error_code ignored;
    auto database = GH_TRY(open_file({.path = file, .layout = views_layout(), .is_private = true,
        .is_in_folder = fs::exists(file, ignored)}, own));
    if (options.access == Access::read_write)
        GH_CHECK(database.run("PRAGMA secure_delete = ON"));
    return database;
}

Result<Database> views_in_memory(std::size_t bytes_max)
{
    constexpr std::size_t page_size = 4096;
    auto database = GH_TRY(
        Database::open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    GH_CHECK(database.run(fmt::format("PRAGMA page_size = {}", page_size).c_str()));
    GH_CHECK(database.run(
        fmt::format("PRAGMA max_page_count = {}", bytes_max / page_size).c_str()));
    GH_CHECK(views_layout().lay(database));
    return database;
}

Result<void> remove_views(fs::path const& store)
{
    for (auto const* const ending : endings) {
        std::error_code error;
        fs::remove(views_of(store).native() + ending, error);
        if (error)
            return fail(ErrorCode::unavailable, "The rows cannot be made anew.",
                fmt::format("{}{}: {}", views_of(store).native(), ending, error.message()));
    }
    return {};
}

Result<void> replace_views(fs::path const& store, fs::path const& draft)
{
    auto const from = views_of(draft);
    auto const to = views_of(store);
    std::error_code error;
    if (auto const left = fs::file_size(from.native() + "-wal", error); !error && left > 0)
        return fail(ErrorCode::unavailable, "The rows that were made cannot be closed.",
            from.native() + "-wal is not empty");
    for (auto const* const ending : {"-wal", "-shm", "-journal"}) // SQLite would take them for its.
        if (fs::remove(to.native() + ending, error); error)
            return fail(ErrorCode::unavailable, "The rows of before cannot be removed.",
                fmt::format("{}{}: {}", to.native(), ending, error.message()));
    fs::rename(from, to, error);
    if (error)
        return fail(ErrorCode::unavailable, "The rows cannot be named.",
            fmt::format("{}: {}", to.native(), error.message()));
    return sync_folder(fs::absolute(to).parent_path());
}

fs::path views_of(fs::path const& store)
{
    return store.native() + ".views";
}

fs::path records_of(fs::path const& store)
{
    return store.native() + ".records";
}

fs::path keys_of(fs::path const& store)
{
    return store.native() + ".keys";
}

fs::path draft_of(fs::path const& store)
{
    return store.native() + ".restoring";
}

} // namespace gatehouse::storage::sqlite
