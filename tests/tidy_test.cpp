// SPDX-License-Identifier: Apache-2.0
//
//     tidy_test TREE              complains of what the compiler does not see; exits 1 if it has to
//     tidy_test TREE EXPECTED     exits 1 unless the complaints are exactly the lines of that file
//
// The arrows between modules and which of them are PURE are read from src/CMakeLists.txt, the one
// description of the architecture. Each complaint says what to do instead.

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;
using namespace std::literals;

namespace {

constexpr std::size_t columns_max = 100;
constexpr std::size_t lines_max = 600;
constexpr std::size_t cases_max = 800; // Tests and style sheets are lists: they may be longer.

struct Module {
    bool pure = false;
    std::set<std::string> uses;
};

// Standard headers through which the world leaks in: time, chance, threads, files, the kernel.
std::set<std::string, std::less<>> const worldly_headers = {"atomic", "condition_variable",
    "cstdlib", "ctime", "fcntl.h", "filesystem", "fstream", "future", "latch", "mutex", "netdb.h",
    "poll.h", "pthread.h", "random", "semaphore", "shared_mutex", "signal.h", "csignal", "stdlib.h",
    "stop_token", "thread", "time.h", "unistd.h"};

// What src/ does without, PURE or not, and what stands in its place.
std::map<std::string, std::string, std::less<>> const shunned_headers
    = {{"iostream", "log through observe, print through <cstdio> in main"},
        {"sstream", "append to a std::string, format with {fmt}"},
        {"regex", "write the few lines that parse it"}, {"format", "{fmt}: g++ 12 lacks it"},
        {"coroutine", "callbacks and state machines"}};

// A file, what it may nevertheless do, and why.
struct Exception {
    std::string_view file;
    std::string_view what;
    std::string_view why;
};
constexpr std::array exceptions_for_headers{
    Exception{"src/base/assert.cpp", "cstdlib", "a bug ends the process"},
    Exception{"src/config/document.cpp", "sstream", "yaml-cpp's parser reads from a stream"},
};

// Tests that wait for an instant instead of a condition.
constexpr std::array exceptions_for_waits{
    Exception{"tests/end_to_end/harness.mjs", "", "until(): the pause between two looks"},
    Exception{"tests/end_to_end/torture.mjs", "", "kills at a random instant"},
    Exception{"tests/end_to_end/power_loss.mjs", "", "cuts the power at a random instant"},
    Exception{
        "tests/end_to_end/crash.test.mjs", "", "kills at varied instants; an alarm falls due"},
    Exception{"tests/end_to_end/rooms.test.mjs", "", "silence is what the heartbeat is about"},
    Exception{"tests/end_to_end/streaming.test.mjs", "", "a reader that is slow"},
    Exception{"tests/end_to_end/faults.test.mjs", "", "the pause between two looks at a full disk"},
    Exception{"tests/end_to_end/operations.test.mjs", "", "the beat of a client that keeps busy"},
};

// The words are cut in two here, so that this file may be read by itself.
constexpr std::array<std::string_view, 3> promises{"TO" "DO", "FIX" "ME", "XX" "X"};
constexpr std::array<std::string_view, 5> sleeps{
    "sleep_" "for(", "sleep_" "until(", "us" "leep(", "nano" "sleep(", "timers/" "promises"};
constexpr auto timeout = "set" "Timeout("sv; // Bad where it is awaited: as a deadline it is fine.

template <std::size_t N>
bool is_excepted(std::array<Exception, N> const& all, std::string_view file, std::string_view what)
{
    return std::ranges::any_of(all, [&](Exception const& each) {
        return each.file == file && (each.what.empty() || each.what == what);
    });
}

class Complaints {
public:
    void add(std::string const& file, std::size_t line, std::string const& what)
    {
        lines_.push_back(file + ":" + std::to_string(line) + ": " + what);
    }
    std::vector<std::string> sorted()
    {
        std::ranges::sort(lines_);
        return lines_;
    }

private:
    std::vector<std::string> lines_;
};

std::string read(fs::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string_view> lines_of(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::map<std::string, Module, std::less<>> read_modules(fs::path const& cmake_file)
{
    std::string text;
    auto const whole = read(cmake_file);
    for (auto const line : lines_of(whole))
        text.append(line.substr(0, line.find('#'))).push_back('\n');

    std::map<std::string, Module, std::less<>> modules;
    constexpr auto opening = "gh_module("sv;
    for (auto at = text.find(opening); at != std::string::npos; at = text.find(opening, at + 1)) {
        auto const from = at + opening.size();
        std::istringstream words(text.substr(from, text.find(')', from) - from));
        std::string name;
        words >> name;
        auto& module = modules[name];
        bool is_link = false;
        for (std::string word; words >> word;) {
            if (word == "PURE")
                module.pure = true;
            else if (word == "USES" || word == "LINKS")
                is_link = word == "LINKS";
            else if (!is_link)
                module.uses.insert(word);
        }
    }
    return modules;
}

// One file, seen as lines, and where in the tree it is.
struct File {
    std::string name; // From the root of the tree.
    fs::path path;
    std::string text;
    std::vector<std::string_view> lines;

    [[nodiscard]] std::string extension() const { return path.extension(); }
    [[nodiscard]] bool is_cpp() const { return extension() == ".cpp" || extension() == ".hpp"; }
    [[nodiscard]] bool is_test() const
    {
        auto const stem = path.stem().string();
        return stem.ends_with("_test") || stem == "testing" || stem.ends_with(".test")
            || name.starts_with("tests/");
    }
};

// Code points: a line of Chinese pieces is as long as it looks to an editor.
std::size_t columns(std::string_view line)
{
    return static_cast<std::size_t>(std::ranges::count_if(
        line, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

bool has_word(std::string_view line, std::string_view word)
{
    auto const is_letter = [&](std::size_t at) {
        return at < line.size() && std::isalnum(static_cast<unsigned char>(line[at])) != 0;
    };
    for (auto at = line.find(word); at != line.npos; at = line.find(word, at + 1))
        if ((at == 0 || !is_letter(at - 1)) && !is_letter(at + word.size()))
            return true;
    return false;
}

bool has_any(std::string_view line, std::span<std::string_view const> all)
{
    return std::ranges::any_of(all, [&](auto each) { return line.find(each) != line.npos; });
}

void check_licence(File const& file, Complaints& complaints)
{
    bool const has_interpreter = !file.lines.empty() && file.lines[0].starts_with("#!");
    std::size_t const at = has_interpreter ? 1 : 0;
    if (file.lines.size() <= at
        || file.lines[at].find("SPDX-License-Identifier: Apache-2.0") == std::string_view::npos)
        complaints.add(
            file.name, at + 1, "no licence; begin with // SPDX-License-Identifier: Apache-2.0");
}

void check_line(File const& file, std::size_t number, Complaints& complaints)
{
    auto const line = file.lines[number - 1];
    auto const complain = [&](std::string const& what) { complaints.add(file.name, number, what); };
    if (auto const wide = columns(line); wide > columns_max)
        complain(std::to_string(wide) + " columns; break it before column 101");
    if (line.find('\t') != line.npos)
        complain("a tab; indent with spaces");
    if (line.ends_with(' ') || line.ends_with('\r'))
        complain("white space at the end; remove it");
    for (auto const promise : promises)
        if (has_word(line, promise))
            complain("a promise to do it later; do it now, or open an issue");
    bool const waits = has_any(line, sleeps)
        || (line.find("await ") != line.npos && line.find(timeout) != line.npos);
    if (file.is_test() && waits && !is_excepted(exceptions_for_waits, file.name, ""))
        complain("waits for an instant; wait for a condition, or move a virtual clock");
}

// Text, comments and characters as blanks, so that brackets in them count for nothing.
std::string without_text(std::string_view code)
{
    std::string bare(code);
    auto const blank = [&](std::size_t from, std::size_t to) {
        for (auto at = from; at < std::min(to, bare.size()); at++)
            bare[at] = bare[at] == '\n' ? '\n' : ' ';
    };
    for (std::size_t at = 0; at < code.size(); at++) {
        auto end = at;
        bool const is_digit_mark = code[at] == '\'' && at > 0 && std::isalnum(code[at - 1]) != 0;
        if (code.substr(at).starts_with("//")) {
            end = std::min(code.find('\n', at), code.size());
        } else if (code.substr(at).starts_with("R\"(")) {
            end = std::min(code.find(")\"", at), code.size()) + 2;
        } else if (code[at] == '"' || (code[at] == '\'' && !is_digit_mark)) {
            for (end = at + 1; end < code.size() && code[end] != code[at]; end++)
                end += code[end] == '\\' ? 1 : 0;
            end++;
        }
        if (end > at) {
            blank(at, end);
            at = end - 1;
        }
    }
    return bare;
}

// Does the brace behind this begin an initializer? A block stands behind ")", a word of the
// language, or what a function returns.
bool begins_initializer(std::string_view before)
{
    static constexpr std::array blocks{"else"sv, "do"sv, "try"sv, "const"sv, "override"sv,
        "mutable"sv, "noexcept"sv, "final"sv};
    before = before.substr(0, before.find_last_not_of(" \n") + 1);
    if (before.empty() || "),:;{}"sv.find(before.back()) != "),:;{}"sv.npos)
        return before.ends_with(',');
    if (std::ranges::any_of(blocks, [&](auto word) { return before.ends_with(word); }))
        return false;
    auto const line = before.substr(before.find_last_of(";{}") + 1);
    auto const arrow = line.rfind("->");
    bool const says_type = arrow != line.npos && line.find_first_of("(),=", arrow) == line.npos;
    return !says_type;
}

void check_braces(File const& file, Complaints& complaints)
{
    auto const code = without_text(file.text);
    std::vector<bool> initializers; // Of the braces that are open.
    for (std::size_t at = 0; at < code.size(); at++) {
        auto const rest = std::string_view(code).substr(at);
        if (rest.front() == '{')
            initializers.push_back(begins_initializer(std::string_view(code).substr(0, at)));
        else if (rest.front() == '}' && !initializers.empty())
            initializers.pop_back();
        else if (rest.starts_with("GH_" "TRY(") && !initializers.empty() && initializers.back())
            complaints.add(file.name, lines_of(code.substr(0, at)).size(),
                "GH_" "TRY in braces, whose other members leak where it returns; take it before");
    }
}

void check_generic(File const& file, Complaints& complaints)
{
    if (file.is_cpp())
        check_braces(file, complaints);
    check_licence(file, complaints);
    for (std::size_t number = 1; number <= file.lines.size(); number++)
        check_line(file, number, complaints);
    auto const most = file.is_test() || file.extension() == ".css" ? cases_max : lines_max;
    if (file.lines.size() > most)
        complaints.add(file.name, file.lines.size(),
            "more than " + std::to_string(most) + " lines; which noun is missing?");
    auto const guard = std::ranges::find(file.lines, "#pragma once"sv);
    if (file.extension() == ".hpp" && guard == file.lines.end())
        complaints.add(file.name, 1, "a header without guard; add #pragma once");
}

struct Include {
    std::size_t line;
    bool is_ours;
    std::string target;
};

std::vector<Include> includes_of(File const& file)
{
    std::vector<Include> includes;
    for (std::size_t i = 0; i < file.lines.size(); i++) {
        auto const line = file.lines[i];
        auto const open = line.find_first_of("<\"");
        if (!line.starts_with("#include") || open == line.npos)
            continue;
        auto const close = line.find_first_of(">\"", open + 1);
        includes.push_back(
            {i + 1, line[open] == '"', std::string(line.substr(open + 1, close - open - 1))});
    }
    return includes;
}

void check_include(File const& file, Include const& include, std::string const& self,
    Module const& module, Complaints& complaints)
{
    auto const complain = [&](std::string const& what) {
        complaints.add(file.name, include.line, what);
    };
    auto const& target = include.target;
    if (include.is_ours) {
        auto const slash = target.find('/');
        auto const owner = target.substr(0, slash);
        if (slash == std::string::npos)
            complain("\"" + target + "\"; name its module: \"" + self + "/" + target + "\"");
        else if (owner != self && !module.uses.contains(owner))
            complain(self + " does not USE " + owner
                + "; take a port, or change the arrows in src/CMakeLists.txt");
        return;
    }
    if (file.is_test())
        return;
    if (is_excepted(exceptions_for_headers, file.name, target))
        return;
    if (auto const shunned = shunned_headers.find(target); shunned != shunned_headers.end())
        complain("<" + target + ">; instead: " + shunned->second);
    bool const is_worldly = worldly_headers.contains(target) || target.starts_with("sys/")
        || target.starts_with("netinet/") || target.starts_with("arpa/");
    if (module.pure && is_worldly)
        complain("<" + target + "> in PURE " + self
            + "; let the value be handed in, or ask through a port");
}

void check_includes(
    File const& file, std::string const& self, Module const& module, Complaints& complaints)
{
    auto const includes = includes_of(file);
    for (auto const& include : includes)
        check_include(file, include, self, module, complaints);

    auto const own = fs::path(file.path).replace_extension(".hpp");
    if (file.extension() != ".cpp" || !fs::exists(own))
        return;
    if (includes.empty() || fs::path(includes[0].target).filename() != own.filename())
        complaints.add(file.name, includes.empty() ? 1 : includes[0].line,
            "another header before its own; include " + own.filename().string() + " first");
}

bool is_source(fs::path const& path)
{
    static std::set<std::string, std::less<>> const extensions
        = {".cpp", ".hpp", ".js", ".mjs", ".css", ".py"};
    bool const is_made = path.string().ends_with(".min.js"); // By a tool, for machines.
    return extensions.contains(path.extension().string()) && !is_made;
}

std::vector<File> files_under(fs::path const& root, fs::path const& folder)
{
    std::vector<File> files;
    if (!fs::exists(root / folder))
        return files;
    for (fs::recursive_directory_iterator at(root / folder), end; at != end; ++at) {
        auto const leaf = at->path().filename();
        bool const is_others = leaf == "node_modules" || leaf == "tidy_fixture" || leaf == "build";
        if (at->is_directory() && is_others)
            at.disable_recursion_pending();
        if (!at->is_regular_file() || !is_source(at->path()))
            continue;
        auto& file = files.emplace_back();
        file.name = fs::relative(at->path(), root).string();
        file.path = at->path();
    }
    for (auto& file : files) {
        file.text = read(file.path);
        file.lines = lines_of(file.text);
    }
    return files;
}

void check_sources(fs::path const& root, Complaints& complaints)
{
    auto const modules = read_modules(root / "src/CMakeLists.txt");
    for (auto const& file : files_under(root, "src")) {
        check_generic(file, complaints);
        auto const relative = fs::path(file.name).lexically_relative("src");
        auto const self = relative.begin()->string();
        auto const module = modules.find(self);
        if (module == modules.end()) {
            complaints.add(
                file.name, 1, "no module; give src/" + self + " a line in src/CMakeLists.txt");
            continue;
        }
        if (std::distance(relative.begin(), relative.end()) > 2 && self != "storage")
            complaints.add(file.name, 1, "a folder in a module; put the file in src/" + self);
        check_includes(file, self, module->second, complaints);
    }
}

int compare(std::vector<std::string> const& found, fs::path const& expected_file)
{
    auto const text = read(expected_file);
    std::vector<std::string> expected;
    for (auto const line : lines_of(text))
        expected.emplace_back(line);
    std::ranges::sort(expected);
    auto const tell = [](char const* what, auto const& those, auto const& others) {
        std::vector<std::string> only;
        std::ranges::set_difference(those, others, std::back_inserter(only));
        for (auto const& line : only)
            std::printf("%s: %s\n", what, line.c_str());
    };
    tell("missing", expected, found);
    tell("not expected", found, expected);
    return found == expected ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments)
{
    if (count != 2 && count != 3) {
        std::fputs("tidy_test TREE [EXPECTED]\n", stderr);
        return 2;
    }
    fs::path const root = arguments[1];
    Complaints complaints;
    check_sources(root, complaints);
    for (auto const folder : {"apps", "examples", "sdk/cpp", "tests", "fuzz", "bench"})
        for (auto const& file : files_under(root, folder))
            check_generic(file, complaints);

    auto const found = complaints.sorted();
    if (count == 3)
        return compare(found, arguments[2]);
    for (auto const& line : found)
        std::puts(line.c_str());
    std::printf("%zu complaints\n", found.size());
    return found.empty() ? 0 : 1;
}
