// SPDX-License-Identifier: Apache-2.0
// As https://sqlite.org/fileformat2.html#the_write_ahead_log tells.
#include "storage/sqlite/pages.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace gatehouse::storage::sqlite {

namespace {

constexpr std::size_t wal_header_size = 32;
constexpr std::size_t frame_header_size = 24;
constexpr std::size_t frame_size = frame_header_size + Pages::page_size;
constexpr std::uint32_t wal_magic = 0x377f0682; // The last bit: sums are of big-endian words.

std::uint32_t big_endian(std::string_view bytes, std::size_t at)
{
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; i++)
        word = word << 8 | static_cast<std::uint8_t>(bytes[at + i]);
    return word;
}

// Over this frame and all before it.
struct WalSum {
    bool is_big_endian = false;
    std::uint32_t first = 0;
    std::uint32_t second = 0;

    void add(std::string_view bytes)
    {
        for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
            first += word(bytes, at) + second;
            second += word(bytes, at + 4) + first;
        }
    }
    [[nodiscard]] bool is_at(std::string_view bytes, std::size_t at) const
    {
        return big_endian(bytes, at) == first && big_endian(bytes, at + 4) == second;
    }

private:
    [[nodiscard]] std::uint32_t word(std::string_view bytes, std::size_t at) const
    {
        auto const word = big_endian(bytes, at);
        return is_big_endian ? word : __builtin_bswap32(word);
    }
};

struct WalHeader {
    std::uint32_t restarts; // So often the file was begun anew: older frames may lie at its end.
    std::uint32_t salt;     // One more each time.
    std::string salts;      // With the one that is drawn by chance.
    WalSum sum;

    static std::optional<WalHeader> parse(std::string_view bytes)
    {
        if (bytes.size() != wal_header_size || (big_endian(bytes, 0) & ~1u) != wal_magic
            || big_endian(bytes, 8) != Pages::page_size)
            return std::nullopt;
        WalSum sum{.is_big_endian = (big_endian(bytes, 0) & 1) != 0};
        sum.add(bytes.substr(0, 24));
        if (!sum.is_at(bytes, 24))
            return std::nullopt;
        return WalHeader{.restarts = big_endian(bytes, 12), .salt = big_endian(bytes, 16),
            .salts = std::string(bytes.substr(16, 8)), .sum = sum};
    }

    [[nodiscard]] bool is_older(std::string_view frame) const
    {
        auto const ago = salt - big_endian(frame, 8);
        return ago >= 1 && ago <= restarts;
    }
};

std::int64_t size_of(sqlite3_file* file)
{
    sqlite3_int64 size = 0;
    return file->pMethods->xFileSize(file, &size) == SQLITE_OK ? size : 0;
}

std::optional<std::string> read(sqlite3_file* file, std::int64_t at, std::size_t size)
{
    std::string bytes(size, '\0');
    if (file->pMethods->xRead(file, bytes.data(), static_cast<int>(size), at) != SQLITE_OK)
        return std::nullopt;
    return bytes;
}

} // namespace

Result<Pages> Pages::of(Database const& database)
{
    sqlite3_file *file = nullptr, *wal = nullptr;
    sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
    sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    if (!file || !file->pMethods)
        return fail(ErrorCode::internal, "The store failed.", "it has no file");
    Pages pages(file, wal && wal->pMethods ? wal : nullptr);
    pages.is_wal_whole_ = pages.scan_wal();
    return pages;
}

std::optional<std::string> Pages::page(std::uint32_t number) const
{
    if (auto const found = in_wal_.find(number); found != in_wal_.end())
        return read(wal_, found->second, page_size);
    if (number == 0)
        return std::nullopt;
    return read(file_, (std::int64_t{number} - 1) * std::int64_t{page_size}, page_size);
}

std::uint32_t Pages::count() const
{
    auto last = static_cast<std::uint32_t>(
        size_of(file_) / static_cast<std::int64_t>(page_size));
    for (auto const& [number, place] : in_wal_)
        last = std::max(last, number);
    return last;
}

bool Pages::scan_wal()
{
    auto const size = wal_ ? size_of(wal_) : 0;
    if (size == 0)
        return true;
    auto const header = WalHeader::parse(read(wal_, 0, wal_header_size).value_or(""));
    if (!header)
        return false;
    auto sum = header->sum;
    std::unordered_map<std::uint32_t, std::int64_t> uncommitted;
    bool is_readable = true;
    std::int64_t at = wal_header_size;
    for (; at + std::int64_t{frame_header_size} <= size; at += frame_size) {
        auto const head = read(wal_, at, frame_header_size);
        if (!head)
            return false;
        auto const page = read(wal_, at + std::int64_t{frame_header_size}, page_size);
        bool follows = false;
        if (is_readable && page) {
            sum.add(std::string_view(*head).substr(0, 8));
            sum.add(*page);
            follows = sum.is_at(*head, 16);
        }
        is_readable = follows && head->compare(8, 8, header->salts) == 0;
        if (!is_readable && (follows || !header->is_older(*head)))
            return false;
        if (!is_readable)
            continue;
        uncommitted[big_endian(*head, 0)] = at + std::int64_t{frame_header_size};
        if (big_endian(*head, 4) == 0)
            continue;
        for (auto const& [number, place] : uncommitted)
            in_wal_[number] = place;
        uncommitted.clear();
    }
    return uncommitted.empty() && at >= size;
}

} // namespace gatehouse::storage::sqlite
