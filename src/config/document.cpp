// SPDX-License-Identifier: Apache-2.0
#include "config/document.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <exception>
#include <fmt/format.h>
#include <map>
#include <sstream>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace gatehouse::config {
namespace {

constexpr std::size_t key_size_max = 256;

bool is_variable_name(std::string_view name)
{
    constexpr std::string_view letters
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return !name.empty() && (name[0] < '0' || name[0] > '9')
        && name.find_first_not_of(letters) == std::string_view::npos;
}

// How many documents a text holds, up to two. YAML::Load would drop all but the first unseen, and
// YAML::LoadAll never ends on text that begins like ",": the parser answers empty documents for
// ever.
struct DocumentCounter final : YAML::EventHandler {
    int seen = 0;
    std::optional<YAML::Mark> second {};

    void count(std::string_view text)
    {
        std::istringstream stream {std::string(text)};
        YAML::Parser parser(stream);
        while (!second && parser.HandleNextDocument(*this)) { }
    }

    void OnDocumentStart(YAML::Mark const& mark) override
    {
        if (++seen == 2)
            second = mark;
    }
    void OnDocumentEnd() override { }
    void OnNull(YAML::Mark const&, YAML::anchor_t) override { }
    void OnAlias(YAML::Mark const&, YAML::anchor_t) override { }
    void OnScalar(
        YAML::Mark const&, std::string const&, YAML::anchor_t, std::string const&) override
    { }
    void OnSequenceStart(YAML::Mark const&, std::string const&, YAML::anchor_t,
        YAML::EmitterStyle::value) override
    { }
    void OnSequenceEnd() override { }
    void OnMapStart(YAML::Mark const&, std::string const&, YAML::anchor_t,
        YAML::EmitterStyle::value) override
    { }
    void OnMapEnd() override { }
};

bool is_indented_by_tab(std::string_view text, int line)
{
    for (; line > 0 && text.contains('\n'); line--)
        text.remove_prefix(text.find('\n') + 1);
    auto const indent = text.substr(0, text.find_first_not_of(" \t"));
    return indent.contains('\t');
}

// What a document may be, and what is done with its texts.
struct Manner {
    std::string_view what;          // For messages.
    Environment const* environment; // Null: nothing is expanded, and scalars may be bare.
    std::size_t bytes_max;
    std::size_t nodes_max;
    std::size_t text_max;
};

std::size_t digits_at(std::string_view text, std::size_t at)
{
    auto const end = std::min(text.find_first_not_of("0123456789", at), text.size());
    return end - std::min(at, end);
}

// RFC 8259 §3 and §6, without null.
bool is_json_literal(std::string_view text)
{
    if (text == "true" || text == "false")
        return true;
    std::size_t at = text.starts_with('-') ? 1 : 0;
    auto const whole = digits_at(text, at);
    if (whole == 0 || (whole > 1 && text[at] == '0'))
        return false;
    at += whole;
    if (at < text.size() && text[at] == '.') {
        auto const fraction = digits_at(text, at + 1);
        if (fraction == 0)
            return false;
        at += 1 + fraction;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        bool const is_signed
            = at + 1 < text.size() && (text[at + 1] == '+' || text[at + 1] == '-');
        auto const exponent = digits_at(text, at + 1 + is_signed);
        if (exponent == 0)
            return false;
        at += 1 + is_signed + exponent;
    }
    return at == text.size();
}

// Copies yaml-cpp's tree, which keeps only the first of duplicate keys reachable by name and shares
// what aliases name, into our own, within the bounds.
class Copier {
public:
    Copier(std::string const& name, Manner const& manner, Problems& problems)
        : name_(name)
        , manner_(manner)
        , problems_(problems)
    { }

    // One of the bounds was met: the copy is not whole.
    bool is_stopped() const { return is_stopped_; }

    Node copy(YAML::Node const& from, std::string const& pointer, int depth)
    {
        Node node;
        node.place = at(from.Mark());
        if (is_over(node.place, depth))
            return node;
        if (auto const& tag = from.Tag(); !tag.empty() && tag != "?" && tag != "!")
            problems_.add(node.place, pointer,
                fmt::format("tags such as {} mean nothing here: remove it", quote(tag)));
        if (from.IsScalar())
            copy_scalar(from, pointer, node);
        else if (from.IsSequence())
            copy_list(from, pointer, depth, node);
        else if (from.IsMap())
            copy_map(from, pointer, depth, node);
        return node;
    }

private:
    Place at(YAML::Mark const& mark) const { return {name_, mark.line + 1, mark.column + 1}; }

    // Says so once, and then copies nothing more.
    bool is_over(Place const& place, int depth)
    {
        if (is_stopped_)
            return true;
        nodes_++;
        if (depth > document_depth_max)
            problems_.add(
                place, "", fmt::format("nested deeper than {} levels", document_depth_max));
        else if (nodes_ > manner_.nodes_max)
            problems_.add(place, "",
                fmt::format("more than {} values, aliases included", manner_.nodes_max));
        else if (text_size_ > manner_.text_max)
            problems_.add(place, "",
                fmt::format("more than {} bytes once variables and aliases are expanded",
                    manner_.text_max));
        else
            return false;
        is_stopped_ = true;
        return true;
    }

    void copy_scalar(YAML::Node const& from, std::string const& pointer, Node& node)
    {
        node.kind = Node::Kind::scalar;
        if (manner_.environment == nullptr) {
            node.text = from.Scalar();
            node.is_bare = from.Tag() == "?" && is_json_literal(node.text); // Without quotes.
        } else if (auto expanded = expand_variables(from.Scalar(), *manner_.environment)) {
            node.text = *std::move(expanded);
        } else {
            problems_.add(node.place, pointer, std::move(expanded).error());
        }
        text_size_ += node.text.size();
    }

    void copy_list(YAML::Node const& from, std::string const& pointer, int depth, Node& node)
    {
        node.kind = Node::Kind::list;
        for (auto const& each : from) {
            if (is_stopped_)
                return;
            node.children.push_back(
                copy(each, fmt::format("{}/{}", pointer, node.children.size()), depth + 1));
        }
    }

    void copy_map(YAML::Node const& from, std::string const& pointer, int depth, Node& node)
    {
        node.kind = Node::Kind::map;
        std::map<std::string, Place> seen;
        for (auto const& each : from) {
            if (is_stopped_)
                return;
            auto const place = at(each.first.Mark());
            if (!each.first.IsScalar() || each.first.Scalar().size() > key_size_max) {
                problems_.add(place, pointer, "a key must be a word");
                continue;
            }
            auto const& key = each.first.Scalar();
            if (key == "<<") {
                problems_.add(place, pointer, "merge keys (<<) are not read: write the keys out");
                continue;
            }
            if (auto const [first, is_new] = seen.emplace(key, place); !is_new) {
                problems_.add(place, member_pointer(pointer, key),
                    fmt::format("{} is written twice, first in line {}: remove one", quote(key),
                        first->second.line));
                continue;
            }
            text_size_ += key.size();
            auto& child = node.children.emplace_back(
                copy(each.second, member_pointer(pointer, key), depth + 1));
            child.key = key;
            child.key_place = place;
        }
    }

    std::string const& name_;
    Manner const& manner_;
    Problems& problems_;
    std::size_t nodes_ = 0;
    std::size_t text_size_ = 0;
    bool is_stopped_ = false;
};

std::optional<Node> parse(
    std::string const& name, std::string_view text, Manner const& manner, Problems& problems)
{
    if (text.size() > manner.bytes_max) {
        problems.add({name}, "",
            fmt::format("{} bytes are too many for {}: {} at most", text.size(), manner.what,
                manner.bytes_max));
        return std::nullopt;
    }
    if (!is_utf8(text)) {
        problems.add({name}, "", "this is no UTF-8 text");
        return std::nullopt;
    }
    // yaml-cpp reports by exceptions: they end here.
    try {
        DocumentCounter documents;
        documents.count(text);
        if (documents.second) {
            problems.add({name, documents.second->line + 1, documents.second->column + 1}, "",
                fmt::format("a second document begins: {} is one", manner.what));
            return std::nullopt;
        }
        if (documents.seen == 0)
            return Node {.place = {name, 1, 1}};
        Copier copier(name, manner, problems);
        auto tree = copier.copy(YAML::Load(std::string(text)), "", 0);
        if (copier.is_stopped())
            return std::nullopt;
        return tree;
    } catch (YAML::Exception const& failure) {
        auto const line = failure.mark.line;
        problems.add({name, line + 1, failure.mark.column + 1}, "",
            is_indented_by_tab(text, line) ? "a tab can't indent YAML: write spaces"
                                           : fmt::format("this is no YAML: {}", failure.msg));
    } catch (std::exception const& failure) {
        problems.add({name}, "", fmt::format("this is no YAML: {}", failure.what()));
    }
    return std::nullopt;
}

} // namespace

Node const* Node::find(std::string_view name) const
{
    auto const found = std::ranges::find(children, name, &Node::key);
    return kind != Kind::map || found == children.end() ? nullptr : &*found;
}

std::optional<Node> parse_document(std::string const& name, std::string_view text,
    Environment const& environment, Problems& problems)
{
    return parse(name, text,
        {.what = "a configuration",
            .environment = &environment,
            .bytes_max = document_bytes_max,
            .nodes_max = document_nodes_max,
            .text_max = document_text_max},
        problems);
}

std::optional<Node> parse_data(std::string const& name, std::string_view text, Problems& problems)
{
    return parse(name, text,
        {.what = "a document",
            .environment = nullptr,
            .bytes_max = data_bytes_max,
            .nodes_max = data_nodes_max,
            .text_max = data_text_max},
        problems);
}

std::expected<std::string, std::string> expand_variables(
    std::string_view text, Environment const& environment)
{
    std::string out;
    for (;;) {
        auto const dollar = text.find('$');
        out.append(text.substr(0, dollar));
        if (dollar == std::string_view::npos)
            return out;
        text.remove_prefix(dollar + 1);
        if (text.starts_with('$')) {
            out += '$';
            text.remove_prefix(1);
        } else if (!text.starts_with('{')) {
            out += '$';
        } else {
            auto const end = text.find('}');
            if (end == std::string_view::npos)
                return std::unexpected(
                    std::string("\"${\" has no closing \"}\": write $$ for a $"));
            auto const inside = text.substr(1, end - 1);
            auto const fallback = inside.find(":-");
            auto const name = inside.substr(0, fallback);
            if (!is_variable_name(name))
                return std::unexpected(
                    fmt::format("{} is no variable's name: write ${{NAME}} or ${{NAME:-default}}",
                        quote(name)));
            auto const value = environment(name);
            if (value && (!value->empty() || fallback == std::string_view::npos))
                out.append(*value);
            else if (fallback != std::string_view::npos)
                out.append(inside.substr(fallback + 2));
            else
                return std::unexpected(fmt::format(
                    "the variable {} is not set: set it, or write ${{{}:-default}}", name, name));
            if (out.size() > document_text_max)
                return std::unexpected(std::string("the variables in it are too long"));
            text.remove_prefix(end + 1);
        }
    }
}

void merge(Node& base, Node&& over)
{
    if (over.kind == Node::Kind::null)
        return;
    if (base.kind != Node::Kind::map || over.kind != Node::Kind::map) {
        auto key = std::move(base.key);
        auto const key_place = over.key.empty() ? base.key_place : over.key_place;
        base = std::move(over);
        base.key = std::move(key);
        base.key_place = key_place;
        return;
    }
    for (auto& each : over.children) {
        auto const found = std::ranges::find(base.children, each.key, &Node::key);
        if (found == base.children.end())
            base.children.push_back(std::move(each));
        else
            merge(*found, std::move(each));
    }
}

} // namespace gatehouse::config
