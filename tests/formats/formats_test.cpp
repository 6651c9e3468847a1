// SPDX-License-Identifier: Apache-2.0
//
//     formats_test              reads what older versions left
//     formats_test --add NAME   records a new entry by today's code, or takes the folder NAME for
//                               one, where another version has put its files
//
// An entry is never changed: what some version wrote lies on somebody's disk.
#include "formats_in.hpp"
#include "recording.hpp"
#include "telling.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "corpus/entry.hpp"
#include "storage/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <set>

namespace gatehouse::formats {
namespace {

namespace fs = std::filesystem;
using corpus::lines_of;
using corpus::read_file;
using Temporary = storage::testing::Folder;

fs::path const folder = FORMATS;

std::vector<std::string> names()
{
    std::vector<std::string> found;
    for (auto const& file : fs::directory_iterator(folder))
        if (file.is_directory())
            found.push_back(file.path().filename().string());
    std::ranges::sort(found);
    return found;
}

struct Entry : ::testing::TestWithParam<std::string> {
    Entry() { fs::copy(folder / GetParam(), copy.path, fs::copy_options::recursive); }

    Temporary copy{};
};

TEST_P(Entry, is_read_as_it_always_was)
{
    auto const now = told(copy.path);
    auto const then = lines_of(read_file(folder / GetParam() / "says.jsonl"));
    for (std::size_t i = 0; i < std::min(now.size(), then.size()); i++)
        ASSERT_EQ(now[i], then[i]) << GetParam() << ", line " << i + 1;
    EXPECT_EQ(now.size(), then.size());
}

// Where a store was brought up to date, it still says the same.
TEST_P(Entry, is_read_again_as_it_was_read)
{
    auto const first = told(copy.path);
    fs::remove(copy.path / "restored.db");
    fs::remove(copy.path / "restored.db.keys");
    EXPECT_EQ(told(copy.path), first);
}

INSTANTIATE_TEST_SUITE_P(Formats, Entry, ::testing::ValuesIn(names()), [](auto const& test) {
    auto name = test.param;
    std::ranges::replace(name, '-', '_');
    return name;
});

std::vector<std::string> files_of(std::string const& name)
{
    std::vector<std::string> files;
    for (auto const& file : fs::recursive_directory_iterator(folder / name))
        if (!file.is_directory())
            files.push_back(file.path().lexically_relative(folder).generic_string());
    std::ranges::sort(files);
    return files;
}

TEST(Formats, were_never_changed)
{
    std::map<std::string, std::string> sums;
    for (auto const& line : lines_of(read_file(folder / "SHA256SUMS")))
        sums[line.substr(66)] = line.substr(0, 64);
    for (auto const& [file, sum] : sums)
        EXPECT_EQ(to_hex(sha256(read_file(folder / file))), sum)
            << file << " changed. It must be read as it is: add an entry, and leave this one";
    for (auto const& name : names())
        for (auto const& file : files_of(name))
            EXPECT_TRUE(sums.contains(file)) << file << " is not in SHA256SUMS";
}

// A format that is counted up needs an entry of the new one; the entries of the older ones stay.
TEST(Formats, that_are_written_today_are_in_an_entry)
{
    std::set<std::string> known;
    for (auto const& name : names()) {
        Temporary copy;
        fs::copy(folder / name, copy.path, fs::copy_options::recursive);
        known.merge(formats_in(copy.path));
    }
    Temporary today;
    record(today.path);
    auto const written = formats_in(today.path);
    for (auto const& format : written)
        EXPECT_TRUE(known.contains(format)) << format << " is new: add an entry";
    for (auto const* const kind : {"store", "keys", "views", "snapshot", "pack", "part", "segment",
             "base", "generation of keys", "part of keys"})
        EXPECT_TRUE(std::ranges::any_of(
            written, [&](auto const& format) { return format.starts_with(kind); }))
            << "the recording shows less than it should: no " << kind;
}

// From 1 on, as far as they were counted: whatever was released is read on.
TEST(Formats, are_all_here_that_ever_were)
{
    std::set<std::string> known;
    for (auto const& name : names()) {
        Temporary copy;
        fs::copy(folder / name, copy.path, fs::copy_options::recursive);
        known.merge(formats_in(copy.path));
    }
    for (auto const& format : known) {
        auto const space = format.rfind(' ');
        auto const kind = format.substr(0, space + 1);
        for (int number = 1; number < std::stoi(format.substr(space + 1)); number++)
            EXPECT_TRUE(known.contains(kind + std::to_string(number)))
                << kind << number << " was released, and is in no entry";
    }
}

int add(std::string const& name)
{
    try {
        auto const entry = folder / name;
        if (fs::exists(entry / "says.jsonl"))
            throw std::runtime_error(entry.string() + " is there, and entries never change");
        if (!fs::exists(entry))
            record(entry);
        Temporary copy;
        fs::copy(entry, copy.path, fs::copy_options::recursive);
        std::ofstream says(entry / "says.jsonl", std::ios::binary);
        for (auto const& line : told(copy.path))
            says << line << '\n';
        says.close();
        std::ofstream sums(folder / "SHA256SUMS", std::ios::app);
        for (auto const& file : files_of(name))
            sums << to_hex(sha256(read_file(folder / file))) << "  " << file << '\n';
        return 0;
    } catch (std::exception const& wrong) {
        std::fprintf(stderr, "formats_test: %s\n", wrong.what());
        return 1;
    }
}

} // namespace
} // namespace gatehouse::formats

int main(int argc, char** argv)
{
    ::testing::InitGoogleTest(&argc, argv);
    if (argc == 3 && std::string_view(argv[1]) == "--add")
        return gatehouse::formats::add(argv[2]);
    return RUN_ALL_TESTS();
}
