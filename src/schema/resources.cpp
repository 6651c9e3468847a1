// SPDX-License-Identifier: Apache-2.0
#include "schema/resources.hpp"

#include "schema/meta_schemas.hpp"
#include "schema/pointer.hpp"
#include "schema/uri.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gatehouse::schema {
namespace {

std::optional<std::string_view> text_at(json::Node node, std::string_view keyword)
{
    auto const value = node.find(keyword);
    return value ? value->text() : std::nullopt;
}

std::optional<std::string_view> built_in(std::string_view uri)
{
    for (auto const& all : {meta_schemas_2020_12(), meta_schemas_draft_07()})
        for (auto const& each : all)
            if (each.uri == uri)
                return each.text;
    return std::nullopt;
}

} // namespace

Resources::Resources(Documents const& documents, Options const& options)
    : sources_(documents)
    , options_(options)
{ }

Complaint Resources::complain(Place const& place, std::string_view below, std::string message) const
{
    return {documents_[place.document].uri, place.pointer + std::string(below), std::move(message)};
}

Checked<json::Node> Resources::parse(std::string const& uri, std::string_view text)
{
    if (auto const known = parsed_.find(uri); known != parsed_.end())
        return documents_[known->second].root;
    auto& parser = parsers_.emplace_back();
    auto const root = parser.parse(text);
    if (!root)
        return std::unexpected(Complaint{uri, "", root.error().message});
    parsed_.emplace(uri, documents_.size());
    documents_.push_back({uri, *root});
    return *root;
}

// A document is found by what it calls itself, too. What else is in it is seen when it is read.
Checked<void> Resources::learn_names()
{
    if (std::exchange(has_learned_, true))
        return {};
    for (auto const& [uri, text] : sources_) {
        auto const root = GH_TRY(parse(uri, text));
        if (auto const id = text_at(root, "$id"))
            names_.emplace(cut_fragment(resolve_uri(uri, *id)).document, uri);
    }
    return {};
}

Checked<std::optional<std::uint32_t>> Resources::resource_of(std::string_view uri)
{
    if (auto const known = by_uri_.find(uri); known != by_uri_.end())
        return known->second;
    auto source = sources_.find(uri);
    if (source == sources_.end()) {
        auto const name = names_.find(uri);
        source = name == names_.end() ? sources_.end() : sources_.find(name->second);
    }
    if (source != sources_.end())
        return GH_TRY(load(source->first, source->second));
    if (auto const text = built_in(uri))
        return GH_TRY(load(std::string(uri), *text));
    return std::nullopt;
}

Checked<std::uint32_t> Resources::load(std::string const& uri, std::string_view text)
{
    auto const root = GH_TRY(parse(uri, text));
    auto const document = static_cast<std::uint32_t>(parsed_.find(uri)->second);
    auto const resource = resource_count();
    Place const place{document, "", resource, root};
    auto const inherited = *known_dialect(options_.draft == Draft::draft_07
            ? "http://json-schema.org/draft-07/schema"
            : "https://json-schema.org/draft/2020-12/schema");
    resources_.push_back({uri, place, inherited, {}});
    by_uri_.emplace(uri, resource);
    resources_[resource].dialect = GH_TRY(dialect_at(place, inherited));
    GH_CHECK(scan(place, true));
    return resource;
}

Checked<Dialect> Resources::dialect_at(Place const& place, Dialect const& inherited)
{
    auto const said = text_at(place.node, "$schema");
    if (!said)
        return inherited;
    return dialect_by(place, cut_fragment(*said).document);
}

// A meta-schema that is not ours has to be handed in; it says what it leaves out.
Checked<Dialect> Resources::dialect_by(Place const& place, std::string const& uri)
{
    if (auto const known = known_dialect(uri))
        return *known;
    auto source = sources_.find(uri);
    if (auto const name = names_.find(uri); source == sources_.end() && name != names_.end())
        source = sources_.find(name->second);
    if (source == sources_.end())
        return std::unexpected(complain(place, "/$schema",
            fmt::format("\"{}\" is not known; there are \"https://json-schema.org/draft/2020-12/"
                        "schema\", \"http://json-schema.org/draft-07/schema#\", and meta-schemas "
                        "that are handed in",
                uri)));
    auto const root = GH_TRY(parse(source->first, source->second));
    auto const vocabulary = root.find("$vocabulary");
    if (!vocabulary) {
        auto const base = text_at(root, "$schema");
        auto const known = base ? known_dialect(cut_fragment(*base).document) : std::nullopt;
        return known.value_or(Dialect{});
    }
    auto const dialect = dialect_of(*vocabulary);
    if (!dialect)
        return std::unexpected(complain(place, "/$schema",
            fmt::format("its meta-schema demands the vocabulary \"{}\", which is not known here",
                dialect.error())));
    return *dialect;
}

// Looks for identifiers in a schema and all below it.
Checked<void> Resources::scan(Place place, bool is_root)
{
    if (scanned_.contains(place.key()))
        return {};
    if (place.node.kind() == json::Kind::object)
        GH_CHECK(enter_resource(place, is_root));
    scanned_.emplace(place.key(), place.resource);
    if (place.node.kind() != json::Kind::object)
        return {};

    std::optional<Complaint> complaint;
    each_subschema(place.node, resources_[place.resource].dialect,
        [&](std::string const& pointer, json::Node node) {
            if (complaint)
                return;
            auto const scanned
                = scan({place.document, place.pointer + pointer, place.resource, node}, false);
            if (!scanned)
                complaint = scanned.error();
        });
    if (complaint)
        return std::unexpected(*std::move(complaint));
    return {};
}

Checked<void> Resources::enter_resource(Place& place, bool is_root)
{
    bool const is_draft_07 = resources_[place.resource].dialect.draft == Draft::draft_07;
    // In draft-07 nothing beside "$ref" means anything.
    auto const id
        = is_draft_07 && place.node.find("$ref") ? std::nullopt : text_at(place.node, "$id");
    if (id && is_draft_07 && id->starts_with("#") && id->size() > 1)
        return note_anchor(place, "$id", false);
    if (id && *id != "#") {
        auto const located = cut_fragment(resolve_uri(resources_[place.resource].uri, *id));
        if (!located.fragment.empty())
            return std::unexpected(complain(
                place, "/$id", "an \"$id\" has no fragment; name the part by \"$anchor\""));
        auto const known = by_uri_.find(located.document);
        bool const is_taken
            = known != by_uri_.end() && resources_[known->second].root.key() != place.key();
        if (is_taken)
            return std::unexpected(complain(place, "/$id",
                fmt::format("\"{}\" is the name of another schema, too", located.document)));
        if (is_root) {
            resources_[place.resource].uri = located.document;
        } else {
            auto const inherited = resources_[place.resource].dialect;
            auto const dialect = GH_TRY(dialect_at(place, inherited));
            place.resource = resource_count();
            resources_.push_back({located.document, place, dialect, {}});
        }
        by_uri_.emplace(located.document, place.resource);
    }
    if (is_draft_07)
        return {};
    GH_CHECK(note_anchor(place, "$anchor", false));
    return note_anchor(place, "$dynamicAnchor", true);
}

Checked<void> Resources::note_anchor(Place const& place, std::string_view keyword, bool is_dynamic)
{
    auto name = text_at(place.node, keyword);
    if (!name)
        return {};
    if (name->starts_with("#"))
        name->remove_prefix(1);
    auto& anchors = resources_[place.resource].anchors;
    auto const [at, is_new] = anchors.emplace(*name, Anchor{place, is_dynamic});
    if (!is_new && at->second.place.key() != place.key())
        return std::unexpected(complain(place, "/" + std::string(keyword),
            fmt::format("\"{}\" is at {}, too; anchors of one resource need names of their own",
                *name, at->second.place.pointer)));
    at->second.is_dynamic |= is_dynamic;
    return {};
}

std::optional<Place> Resources::walk(std::uint32_t resource, std::string_view pointer) const
{
    auto place = resources_[resource].root;
    while (auto const segment = take_segment(pointer)) {
        auto const node = child(place.node, *segment);
        if (!node)
            return std::nullopt;
        append_segment(place.pointer, *segment);
        place.node = *node;
        // An "$id" on the way begins another resource.
        if (auto const known = scanned_.find(place.key()); known != scanned_.end())
            place.resource = known->second;
    }
    return pointer.empty() ? std::optional(place) : std::nullopt;
}

Place Resources::below(Place const& place, std::string_view pointer, json::Node node) const
{
    Place inner{place.document, place.pointer + std::string(pointer), place.resource, node};
    if (auto const known = scanned_.find(inner.key()); known != scanned_.end())
        inner.resource = known->second;
    return inner;
}

Checked<Place> Resources::find(std::string_view uri)
{
    GH_CHECK(learn_names());
    auto const located = cut_fragment(uri);
    auto const wrong = [&](std::string message) {
        return std::unexpected(Complaint{located.document, located.fragment, std::move(message)});
    };
    auto const resource = GH_TRY(resource_of(located.document));
    if (!resource)
        return wrong("there is no such document; hand it in under that URI");
    auto place = resources_[*resource].root;
    if (located.fragment.starts_with("/")) {
        auto const walked = walk(*resource, located.fragment);
        if (!walked)
            return wrong("there is nothing at that pointer");
        place = *walked;
    } else if (!located.fragment.empty()) {
        auto const& anchors = resources_[*resource].anchors;
        auto const anchor = anchors.find(located.fragment);
        if (anchor == anchors.end())
            return wrong(fmt::format("no \"$anchor\" there is called \"{}\"", located.fragment));
        place = anchor->second.place;
    }
    GH_CHECK(scan(place, false)); // Where no keyword leads to: a part of an OpenAPI document.
    place.resource = scanned_.at(place.key());
    return place;
}

Checked<Place> Resources::resolve(
    Place const& from, std::string_view keyword, std::string_view reference)
{
    auto const uri = resolve_uri(resources_[from.resource].uri, reference);
    auto found = find(uri);
    if (found)
        return found;
    auto const located = cut_fragment(uri);
    auto const& missed = found.error();
    bool const is_ours = missed.document == located.document && missed.pointer == located.fragment;
    bool const is_absent = is_ours && !by_uri_.contains(located.document);
    if (!is_ours)
        return found; // Something is wrong in what it leads to.
    return std::unexpected(complain(from, "/" + std::string(keyword),
        is_absent ? fmt::format(
            "\"{}\" leads to \"{}\", which was not handed in, and nothing is fetched; "
            "add that document",
            reference, located.document)
                  : fmt::format("\"{}\" leads nowhere: {}", reference, missed.message)));
}

std::optional<Place> Resources::dynamic_anchor(std::uint32_t resource, std::string_view name) const
{
    auto const& anchors = resources_[resource].anchors;
    auto const anchor = anchors.find(name);
    if (anchor == anchors.end() || !anchor->second.is_dynamic)
        return std::nullopt;
    return anchor->second.place;
}

bool Resources::is_dynamic(Place const& place, std::string_view name) const
{
    auto const anchor = dynamic_anchor(place.resource, name);
    return anchor && anchor->key() == place.key();
}

std::vector<json::Parser> Resources::take_documents()
{
    return std::move(parsers_);
}

} // namespace gatehouse::schema
