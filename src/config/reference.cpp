// SPDX-License-Identifier: Apache-2.0
#include "config/reference.hpp"

#include "base/json_writer.hpp"
#include "config/keys.hpp"
#include "config/values.hpp"

#include <cstdint>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string_view>
#include <vector>

namespace gatehouse::config {
namespace {

enum class Form : std::uint8_t { value, section, list, named };

// A row of the table with all that can be told of it, its sub-rows included.
struct Row {
    std::string name {};
    Form form = Form::value;
    std::string type {}; // "duration"
    std::string pattern {};
    std::vector<std::string_view> choices {};
    std::string standard {}; // The default, as it would be written. Empty: none.
    Note note {};
    bool has_short_form = false;
    std::string_view later {}; // Not supported yet: what it will be.
    std::vector<Row> rows {};
};

template <typename T> Row describe(T const& standard);

struct Describer {
    std::vector<Row>& rows;

    template <typename T>
    void operator()(std::string_view name, T const& standard, Note const& note)
    {
        auto& row = rows.emplace_back(describe(standard));
        row.name = name;
        row.note = note;
    }
    void later(std::string_view name, std::string_view what)
    {
        rows.push_back({.name = std::string(name), .later = what});
    }
    void elsewhere(std::string_view name, std::string_view type, Note const& note)
    {
        rows.push_back({.name = std::string(name), .type = std::string(type), .note = note});
    }
    void split(std::string_view) { }
};

template <typename T> Row describe_value(T const& standard)
{
    Row row {.standard = write_value(standard)};
    if constexpr (NamedEnum<T>) {
        auto const names = enum_names(standard);
        for (auto const& each : names)
            row.choices.push_back(each);
        row.type = fmt::format("{}", fmt::join(row.choices, ", "));
    } else {
        row.type = type_of(standard).name;
        row.pattern = type_of(standard).pattern;
        if constexpr (std::same_as<T, bool>)
            row.standard = standard ? "on" : "off";
        if constexpr (std::same_as<T, int>)
            if (standard == 0)
                row.standard.clear();
    }
    return row;
}

template <typename T> Row describe(T const& standard)
{
    if constexpr (is_optional<T>) {
        auto row = describe(typename T::value_type {});
        row.standard.clear();
        return row;
    } else if constexpr (is_named<T>) {
        auto row = describe(typename T::mapped_type {});
        return {.form = Form::named, .rows = {std::move(row)}};
    } else if constexpr (is_list<T>) {
        auto row = describe(typename T::value_type {});
        row.standard.clear();
        return {.form = Form::list, .type = "list of " + row.type, .rows = {std::move(row)}};
    } else if constexpr (Section<T>) {
        Row row {.form = Form::section, .has_short_form = HasShortForm<T>};
        Keys<T>::each(standard, Describer {row.rows});
        return row;
    } else {
        return describe_value(standard);
    }
}

Row const table()
{
    return describe(Settings {});
}

// Calls `tell(path, row)` for each key in order, sections before their members.
void walk(Row const& row, std::string const& path, auto const& tell)
{
    for (auto const& each : row.rows) {
        auto const name = path.empty() ? each.name : fmt::format("{}.{}", path, each.name);
        tell(name, each);
        if (each.form == Form::named)
            walk(each.rows[0], name + ".NAME", tell);
        else if (each.form == Form::list)
            walk(each.rows[0], name + "[]", tell);
        else
            walk(each, name, tell);
    }
}

std::string type_of_row(Row const& row)
{
    if (row.form == Form::section)
        return row.has_short_form ? "text or map" : "map";
    if (row.form == Form::named)
        return "map of names";
    if (row.form == Form::list && row.rows[0].form == Form::section)
        return "list of maps";
    return row.type;
}

std::string default_of_row(Row const& row)
{
    if (row.note.is_required)
        return "required";
    return row.standard;
}

// ---- Markdown

constexpr std::string_view introduction = R"(# Configuration

*Made from the table in `src/config/keys.hpp`; a test keeps it so. To change it, change the table.*

`gatehouse run -c gatehouse.yaml` reads one YAML file; `gatehouse check -c gatehouse.yaml` says what
is wrong with it, with file, line and column, and what to write instead.

- **Layers**, later ones over earlier ones: defaults, the file, the files of its `import:` globs,
  the environment file, environment variables, `--set` flags. Maps merge, other values are replaced;
  the routes of imported files add up.
- **Environment file**: with `GATEHOUSE_ENV=prod`, `gatehouse.prod.yaml` beside `gatehouse.yaml`.
- **Variables and flags** set any key outside lists: `GATEHOUSE_LISTEN_HTTP=:9090` and
  `--set listen.http=:9090`; a list of values is written with commas. A key inside a named entry can
  be set where the entry stands in a file. An empty variable says nothing.
- **`${NAME}` and `${NAME:-default}`** expand in every value; `$$` is a `$`.
- **Quantities carry units**: durations `250ms 10s 5m 24h 7d`, sizes `512B 16KiB 1MiB 2GB`, rates
  `5/s 100/min 1000/h 5/10s`, shares `80%`. A bare number is an error.
- **Secrets** are referred to, `env:NAME` or `file:PATH`, never written, and never shown.
- **Paths** are relative to the folder of the main file, wherever they are written.
- **Names** are letters, digits, `_` and `-`. Unknown keys and duplicate keys are errors.
- **Routes**: the most specific match wins, whatever the order: a host before `*.below` before none,
  literal segments before `:name` before `**`, methods before none, more headers and query before
  fewer. Two that tie are an error; `gatehouse explain GET /path` says who wins, and why.
)";

std::string markdown_cell(std::string_view text)
{
    std::string out;
    for (auto const c : text)
        out.append(c == '|' ? "\\|" : "").append(1, c);
    return out;
}

std::string code_cell(std::string_view text)
{
    return text.empty() ? "" : fmt::format("`{}`", markdown_cell(text));
}

std::string markdown_row(std::string const& path, Row const& row)
{
    auto const standard = default_of_row(row);
    return fmt::format("| `{}` | {} | {} | {} | {} |\n", path, markdown_cell(type_of_row(row)),
        row.note.is_required ? standard : code_cell(standard), code_cell(row.note.example),
        markdown_cell(row.note.help));
}

// ---- JSON Schema

void write_schema(json::Writer& out, Row const& row);

void write_section_schema(json::Writer& out, Row const& row)
{
    out.object().key("type").array().value("object").value("null").end_array();
    out.key("properties").object();
    for (auto const& each : row.rows)
        if (each.later.empty())
            write_schema(out.key(each.name), each);
    out.end_object();
    out.key("additionalProperties").value(false);
    out.key("required").array();
    for (auto const& each : row.rows)
        if (each.note.is_required)
            out.value(each.name);
    out.end_array().end_object();
}

void write_value_schema(json::Writer& out, Row const& row)
{
    out.object();
    if (!row.note.help.empty())
        out.key("description").value(row.note.help);
    if (!row.standard.empty())
        out.key("default").value(row.standard);
    out.key("anyOf").array();
    if (!row.choices.empty()) {
        out.object().key("enum").array();
        for (auto const each : row.choices)
            out.value(each);
        out.end_array().end_object();
    } else {
        if (row.type.ends_with("number"))
            out.object().key("type").value("integer").end_object();
        if (row.type == "on, off")
            out.object().key("type").value("boolean").end_object();
        out.object().key("type").value("string");
        if (!row.pattern.empty())
            out.key("pattern").value(row.pattern);
        out.end_object();
    }
    if (!row.choices.empty() || !row.pattern.empty())
        out.object().key("type").value("string").key("pattern").value("\\$\\{").end_object();
    out.end_array().end_object();
}

void write_list_schema(json::Writer& out, Row const& row)
{
    out.object().key("description").value(row.note.help);
    out.key("anyOf").array();
    out.object().key("type").value("array").key("items");
    write_schema(out, row.rows[0]);
    out.end_object();
    write_schema(out, row.rows[0]);
    out.end_array().end_object();
}

void write_named_schema(json::Writer& out, Row const& row)
{
    out.object().key("description").value(row.note.help);
    out.key("type").array().value("object").value("null").end_array();
    out.key("propertyNames").object();
    out.key("pattern").value("^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$").end_object();
    out.key("additionalProperties");
    write_schema(out, row.rows[0]);
    out.end_object();
}

void write_schema(json::Writer& out, Row const& row)
{
    if (row.name == "import") {
        write_list_schema(out, {.note = row.note, .rows = {{.type = "text"}}});
    } else if (row.form == Form::named) {
        write_named_schema(out, row);
    } else if (row.form == Form::list) {
        write_list_schema(out, row);
    } else if (row.form == Form::value) {
        write_value_schema(out, row);
    } else if (row.has_short_form) {
        out.object().key("anyOf").array();
        out.object().key("type").value("string").end_object();
        write_section_schema(out, row);
        out.end_array().end_object();
    } else {
        write_section_schema(out, row);
    }
}

} // namespace

std::string explain_text()
{
    std::string out;
    walk(table(), "", [&out](std::string const& path, Row const& row) {
        if (!row.later.empty())
            return;
        auto const standard = default_of_row(row);
        out.append(fmt::format("{}  ({}{}{})\n    {}\n", path, type_of_row(row),
            standard.empty() || row.note.is_required ? "" : ", default ",
            row.note.is_required ? ", required" : standard, row.note.help));
    });
    return out;
}

std::string reference_markdown()
{
    std::string out(introduction);
    std::vector<std::string> later;
    out.append(
        "\n## Keys\n\n| key | type | default | example | what it is |\n|---|---|---|---|---|\n");
    walk(table(), "", [&](std::string const& path, Row const& row) {
        if (row.later.empty())
            out.append(markdown_row(path, row));
        else
            later.push_back(fmt::format("- `{}`: {}\n", path, row.later));
    });
    out.append("\n## Known, not supported yet\n\nRefused at their place, never ignored.\n\n");
    for (auto const& each : later)
        out.append(each);
    return out;
}

std::string schema_json()
{
    std::string text;
    json::Writer out(text);
    out.object();
    out.key("$schema").value("https://json-schema.org/draft/2020-12/schema");
    out.key("title").value("gatehouse configuration");
    out.key("allOf").array();
    write_schema(out, table());
    out.end_array().end_object();
    return text;
}

} // namespace gatehouse::config
