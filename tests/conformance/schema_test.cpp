// SPDX-License-Identifier: Apache-2.0
// The official JSON-Schema-Test-Suite, as Debian packages it (docs/testing.md). Of its required
// tests every one must pass; of the optional ones all but those of schema/optional_failures.txt.

#include "base/json.hpp"
#include "schema/schema.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

namespace gatehouse::schema {
namespace {

namespace fs = std::filesystem;

struct Suite {
    std::string package;
    fs::path root;
    std::vector<std::string> drafts;
};
std::vector<Suite> const suites{
    {"libtest-json-schema-acceptance-perl",
        "/usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance", {"draft2020-12", "draft7"}},
    {"json-schema-test-suite", "/usr/share/json-schema-test-suite", {"draft7"}},
};

std::string read(fs::path const& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> json_files(fs::path const& folder)
{
    std::vector<fs::path> files;
    for (auto const& entry : fs::recursive_directory_iterator(folder))
        if (entry.path().extension() == ".json")
            files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

// What the suite's README has served at this address.
Documents remotes(Suite const& suite)
{
    Documents documents;
    auto const folder = suite.root / "remotes";
    for (auto const& file : json_files(folder))
        documents["http://localhost:1234/" + fs::relative(file, folder).string()] = read(file);
    return documents;
}

struct Tally {
    int passed = 0;
    std::vector<std::string> failed;
};

class Judge {
public:
    Judge(Suite const& suite, std::string const& draft)
        : documents_(remotes(suite))
    {
        options_.draft = draft == "draft7" ? Draft::draft_07 : Draft::draft_2020_12;
    }

    void judge_file(fs::path const& file, std::string const& name)
    {
        auto& tally = name.find("/optional/") == name.npos ? required : optional;
        // Meta-schemas say of a pattern that its format is "regex".
        options_.asserts_format = name.find("/optional/format/") != name.npos
            || name.find("/optional/ecmascript-regex") != name.npos;
        auto const text = read(file);
        json::Parser parser;
        auto const groups = parser.parse(text);
        if (!groups) {
            tally.failed.push_back(name + ": " + groups.error().message);
            return;
        }
        groups->each_element([&](json::Node group) {
            judge_group(
                group, name + ": " + std::string(*group.find("description")->text()), tally);
            return true;
        });
    }

    Tally required;
    Tally optional;

private:
    void judge_group(json::Node group, std::string const& name, Tally& tally)
    {
        documents_["test:schema"] = group.find("schema")->compact();
        auto const schema = compile(documents_, "test:schema", options_);
        group.find("tests")->each_element([&](json::Node test) {
            auto const what = name + ": " + std::string(*test.find("description")->text());
            if (!schema) {
                tally.failed.push_back(what);
                std::printf("%s\n  %s\n", what.c_str(), schema.error().text().c_str());
                return true;
            }
            auto const faults = validate(**schema, *test.find("data"));
            bool const is_right = faults.empty() == test.find("valid")->boolean()
                && is_valid(**schema, *test.find("data")) == faults.empty();
            if (is_right)
                tally.passed++;
            else
                tally.failed.push_back(what);
            return true;
        });
    }

    Documents documents_;
    Options options_{};
};

std::set<std::string> expected_failures()
{
    std::set<std::string> names;
    std::ifstream file("tests/conformance/schema/optional_failures.txt");
    for (std::string line; std::getline(file, line);)
        if (!line.empty() && !line.starts_with("#"))
            names.insert(line);
    return names;
}

TEST(SchemaConformance, passes_the_official_suite)
{
    std::set<std::string> optional_failures;
    for (auto const& suite : suites) {
        ASSERT_TRUE(fs::exists(suite.root / "tests"))
            << "the package " << suite.package << " is missing: run scripts/install-packages test";
        for (auto const& draft : suite.drafts) {
            Judge judge(suite, draft);
            auto const folder = suite.root / "tests" / draft;
            for (auto const& file : json_files(folder))
                judge.judge_file(file, draft + "/" + fs::relative(file, folder).string());
            for (auto const& name : judge.required.failed)
                ADD_FAILURE() << suite.package << ": " << name;
            EXPECT_GT(judge.required.passed, 400);
            std::printf("%s, %s: %d required tests passed, %zu failed; %d optional ones passed, "
                        "%zu failed\n",
                suite.package.c_str(), draft.c_str(), judge.required.passed,
                judge.required.failed.size(), judge.optional.passed, judge.optional.failed.size());
            optional_failures.insert(judge.optional.failed.begin(), judge.optional.failed.end());
        }
    }
    auto const expected = expected_failures();
    for (auto const& name : optional_failures)
        EXPECT_TRUE(expected.contains(name)) << "fails, and is not listed: " << name;
    for (auto const& name : expected)
        EXPECT_TRUE(optional_failures.contains(name)) << "is listed, and passes: " << name;
}

} // namespace
} // namespace gatehouse::schema
