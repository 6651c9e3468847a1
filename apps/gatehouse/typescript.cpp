// SPDX-License-Identifier: Apache-2.0
#include "typescript.hpp"

#include "base/json_writer.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <string_view>
#include <vector>

namespace gatehouse::cli {

namespace {

constexpr std::size_t indent = 4;

// What clients are given is not theirs to change; what they send is.
enum class Way : bool { sent, given };

bool is_letter(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string interface_name(std::string_view game)
{
    std::string name;
    for (bool begins = true; char const c : game) {
        if (is_letter(c))
            name += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
        begins = !is_letter(c);
    }
    return name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) ? "Game" + name : name;
}

std::string quoted(std::string_view text)
{
    std::string out;
    json::Writer(out).value(text);
    return out;
}

std::string key(std::string_view name)
{
    bool const is_plain = !name.empty() && std::ranges::all_of(name, is_letter)
        && std::isdigit(static_cast<unsigned char>(name[0])) == 0;
    return is_plain ? std::string(name) : quoted(name);
}

class Types {
public:
    explicit Types(std::string& out)
        : out_(out)
    { }

    void type(Shape const& shape, Way way, std::size_t depth)
    {
        switch (shape.kind) {
        case Shape::Kind::any: out_ += "unknown"; break;
        case Shape::Kind::boolean: out_ += "boolean"; break;
        case Shape::Kind::integer: out_ += "number"; break;
        case Shape::Kind::text: out_ += "string"; break;
        case Shape::Kind::word: words(shape.words); break;
        case Shape::Kind::sequence: sequence(shape, way, depth); break;
        case Shape::Kind::object: object(shape, way, depth); break;
        }
    }

    // An action without data need not say so.
    void data(Shape const& shape, Way way, std::size_t depth)
    {
        if (shape.members.empty())
            out_ += "undefined";
        else
            type(shape, way, depth);
    }

    void member(std::string_view name, std::size_t depth)
    {
        out_.append(depth * indent, ' ').append(key(name)).append(": ");
    }

    void choices(std::vector<Shape::Member> const& choices, Way way)
    {
        out_ += "{\n";
        for (auto const& each : choices) {
            member(each.name, 2);
            data(each.shape, way, 2);
            out_ += ";\n";
        }
        out_.append(indent, ' ').append("};\n");
    }

    void questions(std::vector<rooms::GameShape::Question> const& questions)
    {
        out_ += "{\n";
        for (auto const& each : questions) {
            member(each.name, 2);
            out_ += "{ d: ";
            data(each.data, Way::sent, 2);
            out_ += "; r: ";
            for (auto const& answer : each.answers) {
                out_ += &answer == each.answers.data() ? "" : " | ";
                type(answer, Way::given, 2);
            }
            out_ += " };\n";
        }
        out_.append(indent, ' ').append("};\n");
    }

private:
    void words(std::vector<std::string_view> const& words)
    {
        for (auto const word : words)
            out_.append(word.data() == words[0].data() ? "" : " | ").append(quoted(word));
    }

    void sequence(Shape const& shape, Way way, std::size_t depth)
    {
        constexpr std::size_t tuple_max = 8;
        auto const& element = shape.elements[0];
        out_ += way == Way::given ? "readonly " : "";
        if (shape.length > 0 && shape.length <= tuple_max) {
            out_ += "[";
            for (std::size_t i = 0; i < shape.length; i++) {
                out_ += i == 0 ? "" : ", ";
                type(element, way, depth);
            }
            out_ += "]";
            return;
        }
        bool const is_compound
            = element.kind == Shape::Kind::word || element.kind == Shape::Kind::sequence;
        out_ += is_compound ? "(" : "";
        type(element, way, depth);
        out_ += is_compound ? ")[]" : "[]";
    }

    void object(Shape const& shape, Way way, std::size_t depth)
    {
        if (shape.members.empty()) {
            out_ += "Record<string, never>";
            return;
        }
        out_ += "{\n";
        for (auto const& each : shape.members) {
            bool const may_miss = each.is_optional || (way == Way::sent && shape.is_lenient);
            out_.append((depth + 1) * indent, ' ').append(way == Way::given ? "readonly " : "");
            out_.append(key(each.name)).append(may_miss ? "?: " : ": ");
            type(each.shape, way, depth + 1);
            out_ += ";\n";
        }
        out_.append(depth * indent, ' ').append("}");
    }

    std::string& out_;
};

} // namespace

void write_typescript(std::string& out, rooms::About const& about, rooms::GameShape const& shape)
{
    out += fmt::format("/** {}: client.join<{}>(...) of @gatehouse/client. */\nexport interface {} "
                       "{{\n",
        about.title, interface_name(about.name), interface_name(about.name));
    Types types(out);
    types.member("view", 1);
    types.type(shape.view, Way::given, 1);
    out += ";\n";
    types.member("actions", 1);
    types.choices(shape.actions, Way::sent);
    if (!shape.news.empty()) {
        types.member("news", 1);
        types.choices(shape.news, Way::given);
    }
    if (!shape.questions.empty()) {
        types.member("questions", 1);
        types.questions(shape.questions);
    }
    types.member("options", 1);
    types.type(shape.options, Way::sent, 1);
    out += ";\n}\n";
}

} // namespace gatehouse::cli
