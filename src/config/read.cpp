// SPDX-License-Identifier: Apache-2.0
#include "config/read.hpp"

#include "config/keys.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <vector>

namespace gatehouse::config {
namespace {

// What the key at a place is called, and whether flags and variables reach it: not inside lists,
// whose elements have no names.
struct Spot {
    std::string pointer {};
    bool is_named = true;

    Spot member(std::string_view key) const { return {member_pointer(pointer, key), is_named}; }
    Spot element(std::size_t index) const { return {fmt::format("{}/{}", pointer, index), false}; }
};

// "/listen/http" → "listen.http".
std::string dotted(std::string_view pointer)
{
    std::string out(pointer.substr(std::min<std::size_t>(1, pointer.size())));
    std::ranges::replace(out, '/', '.');
    return out;
}

bool is_name(std::string_view name)
{
    return !name.empty() && name.size() <= 64 && name[0] != '-' && name != "null"
        && name.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
        == std::string_view::npos;
}

std::string_view kind_of(Node const& node)
{
    switch (node.kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::scalar: return "a single value";
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "a map";
    }
    return "";
}

// The keys that a section has, collected while its rows are read, to judge the members it was
// given.
struct KnownKeys {
    struct Later {
        std::string_view key;
        std::string_view what;
    };
    std::vector<std::string_view> now;
    std::vector<Later> later;
    std::string_view split;
};

class Reader {
public:
    Reader(std::span<Flag const> flags, Surroundings const& around, Origins& origins,
        Problems& problems)
        : flags_(flags)
        , is_flag_used_(flags.size())
        , around_(around)
        , origins_(origins)
        , problems_(problems)
    { }

    template <typename T> void read(Node const* node, T& value, Spot const& spot, Note const& note)
    {
        if constexpr (is_optional<T>) {
            if (node || is_overridden<typename T::value_type>(spot))
                read(node, value.emplace(), spot, note);
        } else if constexpr (is_named<T>) {
            read_named(node, value, spot);
        } else if constexpr (is_list<T>) {
            read_list(node, value, spot, note);
        } else if constexpr (Section<T>) {
            read_section(node, value, spot);
        } else {
            read_scalar(node, value, spot, note);
        }
    }

    void refuse_unused_flags()
    {
        std::vector<std::string_view> known(settable_.begin(), settable_.end());
        for (std::size_t i = 0; i < flags_.size(); i++)
            if (!is_flag_used_[i])
                problems_.add({"--set " + flags_[i].key}, "",
                    "no such key can be set" + suggest_near(flags_[i].key, known));
    }

private:
    // Reads a section's members by its rows.
    struct Rows {
        Reader& reader;
        Node const* node;
        Spot const& spot;
        KnownKeys known {};

        template <typename T> void operator()(std::string_view name, T& member, Note const& note)
        {
            known.now.push_back(name);
            auto const at = spot.member(name);
            reader.read(node ? node->find(name) : nullptr, member, at, note);
            if (node && note.is_required && !reader.origins_.contains(at.pointer))
                reader.problems_.add(place_of(reader.origins_, spot.pointer), spot.pointer,
                    fmt::format("{} is missing: write {}: {}", quote(name), name, note.example));
        }
        void later(std::string_view name, std::string_view what)
        {
            known.later.push_back({name, what});
        }
        void elsewhere(std::string_view name, std::string_view, Note const&)
        {
            known.now.push_back(name);
        }
        void split(std::string_view message) { known.split = message; }
    };

    template <typename T> void read_section(Node const* node, T& value, Spot const& spot)
    {
        std::optional<Node> given;
        if constexpr (HasShortForm<T>)
            if ((given = override_of(spot)))
                node = &*given;
        if (node)
            origins_[spot.pointer] = node->place;
        if constexpr (HasShortForm<T>)
            if (node && node->kind == Node::Kind::scalar) {
                take(*node, value, spot);
                return;
            }
        if (node && node->kind != Node::Kind::map && node->kind != Node::Kind::null) {
            wrong(*node, spot, fmt::format("{} stands where a map belongs", kind_of(*node)));
            return;
        }
        auto const problems_before = problems_.count();
        Rows rows {*this, node, spot};
        Keys<T>::each(value, rows);
        if (node)
            refuse_unknown(*node, spot, rows.known);
        if (problems_.count() == problems_before && node)
            finish(*node, value, spot);
    }

    template <typename T> void read_named(Node const* node, Named<T>& values, Spot const& spot)
    {
        if (!node || node->kind == Node::Kind::null)
            return;
        origins_[spot.pointer] = node->place;
        if (node->kind != Node::Kind::map) {
            wrong(*node, spot, fmt::format("{} stands where names belong", kind_of(*node)));
            return;
        }
        for (auto const& child : node->children) {
            auto const at = spot.member(child.key);
            if (is_name(child.key))
                read(&child, values[child.key], at, {});
            else
                problems_.add(child.key_place, at.pointer,
                    fmt::format("{} is no name: write letters, digits, _ and -, at most 64 of them",
                        quote(child.key)));
        }
    }

    // A list, or a single element without its brackets.
    template <typename T>
    void read_list(Node const* node, std::vector<T>& values, Spot const& spot, Note const& note)
    {
        Node written;
        if constexpr (!Section<T>)
            if (auto const given = override_of(spot)) {
                written = split_at_commas(*given);
                node = &written;
            }
        if (!node || node->kind == Node::Kind::null)
            return;
        origins_[spot.pointer] = node->place;
        values.clear();
        auto const elements
            = node->kind == Node::Kind::list ? std::span(node->children) : std::span(node, 1);
        if (note.is_required && elements.empty())
            wrong(*node, spot, fmt::format("is empty: write {}", note.example));
        for (auto const& element : elements) {
            auto const at = spot.element(values.size());
            read(&element, values.emplace_back(), at, note);
        }
    }

    template <typename T>
    void read_scalar(Node const* node, T& value, Spot const& spot, Note const& note)
    {
        auto const given = override_of(spot);
        if (given)
            node = &*given;
        if (!node)
            return;
        origins_[spot.pointer] = node->place;
        if (node->kind == Node::Kind::null)
            wrong(*node, spot,
                fmt::format(
                    "is empty: write a value, such as {}, or leave the key out", note.example));
        else if (node->kind != Node::Kind::scalar)
            wrong(*node, spot,
                fmt::format("{} stands where a single value belongs, such as {}", kind_of(*node),
                    note.example));
        else if constexpr (std::same_as<T, int>)
            take_count(*node, value, spot, note);
        else
            take(*node, value, spot);
    }

    void take_count(Node const& node, int& value, Spot const& spot, Note const& note)
    {
        if (auto const count = read_count(node.text, note.min, note.max))
            value = *count;
        else
            wrong(node, spot, count.error());
    }

    template <typename T> void take(Node const& node, T& value, Spot const& spot)
    {
        if (auto const message = read_value(node.text, value))
            wrong(node, spot, *message);
        else
            finish(node, value, spot);
    }

    template <typename T> void finish(Node const& node, T& value, Spot const& spot)
    {
        if (auto const message = settle(value, around_))
            wrong(node, spot, *message);
    }

    void wrong(Node const& node, Spot const& spot, std::string message)
    {
        problems_.add(node.place, spot.pointer, std::move(message));
    }

    void refuse_unknown(Node const& node, Spot const& spot, KnownKeys const& known)
    {
        for (auto const& child : node.children) {
            if (std::ranges::find(known.now, child.key) != known.now.end())
                continue;
            auto const later = std::ranges::find(known.later, child.key, &KnownKeys::Later::key);
            auto const message = later != known.later.end()
                ? fmt::format("{} ({}) is not supported yet by this version: remove it",
                    quote(child.key), later->what)
                : !known.split.empty() ? std::string(known.split)
                                       : fmt::format("unknown key {}{}", quote(child.key),
                                           suggest(child.key, known.now, "keys here"));
            problems_.add(child.key_place, member_pointer(spot.pointer, child.key), message);
        }
    }

    template <typename T> bool is_overridden(Spot const& spot)
    {
        if constexpr ((Section<T> && !HasShortForm<T>) || is_named<T> || is_list<T>)
            return false;
        else
            return override_of(spot).has_value();
    }

    // What a flag or a variable says of a key. An empty variable says nothing.
    std::optional<Node> override_of(Spot const& spot)
    {
        if (!spot.is_named)
            return std::nullopt;
        auto const key = dotted(spot.pointer);
        std::optional<Node> given;
        for (std::size_t i = 0; i < flags_.size(); i++)
            if (flags_[i].key == key) {
                is_flag_used_[i] = true;
                given = scalar({"--set " + key}, flags_[i].value);
            }
        auto const variable = variable_of(spot.pointer);
        if (auto const text = around_.environment(variable); !given && text && !text->empty())
            given = scalar({variable}, *text);
        settable_.push_back(key);
        return given;
    }

    static Node scalar(Place place, std::string_view text)
    {
        return {.kind = Node::Kind::scalar, .place = std::move(place), .text = std::string(text)};
    }

    static Node split_at_commas(Node const& node)
    {
        Node list {.kind = Node::Kind::list, .place = node.place};
        for (std::string_view rest = node.text; !rest.empty();) {
            auto const end = std::min(rest.find(','), rest.size());
            list.children.push_back(scalar(node.place, rest.substr(0, end)));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        return list;
    }

    static std::string suggest_near(
        std::string_view word, std::vector<std::string_view> const& known)
    {
        auto const message = suggest(word, known, "keys");
        return message.starts_with(';') ? message : "";
    }

    std::span<Flag const> flags_;
    std::vector<bool> is_flag_used_;
    std::vector<std::string> settable_; // Every key that a flag or variable could have set.
    Surroundings const& around_;
    Origins& origins_;
    Problems& problems_;
};

} // namespace

Settings read_settings(Node const& tree, std::span<Flag const> flags, Surroundings const& around,
    Origins& origins, Problems& problems)
{
    Settings settings;
    Reader reader(flags, around, origins, problems);
    reader.read(&tree, settings, Spot {}, {});
    reader.refuse_unused_flags();
    if (!origins.contains("/store"))
        (void)settle(settings.store, around); // The default path, too, is relative to the file.
    return settings;
}

std::string variable_of(std::string_view pointer)
{
    std::string out = "GATEHOUSE";
    for (auto const c : pointer)
        out += c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A'))
            : c == '/' || c == '-'  ? '_'
                                    : c;
    return out;
}

} // namespace gatehouse::config
