// SPDX-License-Identifier: Apache-2.0
#include "schema/openapi_read.hpp"

#include "schema/dialect.hpp"
#include "schema/kinds.hpp"
#include "schema/pointer.hpp"
#include "schema/uri.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::schema {
namespace {

constexpr std::array<std::string_view, 8> methods{
    "get", "put", "post", "delete", "options", "head", "patch", "trace"};
constexpr int references_max = 16; // One behind the other.

std::string capital_letters(std::string_view text)
{
    std::string out(text);
    for (auto& c : out)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return out;
}

std::string small_letters(std::string_view text)
{
    std::string out(text);
    for (auto& c : out)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

// A URI with that pointer as its fragment: what would be read as an escape is escaped.
std::string uri_of(std::string const& document, std::string_view pointer)
{
    auto uri = document + "#";
    for (auto const c : pointer)
        if (c == '%')
            uri.append("%25");
        else
            uri.push_back(c);
    return uri;
}

bool is_json_type(std::string_view media_type)
{
    return media_type == "application/json" || media_type.ends_with("+json");
}

// "/a/{b}/{c}.{d}": variables have a name, end in their segment, and do not touch each other.
bool is_path_template(std::string_view path)
{
    while (true) {
        auto const open = path.find_first_of("{}");
        if (open == path.npos)
            return true;
        auto const end = path.find_first_of("{}/", open + 1);
        bool const is_variable = path[open] == '{' && end != path.npos && path[end] == '}';
        if (!is_variable || end == open + 1 || path.substr(end + 1).starts_with('{'))
            return false;
        path.remove_prefix(end + 1);
    }
}

} // namespace

OpenApiReader::OpenApiReader(Documents const& documents, std::string_view uri, Options options)
    : documents_(documents)
    , uri_(uri)
    , options_(options)
{ }

std::unexpected<Complaint> OpenApiReader::wrong(
    Spot const& spot, std::string_view below, std::string message) const
{
    return std::unexpected(
        Complaint{spot.document, spot.pointer + std::string(below), std::move(message)});
}

Checked<OpenApiReader::Spot> OpenApiReader::open(std::string const& uri)
{
    if (auto const known = roots_.find(uri); known != roots_.end())
        return Spot{uri, "", known->second};
    auto const source = documents_.find(uri);
    if (source == documents_.end())
        return std::unexpected(
            Complaint{uri, "", "was not handed in, and nothing is fetched; add that document"});
    auto const root = parsers_[uri].parse(source->second);
    if (!root)
        return std::unexpected(Complaint{uri, "", root.error().message});
    roots_.emplace(uri, *root);
    return Spot{uri, "", *root};
}

Checked<OpenApiReader::Spot> OpenApiReader::part(
    Spot const& spot, std::string_view key, json::Kind kind) const
{
    auto const found = GH_TRY(optional_part(spot, key, kind));
    if (!found)
        return wrong(spot, "", fmt::format("must have \"{}\"", key));
    return *found;
}

Checked<std::optional<OpenApiReader::Spot>> OpenApiReader::optional_part(
    Spot const& spot, std::string_view key, json::Kind kind) const
{
    auto const node = spot.node.find(key);
    if (!node)
        return std::nullopt;
    Spot found{spot.document, spot.pointer, *node};
    append_segment(found.pointer, key);
    if (node->kind() != kind)
        return wrong(
            found, "", fmt::format("must be {}; is {}", name_of(kind), name_of(node->kind())));
    return found;
}

Checked<std::string> OpenApiReader::text(Spot const& spot, std::string_view key) const
{
    auto const found = GH_TRY(part(spot, key, json::Kind::text));
    return std::string(*found.node.text());
}

Checked<OpenApiReader::Spot> OpenApiReader::followed(Spot spot)
{
    for (int count = 0; count < references_max; count++) {
        auto const reference = GH_TRY(optional_part(spot, "$ref", json::Kind::text));
        if (!reference)
            return spot;
        auto const target = *reference->node.text();
        auto const located = cut_fragment(resolve_uri(spot.document, target));
        auto const root = open(located.document);
        if (!root)
            return wrong(*reference, "",
                fmt::format("\"{}\": {} {}", target, located.document, root.error().message));
        auto const node = node_at(root->node, located.fragment);
        if (!node)
            return wrong(*reference, "",
                fmt::format("\"{}\" leads nowhere: there is nothing at that pointer", target));
        spot = {located.document, located.fragment, *node};
    }
    return wrong(
        spot, "/$ref", fmt::format("more than {} references one behind the other", references_max));
}

Checked<void> OpenApiReader::check_version(Spot const& root)
{
    auto const version = GH_TRY(text(root, "openapi"));
    if (!version.starts_with("3.1."))
        return wrong(root, "/openapi",
            fmt::format(
                "is \"{}\"; only 3.1 is read, whose schemas are JSON Schema 2020-12: convert "
                "the document",
                version));
    auto const said = GH_TRY(optional_part(root, "jsonSchemaDialect", json::Kind::text));
    if (!said)
        return {};
    auto const dialect = known_dialect(cut_fragment(*said->node.text()).document);
    if (!dialect)
        return wrong(*said, "",
            fmt::format("\"{}\" is not known; there are 2020-12, draft-07 and OpenAPI's own",
                *said->node.text()));
    options_.draft = dialect->draft;
    return {};
}

Checked<std::shared_ptr<Api const>> OpenApiReader::read()
{
    auto const root = GH_TRY(open(uri_));
    if (root.node.kind() != json::Kind::object)
        return wrong(root, "", "must be an object, with \"openapi\" and \"paths\"");
    GH_CHECK(check_version(root));
    auto const paths = GH_TRY(optional_part(root, "paths", json::Kind::object));
    std::vector<std::pair<std::string, json::Node>> items;
    if (paths)
        paths->node.each_member([&items](std::string_view path, json::Node item) {
            items.emplace_back(path, item);
            return true;
        });
    for (auto const& [path, node] : items) {
        Spot spot{uri_, paths->pointer, node};
        append_segment(spot.pointer, path);
        if (path.starts_with("x-"))
            continue;
        if (!path.starts_with("/"))
            return wrong(spot, "", "a path begins with \"/\"");
        if (!is_path_template(path))
            return wrong(spot, "",
                "a variable of a path is {name}, within one segment, with a letter or more between "
                "two of them");
        if (node.kind() != json::Kind::object)
            return wrong(spot, "", "must be an object of operations");
        auto const item = GH_TRY(followed(spot));
        GH_CHECK(path_item(path, item));
    }
    return compiled();
}

Checked<void> OpenApiReader::path_item(std::string const& path, Spot const& spot)
{
    std::vector<DraftParameter> common;
    GH_CHECK(parameters(spot, common));
    for (auto const method : methods)
        if (auto const found = GH_TRY(optional_part(spot, method, json::Kind::object)))
            GH_CHECK(operation(path, method, *found, common));
    return {};
}

Checked<void> OpenApiReader::operation(std::string const& path, std::string_view method,
    Spot const& spot, std::vector<DraftParameter> all)
{
    if (operations_.size() >= Api::operations_max)
        return wrong(spot, "",
            fmt::format("more than {} operations; cut the document", Api::operations_max));
    GH_CHECK(parameters(spot, all));
    Draft draft;
    draft.operation.method = capital_letters(method);
    draft.operation.path = path;
    if (auto const id = GH_TRY(optional_part(spot, "operationId", json::Kind::text)))
        draft.operation.id = *id->node.text();
    for (auto& each : all) {
        draft.operation.parameters.push_back(std::move(each.parameter));
        draft.parameters.push_back(each.schema);
    }
    GH_CHECK(bodies(spot, draft));
    operations_.push_back(std::move(draft));
    return {};
}

Checked<void> OpenApiReader::parameters(Spot const& spot, std::vector<DraftParameter>& all)
{
    auto const list = GH_TRY(optional_part(spot, "parameters", json::Kind::array));
    if (!list)
        return {};
    std::vector<json::Node> nodes;
    list->node.each_element([&nodes](json::Node node) {
        nodes.push_back(node);
        return true;
    });
    for (std::size_t at = 0; at < nodes.size(); at++) {
        Spot const element{list->document, list->pointer + "/" + std::to_string(at), nodes[at]};
        auto const target = GH_TRY(followed(element));
        auto draft = GH_TRY(parameter(target));
        auto const& name = draft.parameter.name;
        bool const is_header = draft.parameter.in == Parameter::In::header;
        // OpenAPI 3.1 §4.8.12.2: these are said elsewhere.
        if (is_header && (name == "accept" || name == "content-type" || name == "authorization"))
            continue;
        std::erase_if(all, [&](DraftParameter const& other) {
            return other.parameter.name == name && other.parameter.in == draft.parameter.in;
        });
        all.push_back(std::move(draft));
    }
    return {};
}

Checked<OpenApiReader::DraftParameter> OpenApiReader::parameter(Spot const& spot)
{
    if (spot.node.kind() != json::Kind::object)
        return wrong(spot, "", "must be an object with \"name\" and \"in\"");
    DraftParameter draft{};
    auto const in = GH_TRY(text(spot, "in"));
    static constexpr std::array<std::string_view, 4> places{"path", "query", "header", "cookie"};
    auto const place = std::ranges::find(places, in);
    if (place == places.end())
        return wrong(spot, "/in",
            fmt::format("\"{}\" is not known; there are path, query, header and cookie", in));
    draft.parameter.in = static_cast<Parameter::In>(place - places.begin());
    auto const name = GH_TRY(text(spot, "name"));
    draft.parameter.name = draft.parameter.in == Parameter::In::header ? small_letters(name) : name;
    if (auto const required = GH_TRY(optional_part(spot, "required", json::Kind::boolean)))
        draft.parameter.is_required = *required->node.boolean();
    if (draft.parameter.in == Parameter::In::path && !draft.parameter.is_required)
        return wrong(spot, "", "what is in the path is always there: add \"required\": true");

    if (auto const content = GH_TRY(optional_part(spot, "content", json::Kind::object)))
        GH_CHECK(parameter_content(*content, draft));
    else if (auto const node = spot.node.find("schema"))
        GH_CHECK(parameter_schema(spot, {spot.document, spot.pointer + "/schema", *node}, draft));
    return draft;
}

Checked<void> OpenApiReader::parameter_content(Spot const& content, DraftParameter& draft)
{
    std::vector<std::pair<std::string, json::Node>> types;
    content.node.each_member([&types](std::string_view type, json::Node node) {
        types.emplace_back(type, node);
        return true;
    });
    if (types.size() != 1)
        return wrong(content, "", "must have exactly one media type");
    auto const& [type, node] = types.front();
    draft.parameter.reading.shape
        = is_json_type(small_letters(type)) ? Reading::Shape::json : Reading::Shape::text;
    Spot media{content.document, content.pointer, node};
    append_segment(media.pointer, type);
    if (auto const schema = node.find("schema"))
        draft.schema = note_schema({media.document, media.pointer + "/schema", *schema});
    return {};
}

Checked<void> OpenApiReader::parameter_schema(
    Spot const& spot, Spot const& schema, DraftParameter& draft)
{
    draft.schema = note_schema(schema);
    draft.parameter.reading = GH_TRY(reading_of(spot, schema, draft.parameter));
    return {};
}

// OpenAPI 3.1 §4.8.12.2.1, styles. Those that spread an object over several names are not read.
Checked<Reading> OpenApiReader::reading_of(
    Spot const& spot, Spot const& schema, Parameter const& parameter)
{
    bool const is_form
        = parameter.in == Parameter::In::query || parameter.in == Parameter::In::cookie;
    auto const said = GH_TRY(optional_part(spot, "style", json::Kind::text));
    auto const style = said ? *said->node.text() : is_form ? "form" : "simple";
    auto const explode_said = GH_TRY(optional_part(spot, "explode", json::Kind::boolean));
    bool const explodes = explode_said ? *explode_said->node.boolean() : style == "form";

    auto const types = types_of(schema);
    auto const has = [](std::vector<std::string> const& all, std::string_view type) {
        return std::ranges::find(all, type) != all.end();
    };
    auto const is_literal
        = [&](std::vector<std::string> const& all) { return !all.empty() && !has(all, "string"); };
    if (has(types, "object"))
        return wrong(schema, "",
            "an object is not read from a parameter; give it as \"content\" of application/json");
    Reading reading{};
    reading.is_list = has(types, "array");
    if (!reading.is_list) {
        reading.shape = is_literal(types) ? Reading::Shape::literal : Reading::Shape::text;
        return reading;
    }
    if (style == "form" || style == "simple")
        reading.separator = style == "form" && explodes ? '\0' : ',';
    else if (style == "spaceDelimited" || style == "pipeDelimited")
        reading.separator = explodes ? '\0' : style == "pipeDelimited" ? '|' : ' ';
    else
        return wrong(spot, "/style",
            fmt::format("\"{}\" is not read; there are form, simple, spaceDelimited and "
                        "pipeDelimited",
                style));
    auto const array = GH_TRY(followed(schema));
    auto const items = array.node.find("items");
    if (items && is_literal(types_of({array.document, array.pointer + "/items", *items})))
        reading.shape = Reading::Shape::literal;
    return reading;
}

// None where `type` is not said, or not right where a reference leads.
std::vector<std::string> OpenApiReader::types_of(Spot const& schema)
{
    auto const target = followed(schema);
    std::vector<std::string> types;
    auto const type = target ? target->node.find("type") : std::nullopt;
    if (type && type->text())
        types.emplace_back(*type->text());
    if (type)
        type->each_element([&types](json::Node each) {
            types.emplace_back(each.text().value_or(""));
            return true;
        });
    return types;
}

Checked<void> OpenApiReader::bodies(Spot const& spot, Draft& draft)
{
    auto const found = GH_TRY(optional_part(spot, "requestBody", json::Kind::object));
    if (!found)
        return {};
    auto const body = GH_TRY(followed(*found));
    draft.operation.takes_body = true;
    if (auto const required = GH_TRY(optional_part(body, "required", json::Kind::boolean)))
        draft.operation.needs_body = *required->node.boolean();
    auto const content = GH_TRY(part(body, "content", json::Kind::object));
    std::vector<std::pair<std::string, json::Node>> types;
    content.node.each_member([&types](std::string_view type, json::Node node) {
        types.emplace_back(type, node);
        return true;
    });
    for (auto const& [type, node] : types) {
        Spot media{content.document, content.pointer, node};
        append_segment(media.pointer, type);
        auto const schema = node.find("schema");
        auto const plain = std::string_view(type).substr(0, type.find(';'));
        draft.operation.bodies.push_back({small_letters(plain), nullptr});
        draft.bodies.push_back(schema
                ? Number(note_schema({media.document, media.pointer + "/schema", *schema}))
                : std::nullopt);
    }
    return {};
}

std::size_t OpenApiReader::note_schema(Spot const& schema)
{
    schemas_.push_back(uri_of(schema.document, schema.pointer));
    return schemas_.size() - 1;
}

Checked<std::shared_ptr<Api const>> OpenApiReader::compiled()
{
    auto const schemas = GH_TRY(compile_all(documents_, schemas_, options_));
    std::vector<Operation> operations;
    for (auto& draft : operations_) {
        auto& operation = operations.emplace_back(std::move(draft.operation));
        for (std::size_t at = 0; at < draft.parameters.size(); at++)
            if (auto const number = draft.parameters[at])
                operation.parameters[at].schema = schemas[*number];
        for (std::size_t at = 0; at < draft.bodies.size(); at++)
            if (auto const number = draft.bodies[at])
                operation.bodies[at].schema = schemas[*number];
    }
    return std::make_shared<Api const>(std::move(operations));
}

Checked<std::shared_ptr<Api const>> read_openapi(
    Documents const& documents, std::string_view uri, Options options)
{
    return OpenApiReader(documents, uri, options).read();
}

} // namespace gatehouse::schema
