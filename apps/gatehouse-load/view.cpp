// SPDX-License-Identifier: Apache-2.0
#include "view.hpp"

#include "base/json_writer.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <functional>

namespace gatehouse::load {
namespace {

std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

// A sum of these does not hang on the order, and yet tells which value stood under which key.
std::uint64_t mix(std::uint64_t key, std::uint64_t value)
{
    auto z = key * 0x9e3779b97f4a7c15 ^ std::rotl(value, 31);
    z = (z ^ (z >> 29)) * 0xbf58476d1ce4e5b9;
    return z ^ (z >> 32);
}

// As compact() says it, which takes five times as long for what is short.
void append_text(std::string& out, json::Node value)
{
    if (auto const number = value.integer()) {
        json::Writer(out).value(*number);
    } else if (auto const words = value.text()) {
        json::append_quoted(out, *words);
    } else if (value.kind() == json::Kind::array) {
        out += '[';
        value.each_element([&out](json::Node each) {
            if (out.back() != '[')
                out += ',';
            append_text(out, each);
            return true;
        });
        out += ']';
    } else {
        out += value.compact();
    }
}

}  // namespace

void View::replace(json::Node whole)
{
    root_ = {};
    merge(root_, whole);
}

void View::patch(json::Node change) { merge(root_, change); }

void View::merge(Tree& tree, json::Node change)
{
    if (change.kind() != json::Kind::object) {
        tree = {};
        append_text(tree.text, change);
        tree.digest = hash_of(tree.text);
        return;
    }
    if (!tree.is_object)
        tree = {.is_object = true};
    change.each_member([&tree](std::string_view key, json::Node value) {
        if (value.kind() == json::Kind::null)
            std::erase_if(tree.members, [key](Member const& each) { return each.key == key; });
        else
            merge(member_of(tree, key), value);
        return true;
    });
    tree.digest = 1;
    for (auto const& [key, value] : tree.members)
        tree.digest += mix(hash_of(key), value.digest);
}

View::Tree const* View::find_in(Tree const& tree, std::string_view key)
{
    auto const found = std::ranges::find(tree.members, key, &Member::key);
    return found == tree.members.end() ? nullptr : &found->value;
}

View::Tree& View::member_of(Tree& tree, std::string_view key)
{
    auto const found = std::ranges::find(tree.members, key, &Member::key);
    if (found != tree.members.end())
        return found->value;
    return tree.members.emplace_back(std::string(key), Tree{}).value;
}

std::string_view View::find(std::string_view outer, std::string_view inner) const
{
    auto const* const half = find_in(root_, outer);
    auto const* const value = half ? find_in(*half, inner) : nullptr;
    return value ? std::string_view(value->text) : std::string_view{};
}

std::string View::to_json() const
{
    std::string out;
    append(out, root_);
    return out;
}

void View::append(std::string& out, Tree const& tree)
{
    if (!tree.is_object) {
        out += tree.text;
        return;
    }
    out += '{';
    for (auto const& member : tree.members) {
        if (&member != &tree.members.front())
            out += ',';
        json::append_quoted(out, member.key);
        out += ':';
        append(out, member.value);
    }
    out += '}';
}

std::string View::difference(View const& other) const
{
    std::string words;
    compare(words, "", root_, other.root_);
    return words;
}

void View::compare(std::string& out, std::string const& path, Tree const& a, Tree const& b)
{
    if (a.digest == b.digest)
        return;
    if (!a.is_object || !b.is_object) {
        out += (out.empty() ? "" : ", ") + path + " is ";
        append(out, a);
        out += " and ";
        append(out, b);
        return;
    }
    static Tree const nothing{.text = "absent"};
    auto const below
        = [&path](std::string const& key) { return path.empty() ? key : path + "." + key; };
    for (auto const& [key, value] : a.members) {
        auto const* const its = find_in(b, key);
        compare(out, below(key), value, its ? *its : nothing);
    }
    for (auto const& [key, value] : b.members)
        if (!find_in(a, key))
            compare(out, below(key), nothing, value);
}

std::optional<int> integer_in(std::string_view text)
{
    int number = 0;
    auto const parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::vector<int> integers_in(std::string_view text)
{
    std::vector<int> numbers;
    while (true) {
        auto const start = text.find_first_of("-0123456789");
        if (start == std::string_view::npos)
            return numbers;
        text.remove_prefix(start);
        numbers.push_back(integer_in(text).value_or(0));
        text.remove_prefix(std::min(text.size(), text.find_first_of(",]")));
    }
}

}  // namespace gatehouse::load
