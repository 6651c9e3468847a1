// SPDX-License-Identifier: Apache-2.0
//
//     corpus_test                          replays the corpus
//     corpus_test --add NAME STORY SEED    records a new entry by today's code
//
// An entry is never changed: what some version wrote lies in somebody's store.
#include "entry.hpp"
#include "games.hpp"
#include "stories.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "rooms/record.hpp"
#include "rooms/schemas.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <set>

namespace gatehouse::corpus {
namespace {

namespace fs = std::filesystem;

fs::path const folder = CORPUS;

std::vector<std::string> names()
{
    std::set<std::string> found;
    for (auto const& file : fs::directory_iterator(folder))
        if (auto const name = file.path().filename().string(); name.ends_with(".events.jsonl"))
            found.insert(name.substr(0, name.find('.')));
    return {found.begin(), found.end()};
}

struct Entry : ::testing::TestWithParam<std::string> {
    [[nodiscard]] static std::vector<std::string> expected()
    {
        return lines_of(read_file(folder / (GetParam() + ".expected.jsonl")));
    }
    [[nodiscard]] static std::vector<events::Event> history()
    {
        return read_lines(read_file(folder / (GetParam() + ".events.jsonl")));
    }
    // None of entries from before anything was sealed.
    [[nodiscard]] static std::vector<events::MemberKey> keys()
    {
        auto const file = folder / (GetParam() + ".keys.jsonl");
        return fs::exists(file) ? read_keys(read_file(file)) : std::vector<events::MemberKey>();
    }
};

TEST_P(Entry, replays_as_it_always_did)
{
    auto const now = told({history(), keys()}, games_of_today());
    auto const then = expected();
    for (std::size_t i = 0; i < std::min(now.size(), then.size()); i++)
        ASSERT_EQ(now[i], then[i]) << GetParam() << ", line " << i + 1;
    EXPECT_EQ(now.size(), then.size());
}

// The games come to the same, and nobody is named.
TEST_P(Entry, replays_without_its_keys_but_for_the_names)
{
    auto const with = told({history(), keys()}, games_of_today());
    auto const without = told({history(), {}}, games_of_today());
    ASSERT_EQ(without.size(), with.size());
    for (std::size_t i = 0; i + 1 < with.size(); i++)
        ASSERT_EQ(without[i], with[i]);
    for (auto const& [subject, actor, key] : keys()) {
        EXPECT_TRUE(with.back().contains('"' + subject + '"'));
        EXPECT_FALSE(without.back().contains('"' + subject + '"'));
    }
}

TEST_P(Entry, is_written_as_it_is_read)
{
    EXPECT_EQ(to_lines(history()), read_file(folder / (GetParam() + ".events.jsonl")));
    EXPECT_EQ(read_keys(to_lines(keys())), keys());
}

INSTANTIATE_TEST_SUITE_P(Corpus, Entry, ::testing::ValuesIn(names()), [](auto const& test) {
    auto name = test.param;
    std::ranges::replace(name, '-', '_');
    return name;
});

TEST(Corpus, was_never_changed)
{
    std::map<std::string, std::string> sums;
    for (auto const& line : lines_of(read_file(folder / "SHA256SUMS")))
        sums[line.substr(66)] = line.substr(0, 64);
    for (auto const& [file, sum] : sums)
        EXPECT_EQ(to_hex(sha256(read_file(folder / file))), sum)
            << file << " changed. It must replay as it is: add an entry, and leave this one";
    for (auto const& name : names())
        for (auto const* ending : {".events.jsonl", ".expected.jsonl"})
            EXPECT_TRUE(sums.contains(name + ending)) << name << ending << " is not in SHA256SUMS";
    EXPECT_GE(sums.size(), 6U);
}

std::set<std::string> layouts_of(std::vector<events::Event> const& events)
{
    std::set<std::string> layouts;
    for (auto const& event : events)
        layouts.insert(layout_of(event));
    return layouts;
}

// All that the corpus has an example of.
std::set<std::string> known_layouts()
{
    std::set<std::string> known;
    for (auto const& name : names())
        known.merge(layouts_of(read_lines(read_file(folder / (name + ".events.jsonl")))));
    return known;
}

// What the stories leave on disk today is in the corpus already: same type, same schema, same
// names of fields.
TEST(Corpus, knows_all_that_is_written_today)
{
    auto const known = known_layouts();
    for (auto const& story : stories)
        for (auto const& layout : layouts_of(story.play(1).events))
            EXPECT_TRUE(known.contains(layout))
                << layout << " is new: count its schema up, and add an entry";
}

template <typename E>
std::string layout_as_written()
{
    std::string data;
    cbor::Writer out(data);
    write_cbor(out, E{});
    auto const layout = rooms::layout_of<E>();
    return layout_of({.type = std::string(layout.type),
        .schema = static_cast<std::uint16_t>(layout.schema),
        .data = data});
}

template <typename... Es>
std::vector<std::string> layouts_as_written(std::variant<Es...> const*)
{
    return {layout_as_written<Es>()...};
}

// Whatever the platform may record it has recorded here, in each schema that it ever had: they
// count from 1, without gaps (rooms/schemas.hpp).
TEST(Corpus, has_each_event_of_the_platform_in_each_schema)
{
    auto const known = known_layouts();
    auto const has = [&](std::string_view beginning) {
        auto const next = known.lower_bound(std::string(beginning));
        return next != known.end() && next->starts_with(beginning);
    };
    for (auto const& layout :
        layouts_as_written(static_cast<rooms::PlatformEvent const*>(nullptr))) {
        EXPECT_TRUE(known.contains(layout)) << layout << " is in no entry: have a story tell it";
        auto const type = layout.substr(0, layout.find(' '));
        auto const newest = std::stoi(layout.substr(layout.find("schema ") + 7));
        for (int schema = 1; schema < newest; schema++)
            EXPECT_TRUE(has(type + " (schema " + std::to_string(schema) + "):"))
                << type << " was released in schema " << schema << ", which is in no entry";
    }
}

template <typename G>
void expect_all_known_of(std::set<std::string> const& known)
{
    auto written = layouts_as_written(static_cast<typename G::Event const*>(nullptr));
    if constexpr (requires { typename G::OldEvents; })
        for (auto& layout : layouts_as_written(static_cast<typename G::OldEvents const*>(nullptr)))
            written.push_back(std::move(layout));
    for (auto const& layout : written)
        EXPECT_TRUE(known.contains(layout)) << G::about.name << ": " << layout
                                            << " is in no entry: have a story tell it";
    if constexpr (requires { typename G::Before; })
        expect_all_known_of<typename G::Before>(known);
}

TEST(Corpus, has_each_event_of_each_game_in_each_schema)
{
    auto const known = known_layouts();
    [&]<typename... G>(std::tuple<G...> const*) {
        (expect_all_known_of<G>(known), ...);
    }(static_cast<Games const*>(nullptr));
}

void write_new(fs::path const& path, std::string const& text)
{
    if (fs::exists(path))
        throw std::runtime_error(path.string() + " is there already, and entries never change");
    std::ofstream(path, std::ios::binary) << text;
    std::ofstream sums(folder / "SHA256SUMS", std::ios::app);
    sums << to_hex(sha256(text)) << "  " << path.filename().string() << '\n';
}

int add(std::string const& name, std::string const& story, std::uint32_t seed)
{
    try {
        auto const told_of = std::ranges::find(stories, story, &Told::name);
        if (told_of == stories.end())
            throw std::runtime_error("there is no story " + story + ": see stories.hpp");
        auto const stored = told_of->play(seed);
        std::string expected;
        for (auto const& line : told(stored, games_of_today()))
            expected += line + '\n';
        write_new(folder / (name + ".events.jsonl"), to_lines(stored.events));
        write_new(folder / (name + ".keys.jsonl"), to_lines(stored.keys));
        write_new(folder / (name + ".expected.jsonl"), expected);
        std::printf("%s: %zu events\n", name.c_str(), stored.events.size());
        return 0;
    } catch (std::exception const& wrong) {
        std::fprintf(stderr, "corpus_test: %s\n", wrong.what());
        return 1;
    }
}

} // namespace
} // namespace gatehouse::corpus

int main(int argc, char** argv)
{
    ::testing::InitGoogleTest(&argc, argv);
    if (argc == 5 && std::string_view(argv[1]) == "--add")
        return gatehouse::corpus::add(
            argv[2], argv[3], static_cast<std::uint32_t>(std::strtoul(argv[4], nullptr, 10)));
    return RUN_ALL_TESTS();
}
