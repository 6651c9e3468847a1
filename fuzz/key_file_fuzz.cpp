// SPDX-License-Identifier: Apache-2.0

// Whatever becomes of the file of keys, the store beside it is read, opened and written: a room
// without names is better than no room. The input is laid over it in pieces: three bytes say where,
// one how much. All files are in memory.

#include "base/assert.hpp"
#include "events/chain.hpp"
#include "storage/sqlite/check.hpp"
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

constexpr int rooms = 12;
// "A newer version wrote this" refuses a start, whoever wrote it: the file's user_version.
constexpr std::size_t layout_begin = 60;
constexpr std::size_t layout_end = 64;

struct Folder {
    fs::path path;

    Folder()
    {
        std::string name = "/dev/shm/key_file_fuzz-XXXXXX";
        GH_ASSERT(::mkdtemp(name.data()));
        path = name;
    }
    ~Folder() { fs::remove_all(path); }
};

Options options_in(fs::path const& folder)
{
    return {.file = folder / "store.db", .checkpoint_events_min = 20, .ballast_bytes = 0};
}

events::StreamAppend came(std::string stream, std::uint32_t actor)
{
    events::Event event{.version = 1, .type = "came", .data = "\xa1\x61p\x01"};
    event.link = events::chain_link(events::chain_start(stream), event);
    return {.stream = std::move(stream), .category = "liap-tui", .events = {std::move(event)},
        .keys = {{"guest:" + std::to_string(actor), actor, std::string(32, 'k')}}};
}

std::string name_of(int room) { return "r" + std::to_string(room) + ".1"; }

std::string make_store(fs::path const& folder)
{
    auto const options = options_in(folder);
    {
        auto const log = *SqliteLog::open(options);
        for (int room = 0; room < rooms; room++)
            GH_ASSERT(log->append({came(name_of(room), 1)})[0]);
    }
    std::ifstream in(options.file.string() + ".keys", std::ios::binary);
    return {std::istreambuf_iterator(in), {}};
}

void lay(std::string& bytes, std::string_view input)
{
    while (input.size() > 4) {
        std::uint32_t at = 0;
        for (char const byte : input.substr(0, 3))
            at = at << 8 | static_cast<unsigned char>(byte);
        auto const piece = input.substr(4, static_cast<unsigned char>(input[3]));
        for (std::size_t i = 0; i < piece.size(); i++)
            if (auto const to = (at + i) % bytes.size(); to < layout_begin || to >= layout_end)
                bytes[to] = piece[i];
        input.remove_prefix(4 + piece.size());
    }
}

void read_all(Options options)
{
    options.access = Access::read_only;
    check(options, [](auto const&) { });
    auto const log = SqliteLog::open(std::move(options));
    GH_ASSERT(log);
    for (int room = 0; room < rooms; room++) {
        auto const history = (*log)->hydrate(name_of(room), 10);
        GH_ASSERT(history && history->events.size() == 1);
    }
    static_cast<void>((*log)->memberships("guest:1", "", 100));
    static_cast<void>((*log)->keys(0, 100));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static Folder const folder;
    static auto const whole = folder.path / "whole";
    static std::string const keys = (fs::create_directories(whole), make_store(whole));
    auto bytes = keys;
    lay(bytes, {reinterpret_cast<char const*>(data), size});
    auto const damaged = folder.path / "damaged";
    fs::remove_all(damaged);
    fs::create_directories(damaged);
    auto const options = options_in(damaged);
    fs::copy_file(options_in(whole).file, options.file);
    std::ofstream(options.file.string() + ".keys", std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    read_all(options);
    {
        auto const log = SqliteLog::open(options);
        GH_ASSERT(log);
        static_cast<void>((*log)->append({came("late.1", 2)})); // `unavailable`, for a while.
        static_cast<void>((*log)->forget("guest:1"));
    }
    read_all(options);
    return 0;
}
