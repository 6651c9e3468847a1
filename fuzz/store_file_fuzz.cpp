// SPDX-License-Identifier: Apache-2.0

// Whatever becomes of a store's file and its log, verifying, reading and repairing it answers; and
// what a repair writes is whole, its chains too. The input is laid over a small store in pieces:
// three bytes say where (the log stands behind the file), one how much. All files are in memory.

#include "base/assert.hpp"
#include "events/chain.hpp"
#include "storage/sqlite/check.hpp"
#include "storage/sqlite/repair.hpp"
#include "storage/sqlite/sqlite_log.hpp"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace gatehouse;
using namespace gatehouse::storage::sqlite;
namespace fs = std::filesystem;

namespace {

struct Folder {
    fs::path path;

    Folder()
    {
        std::string name = "/dev/shm/store_file_fuzz-XXXXXX";
        GH_ASSERT(::mkdtemp(name.data()));
        path = name;
    }
    ~Folder() { fs::remove_all(path); }

    [[nodiscard]] Options options(char const* name) const
    {
        return {.file = path / name, .checkpoint_events_min = 20, .ballast_bytes = 0};
    }
    // With what SQLite lays beside it.
    void remove(char const* name) const
    {
        for (auto const* const end : {"", "-wal", "-shm", ".keys", ".keys-wal", ".keys-shm"})
            fs::remove(path / (std::string(name) + end));
    }
};

events::StreamAppend append_of(
    std::string stream, events::Version after, int count, events::Link before)
{
    events::StreamAppend append{
        .stream = std::move(stream), .category = "liap-tui", .expected = after, .events = {}};
    for (int i = 0; i < count; i++) {
        events::Event event{.version = ++after, .type = "played", .data = "\xa1\x61p\x01"};
        event.link = before = events::chain_link(before, event);
        append.events.push_back(std::move(event));
    }
    return append;
}

struct Store {
    std::string file;
    std::string log;
};

std::string bytes_of(fs::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator(in), {}};
}

void write(fs::path const& path, std::string_view bytes)
{
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Three rooms, one of them with a snapshot, in a few pages; the end of two in the log, as a kill
// leaves it.
Store make_store(Folder const& folder)
{
    auto const options = folder.options("whole.db");
    {
        auto const log = *SqliteLog::open(options);
        for (auto const* const room : {"a1.1", "b1.1", "c1.1"}) {
            auto const first = append_of(room, 0, 12, events::chain_start(room));
            auto const next = append_of(room, 12, 12, first.events.back().link);
            GH_ASSERT(log->append({first, next})[1]);
            if (room[0] == 'a')
                GH_ASSERT(log->keep({room,
                    {.version = 24, .link = next.events.back().link, .state = "s",
                        .hash = std::string(32, 'h')}}));
        }
    }
    auto const log = *SqliteLog::open(options);
    for (auto const* const room : {"a1.1", "b1.1"}) {
        auto const last = log->read(room, 23, 1)->front().link;
        GH_ASSERT(log->append({append_of(room, 24, 6, last)})[0]);
    }
    return {bytes_of(options.file), bytes_of(options.file.string() + "-wal")};
}

void lay(std::string& bytes, std::string_view input)
{
    while (input.size() > 4) {
        std::uint32_t at = 0;
        for (char const byte : input.substr(0, 3))
            at = at << 8 | static_cast<unsigned char>(byte);
        auto const piece = input.substr(4, static_cast<unsigned char>(input[3]));
        for (std::size_t i = 0; i < piece.size(); i++)
            bytes[(at + i) % bytes.size()] = piece[i];
        input.remove_prefix(4 + piece.size());
    }
}

void read_all(Options options)
{
    check(options, [](auto const&) { });
    auto const log = SqliteLog::open(std::move(options));
    if (!log)
        return;
    for (auto const* const room : {"a1.1", "b1.1", "c1.1"})
        static_cast<void>((*log)->hydrate(room, 100));
    for (events::LogPage page; !page.is_last;) {
        auto next = (*log)->log(page.next, 100);
        if (!next || next->next == page.next)
            return;
        page = *std::move(next);
    }
}

void check_chains(Options const& options)
{
    check(options, [](auto const& finding) {
        static_cast<void>(finding);
        GH_ASSERT(false);
    });
    auto const log = *SqliteLog::open(options);
    auto const heads = *log->streams("", 100);
    for (auto const& head : heads) {
        auto before = events::chain_start(head.stream);
        auto const all = *log->read(head.stream, head.floor, 100);
        if (head.floor > 0 && !all.empty())
            before = all.front().link;
        for (std::size_t i = head.floor > 0 ? 1 : 0; i < all.size(); i++) {
            GH_ASSERT(events::chain_link(before, all[i]) == all[i].link);
            before = all[i].link;
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static Folder const folder;
    static Store const whole = make_store(folder);
    auto bytes = whole.file + whole.log;
    lay(bytes, {reinterpret_cast<char const*>(data), size});
    auto const damaged = folder.options("damaged.db");
    folder.remove("damaged.db");
    folder.remove("repaired.db");
    write(damaged.file, std::string_view(bytes).substr(0, whole.file.size()));
    write(damaged.file.string() + "-wal", std::string_view(bytes).substr(whole.file.size()));
    {
        auto repair = Repair::open(damaged.file, folder.path / "spool");
        if (!repair || !repair->ask({}))
            return 0;
        GH_ASSERT(repair->write(folder.options("repaired.db").file, WallTime{1}));
    }
    check_chains(folder.options("repaired.db"));
    read_all(damaged);
    return 0;
}
