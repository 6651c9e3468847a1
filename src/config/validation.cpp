// SPDX-License-Identifier: Apache-2.0
#include "config/validation.hpp"

#include "base/json.hpp"
#include "config/document.hpp"
#include "config/json_places.hpp"
#include "config/node_json.hpp"
#include "schema/pointer.hpp"
#include "schema/uri.hpp"

#include <deque>
#include <fmt/format.h>
#include <vector>

namespace gatehouse::config {
namespace {

bool is_yaml(std::string_view path)
{
    return path.ends_with(".yaml") || path.ends_with(".yml");
}

// The text as JSON; a file that is no YAML has the problem that its reading found.
std::expected<std::string, Problem> json_of(std::string const& path, std::string const& text)
{
    if (!is_yaml(path))
        return text;
    Problems problems;
    auto const node = parse_data(path, text, problems);
    if (!problems.empty())
        return std::unexpected(problems.kept().front());
    std::string out;
    json::Writer writer(out);
    write_json(writer, *node);
    return out;
}

// All that the values of "$ref" name. More than there is, maybe: an example may look like one.
void collect_references(json::Node node, std::vector<std::string>& all)
{
    node.each_element([&all](json::Node element) {
        collect_references(element, all);
        return true;
    });
    node.each_member([&all](std::string_view key, json::Node member) {
        if (auto const text = member.text(); text && key == "$ref")
            all.emplace_back(*text);
        collect_references(member, all);
        return true;
    });
}

// The files that a document refers to.
std::vector<std::string> files_referred_to(std::string const& path, std::string_view json)
{
    json::Parser parser;
    auto const root = parser.parse(json);
    std::vector<std::string> references;
    if (root)
        collect_references(*root, references);
    std::vector<std::string> files;
    for (auto const& each : references) {
        auto const parts = schema::split_uri(each);
        if (!parts.scheme && !parts.authority && !parts.path.empty())
            files.push_back(schema::cut_fragment(schema::resolve_uri(path, each)).document);
    }
    return files;
}

// Its path is its name, as "$ref" knows it.
Wrong refuse_name(std::string_view path)
{
    if (path.find_first_of("#?%") == path.npos)
        return std::nullopt;
    return fmt::format(
        "{} cannot be referred to: the path of a schema has no #, ? or %", quote(path));
}

// A file that is to be read.
struct Wanted {
    std::string path;
    bool is_named; // In the configuration: it has to be there.
};

} // namespace

Wrong read_schema_files(Validate& validate, Surroundings const& around)
{
    std::deque<Wanted> wanted;
    for (auto const* const path : {&validate.body, &validate.openapi})
        if (!path->text.empty())
            wanted.push_back({path->text, true});
    for (auto const& path : validate.with)
        wanted.push_back({path.text, true});
    std::size_t bytes = 0;
    for (; !wanted.empty(); wanted.pop_front()) {
        auto const& [path, is_named] = wanted.front();
        if (validate.texts.contains(path))
            continue;
        if (is_named)
            if (auto wrong = refuse_name(path))
                return wrong;
        auto text = around.read_file(path);
        if (!text && is_named)
            return fmt::format("the file {} can't be read", quote(path));
        if (!text)
            continue; // Whoever needs it will complain.
        bytes += text->size();
        if (validate.texts.size() == schema_files_max || bytes > schema_text_max)
            return fmt::format("leads to more than {} files, or {} MiB", schema_files_max,
                schema_text_max / 1024 / 1024);
        if (auto const json = json_of(path, *text))
            for (auto& each : files_referred_to(path, *json))
                wanted.push_back({std::move(each), false});
        validate.texts.emplace(path, *std::move(text));
    }
    return std::nullopt;
}

schema::Checked<CompiledValidation> compile(Validate const& validate)
{
    schema::Documents documents;
    for (auto const& [path, text] : validate.texts) {
        auto json = json_of(path, text);
        if (!json)
            return std::unexpected(
                schema::Complaint{path, json.error().pointer, json.error().message});
        documents.emplace(path, *std::move(json));
    }
    schema::Options const options{.asserts_format = validate.formats};
    CompiledValidation compiled;
    if (!validate.body.text.empty())
        compiled.body = GH_TRY(schema::compile(documents, validate.body.text, options));
    else
        compiled.api = GH_TRY(schema::read_openapi(documents, validate.openapi.text, options));
    return compiled;
}

namespace {

// Of a value in YAML, or else of the last one on the way there.
Place place_in_yaml(std::string const& path, std::string_view text, std::string_view pointer)
{
    Problems problems;
    auto const root = parse_data(path, text, problems);
    if (!problems.empty())
        return problems.kept().front().place;
    auto const* node = &*root;
    while (auto const segment = schema::take_segment(pointer)) {
        Node const* below = node->find(*segment);
        for (std::size_t i = 0; node->kind == Node::Kind::list && i < node->children.size(); i++)
            if (*segment == std::to_string(i))
                below = &node->children[i];
        if (below == nullptr)
            break;
        node = below;
    }
    return node->place;
}

} // namespace

std::optional<Place> place_of(Validate const& validate, schema::Complaint const& complaint)
{
    auto const found = validate.texts.find(complaint.document);
    if (found == validate.texts.end())
        return std::nullopt;
    auto const& [path, text] = *found;
    return is_yaml(path) ? place_in_yaml(path, text, complaint.pointer)
                         : place_in_json(path, text, complaint.pointer);
}

} // namespace gatehouse::config
