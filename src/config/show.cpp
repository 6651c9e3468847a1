// SPDX-License-Identifier: Apache-2.0
#include "config/show.hpp"

#include "base/json_writer.hpp"
#include "config/document.hpp"
#include "config/keys.hpp"
#include "config/node_json.hpp"
#include "config/values.hpp"

#include <fmt/format.h>

namespace gatehouse::config {
namespace {

template <typename T> Node to_node(T const& value);

// A section's rows as members. What is empty is left out: it reads back as empty.
struct Members {
    Node& map;

    template <typename T> void operator()(std::string_view name, T const& member, Note const&)
    {
        auto node = to_node(member);
        if (node.kind == Node::Kind::null)
            return;
        node.key = name;
        map.children.push_back(std::move(node));
    }
    void later(std::string_view, std::string_view) { }
    void elsewhere(std::string_view, std::string_view, Note const&) { }
    void split(std::string_view) { }
};

Node text_node(std::string text)
{
    return {.kind = text.empty() ? Node::Kind::null : Node::Kind::scalar, .text = std::move(text)};
}

template <typename T> Node section_node(T const& value)
{
    if constexpr (HasShortForm<T>)
        if (auto text = write_short(value))
            return text_node(*std::move(text));
    Node node {.kind = Node::Kind::map};
    Keys<T>::each(value, Members {node});
    return node;
}

template <typename T> Node to_node(T const& value)
{
    if constexpr (is_optional<T>) {
        return value ? to_node(*value) : Node {};
    } else if constexpr (is_named<T>) {
        Node node {.kind = value.empty() ? Node::Kind::null : Node::Kind::map};
        for (auto const& [name, each] : value)
            node.children.emplace_back(to_node(each)).key = name;
        return node;
    } else if constexpr (is_list<T>) {
        Node node {.kind = value.empty() ? Node::Kind::null : Node::Kind::list};
        for (auto const& each : value)
            node.children.push_back(to_node(each));
        return node;
    } else if constexpr (Section<T>) {
        return section_node(value);
    } else {
        auto node = text_node(write_value(value));
        node.is_bare = std::same_as<T, bool> || std::same_as<T, int>;
        return node;
    }
}

// Double-quoted, which any text survives; a `$` is doubled, since `${` would be expanded.
std::string yaml_text(Node const& node)
{
    if (node.is_bare)
        return node.text;
    std::string escaped;
    for (auto const c : node.text)
        escaped.append(c == '$' ? 2 : 1, c);
    std::string out;
    json::append_quoted(out, escaped);
    return out;
}

bool is_flat(Node const& node)
{
    if (node.kind == Node::Kind::list)
        for (auto const& child : node.children)
            if (child.kind != Node::Kind::scalar)
                return false;
    return node.kind != Node::Kind::map || node.children.empty();
}

class YamlWriter {
public:
    explicit YamlWriter(Origins const& origins)
        : origins_(origins)
    { }

    // Writes the members or elements; `lead` stands before the first line in place of its indent.
    void write(Node const& node, std::string const& pointer, std::size_t indent, std::string lead)
    {
        for (std::size_t i = 0; i < node.children.size(); i++) {
            auto const& child = node.children[i];
            if (i > 0 || lead.empty())
                lead.assign(indent, ' ');
            if (node.kind == Node::Kind::list)
                write_child(child, fmt::format("{}/{}", pointer, i), indent, lead + "- ", true);
            else
                write_child(child, member_pointer(pointer, child.key), indent,
                    fmt::format("{}{}:", lead, child.key), false);
        }
    }

    std::string take() { return std::move(out_); }

private:
    void write_child(Node const& child, std::string const& pointer, std::size_t indent,
        std::string line, bool is_element)
    {
        if (is_flat(child)) {
            line.append(is_element ? "" : " ").append(flat(child));
            auto const found = origins_.find(pointer);
            auto const from = found == origins_.end() ? "default" : found->second.text();
            out_.append(fmt::format("{:<50} # {}\n", line, from));
        } else if (is_element) {
            write(child, pointer, indent + 2, std::move(line));
        } else {
            out_.append(line).append("\n");
            write(child, pointer, indent + 2, {});
        }
    }

    static std::string flat(Node const& node)
    {
        if (node.kind == Node::Kind::map)
            return "{}";
        if (node.kind == Node::Kind::scalar)
            return yaml_text(node);
        std::string out = "[";
        for (auto const& child : node.children)
            out.append(out.size() > 1 ? ", " : "").append(yaml_text(child));
        return out + "]";
    }

    Origins const& origins_;
    std::string out_;
};

} // namespace

std::string show_yaml(Loaded const& loaded)
{
    YamlWriter writer(loaded.origins);
    writer.write(to_node(loaded.settings), "", 0, {});
    return writer.take();
}

std::string show_json(Loaded const& loaded)
{
    std::string text;
    json::Writer out(text);
    out.object().key("settings");
    write_json(out, to_node(loaded.settings));
    out.key("from").object();
    for (auto const& [pointer, place] : loaded.origins)
        out.key(pointer).value(place.text());
    out.end_object().end_object();
    return text;
}

} // namespace gatehouse::config
