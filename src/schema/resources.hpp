// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/dialect.hpp"
#include "schema/schema.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::schema {

// A schema as it stands in a document.
struct Place {
    std::uint32_t document = 0;
    std::string pointer; // From the root of the document.
    std::uint32_t resource = 0;
    json::Node node;

    using Key = std::pair<std::uint32_t, std::string>;
    [[nodiscard]] Key key() const { return {document, pointer}; }
};

// The documents, cut into what JSON Schema calls resources (2020-12 core §4.3.5): each with a URI,
// a dialect, and anchors. A document is read when something refers to it; nothing is fetched.
class Resources {
public:
    Resources(Documents const& documents, Options const& options);

    // Reads what was handed in. The schema of `uri`, which may have a fragment.
    [[nodiscard]] Checked<Place> find(std::string_view uri);
    // What `reference` means at that place. Complaints are of the keyword that has the reference.
    [[nodiscard]] Checked<Place> resolve(
        Place const& from, std::string_view keyword, std::string_view reference);
    // What stands below that place, itself a schema: "/properties/a".
    [[nodiscard]] Place below(Place const& place, std::string_view pointer, json::Node node) const;

    [[nodiscard]] Dialect const& dialect(std::uint32_t resource) const
    {
        return resources_[resource].dialect;
    }
    [[nodiscard]] std::uint32_t resource_count() const
    {
        return static_cast<std::uint32_t>(resources_.size());
    }
    // The schema that bears this `$dynamicAnchor`.
    [[nodiscard]] std::optional<Place> dynamic_anchor(
        std::uint32_t resource, std::string_view name) const;
    [[nodiscard]] bool is_dynamic(Place const& place, std::string_view name) const;
    [[nodiscard]] Complaint complain(
        Place const& place, std::string_view below, std::string message) const;
    // Hands the parsed documents over: nodes live as long as these do.
    [[nodiscard]] std::vector<json::Parser> take_documents();

private:
    struct Document {
        std::string uri;
        json::Node root;
    };
    struct Anchor {
        Place place;
        bool is_dynamic = false;
    };
    struct Resource {
        std::string uri;
        Place root;
        Dialect dialect;
        std::map<std::string, Anchor, std::less<>> anchors;
    };

    Checked<void> learn_names();
    Checked<json::Node> parse(std::string const& uri, std::string_view text);
    Checked<std::optional<std::uint32_t>> resource_of(std::string_view uri);
    Checked<std::uint32_t> load(std::string const& uri, std::string_view text);
    Checked<void> scan(Place place, bool is_root);
    Checked<void> enter_resource(Place& place, bool is_root);
    Checked<void> note_anchor(Place const& place, std::string_view keyword, bool is_dynamic);
    Checked<Dialect> dialect_at(Place const& place, Dialect const& inherited);
    Checked<Dialect> dialect_by(Place const& place, std::string const& uri);
    std::optional<Place> walk(std::uint32_t resource, std::string_view pointer) const;

    Documents const& sources_;
    Options const& options_;
    std::map<std::string, std::string, std::less<>> names_;  // "$id" of a document, its source.
    std::map<std::string, std::size_t, std::less<>> parsed_; // URI, index of the document.
    std::vector<json::Parser> parsers_;
    std::deque<Document> documents_;
    std::deque<Resource> resources_; // Who looks at one may meet another: they stay where they are.
    std::map<std::string, std::uint32_t, std::less<>> by_uri_;
    std::map<Place::Key, std::uint32_t> scanned_; // Schemas that were looked into: their resource.
    bool has_learned_ = false;
};

} // namespace gatehouse::schema
