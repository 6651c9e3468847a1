// SPDX-License-Identifier: Apache-2.0
#include "schema/ecma.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace gatehouse::schema {
namespace {

using Step = std::expected<void, std::string>;

// ECMA-262 §12.2 and §12.3, in and out, as ranges for a class of RE2.
constexpr std::string_view spaces = R"(\x{9}-\x{d}\x{20}\x{a0}\x{1680}\x{2000}-\x{200a})"
                                    R"(\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff})";
constexpr std::string_view no_spaces
    = R"(\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff})"
      R"(\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff})"
      R"(\x{3001}-\x{fefe}\x{ff00}-\x{10ffff})";
constexpr std::string_view any_but_line_end = R"([^\x{a}\x{d}\x{2028}\x{2029}])";

// The long names of General_Category (Unicode, PropertyValueAliases.txt): RE2 knows the short ones.
constexpr std::array<std::pair<std::string_view, std::string_view>, 39> categories{
    {{"Cased_Letter", "LC"}, {"Close_Punctuation", "Pe"}, {"Connector_Punctuation", "Pc"},
        {"Control", "Cc"}, {"cntrl", "Cc"}, {"Currency_Symbol", "Sc"}, {"Dash_Punctuation", "Pd"},
        {"Decimal_Number", "Nd"}, {"digit", "Nd"}, {"Enclosing_Mark", "Me"},
        {"Final_Punctuation", "Pf"}, {"Format", "Cf"}, {"Initial_Punctuation", "Pi"},
        {"Letter", "L"}, {"Letter_Number", "Nl"}, {"Line_Separator", "Zl"},
        {"Lowercase_Letter", "Ll"}, {"Mark", "M"}, {"Combining_Mark", "M"}, {"Math_Symbol", "Sm"},
        {"Modifier_Letter", "Lm"}, {"Modifier_Symbol", "Sk"}, {"Nonspacing_Mark", "Mn"},
        {"Number", "N"}, {"Open_Punctuation", "Ps"}, {"Other", "C"}, {"Other_Letter", "Lo"},
        {"Other_Number", "No"}, {"Other_Punctuation", "Po"}, {"Other_Symbol", "So"},
        {"Paragraph_Separator", "Zp"}, {"Private_Use", "Co"}, {"Punctuation", "P"}, {"punct", "P"},
        {"Separator", "Z"}, {"Space_Separator", "Zs"}, {"Spacing_Mark", "Mc"}, {"Symbol", "S"},
        {"Titlecase_Letter", "Lt"}}};

std::optional<std::uint32_t> hex_of(std::string_view text)
{
    std::uint32_t number = 0;
    if (text.empty() || text.size() > 6)
        return std::nullopt;
    for (auto const c : text) {
        auto const low = static_cast<char>(c | 0x20);
        if (c >= '0' && c <= '9')
            number = number * 16 + static_cast<std::uint32_t>(c - '0');
        else if (low >= 'a' && low <= 'f')
            number = number * 16 + static_cast<std::uint32_t>(low - 'a') + 10;
        else
            return std::nullopt;
    }
    return number;
}

bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}
bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
bool is_surrogate(std::uint32_t point)
{
    return point >= 0xd800 && point <= 0xdfff;
}

// One element of a class, or an escape: a single code point, or a set in the syntax of RE2, such as
// it stands inside of brackets.
struct Atom {
    std::optional<std::uint32_t> point;
    std::string set;
};

class Translation {
public:
    explicit Translation(std::string_view pattern)
        : rest_(pattern)
        , whole_(pattern)
    { }

    std::expected<std::string, std::string> run()
    {
        while (!rest_.empty())
            if (auto const step = next(); !step)
                return std::unexpected(step.error());
        return std::move(out_);
    }

private:
    Step next();
    Step group();
    Step braces();
    Step escape();
    Step character_class();
    std::expected<Atom, std::string> class_element();
    std::expected<Atom, std::string> atom_escape();
    std::expected<Atom, std::string> property(bool is_negated);
    std::expected<Atom, std::string> unicode_escape();
    std::optional<std::uint32_t> four_digits();
    std::uint32_t take_point();

    void add_point(std::uint32_t point) { out_.append(fmt::format("\\x{{{:x}}}", point)); }
    [[nodiscard]] bool takes(std::string_view text)
    {
        if (!rest_.starts_with(text))
            return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    [[nodiscard]] std::unexpected<std::string> wrong(std::string_view what) const
    {
        return std::unexpected(
            fmt::format("{} (at byte {} of the pattern)", what, whole_.size() - rest_.size()));
    }

    std::string_view rest_;
    std::string_view whole_;
    std::string out_;
};

Step Translation::next()
{
    auto const c = rest_.front();
    switch (c) {
    case '\\': return escape();
    case '[': return character_class();
    case '(': return group();
    case '{': return braces();
    case '.': out_.append(any_but_line_end); break;
    case '}':
    case ']': out_.append({'\\', c}); break;
    default: out_.push_back(c); break;
    }
    rest_.remove_prefix(1);
    return {};
}

Step Translation::group()
{
    for (std::string_view const look : {"(?=", "(?!", "(?<=", "(?<!"})
        if (rest_.starts_with(look))
            return wrong(
                fmt::format("\"{}\" looks around, which cannot be run in linear time; say it "
                            "without, or with a second pattern in allOf or not",
                    look));
    if (takes("(?:") || (!rest_.starts_with("(?") && takes("("))) {
        out_.append("(?:");
        return {};
    }
    auto const end = rest_.find('>');
    if (rest_.starts_with("(?<") && end != rest_.npos && end > 3) {
        rest_.remove_prefix(end + 1);
        out_.append("(?:");
        return {};
    }
    return wrong("\"(?\" begins no group that ECMA-262 knows; there are (?:…) and (?<name>…)");
}

// A quantifier goes through as it is; a brace that is none stands for itself.
Step Translation::braces()
{
    auto const end = rest_.find('}');
    auto const inside = rest_.substr(1, end == rest_.npos ? 0 : end - 1);
    bool is_quantifier = !inside.empty() && is_digit(inside.front());
    for (auto const c : inside)
        is_quantifier = is_quantifier && (is_digit(c) || c == ',');
    if (is_quantifier) {
        out_.append(rest_.substr(0, end + 1));
        rest_.remove_prefix(end + 1);
    } else {
        out_.append("\\{");
        rest_.remove_prefix(1);
    }
    return {};
}

Step Translation::escape()
{
    if (takes("\\b")) {
        out_.append("\\b");
        return {};
    }
    if (takes("\\B")) {
        out_.append("\\B");
        return {};
    }
    auto const is_reference
        = rest_.size() > 1 && (rest_[1] == 'k' || (is_digit(rest_[1]) && rest_[1] != '0'));
    if (is_reference)
        return wrong(
            fmt::format("\"{}\" refers back to a group, which cannot be run in linear time; "
                        "write out what may stand there",
                rest_.substr(0, 2)));
    auto const atom = atom_escape();
    if (!atom)
        return std::unexpected(atom.error());
    if (atom->point)
        add_point(*atom->point);
    else
        out_.append("[").append(atom->set).append("]");
    return {};
}

Step Translation::character_class()
{
    rest_.remove_prefix(1);
    bool const is_negated = takes("^");
    if (takes("]")) { // Nothing, or anything: RE2 would read the bracket as an element.
        out_.append(is_negated ? "[\\x{0}-\\x{10ffff}]" : "[^\\x{0}-\\x{10ffff}]");
        return {};
    }
    out_.append(is_negated ? "[^" : "[");
    while (!takes("]")) {
        auto const first = class_element();
        if (!first)
            return std::unexpected(first.error());
        if (!first->point) {
            out_.append(first->set);
            continue;
        }
        add_point(*first->point);
        bool const is_range = rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']';
        if (!is_range)
            continue;
        rest_.remove_prefix(1);
        auto const last = class_element();
        if (!last)
            return std::unexpected(last.error());
        if (!last->point) { // "[a-\d]": the hyphen stands for itself.
            out_.append("\\x{2d}").append(last->set);
            continue;
        }
        if (*last->point < *first->point)
            return wrong("a range of a class runs backwards; turn it round");
        out_.push_back('-');
        add_point(*last->point);
    }
    out_.push_back(']');
    return {};
}

std::expected<Atom, std::string> Translation::class_element()
{
    if (rest_.empty())
        return wrong("a class is not closed; add \"]\"");
    if (rest_.front() != '\\')
        return Atom{.point = take_point(), .set = {}};
    if (takes("\\b"))
        return Atom{.point = 8, .set = {}};
    return atom_escape();
}

std::uint32_t Translation::take_point()
{
    auto const lead = static_cast<unsigned char>(rest_.front());
    std::size_t const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t point = size == 1 ? lead : lead & (0x7fU >> size);
    for (std::size_t at = 1; at < size && at < rest_.size(); at++)
        point = point << 6 | (static_cast<unsigned char>(rest_[at]) & 0x3f);
    rest_.remove_prefix(std::min(size, rest_.size()));
    return point;
}

std::expected<Atom, std::string> Translation::atom_escape()
{
    rest_.remove_prefix(1);
    if (rest_.empty())
        return wrong("a \"\\\" at the end; write \"\\\\\" for one that is meant");
    auto const c = rest_.front();
    if (static_cast<unsigned char>(c) >= 0x80)
        return Atom{.point = take_point(), .set = {}};
    rest_.remove_prefix(1);
    auto const point = [](std::uint32_t number) { return Atom{.point = number, .set = {}}; };
    auto const set = [](std::string_view text) { return Atom{{}, std::string(text)}; };
    switch (c) {
    case 'd': return set("0-9");
    case 'D': return set("\\D");
    case 'w': return set("0-9A-Z_a-z");
    case 'W': return set("\\W");
    case 's': return set(spaces);
    case 'S': return set(no_spaces);
    case 't': return point(9);
    case 'n': return point(10);
    case 'v': return point(11);
    case 'f': return point(12);
    case 'r': return point(13);
    case '0': return point(0);
    case 'p': return property(false);
    case 'P': return property(true);
    case 'u': return unicode_escape();
    case 'x': {
        auto const code = rest_.size() < 2 ? std::nullopt : hex_of(rest_.substr(0, 2));
        if (!code)
            return wrong("\"\\x\" needs two hexadecimal digits, as in \\x7f");
        rest_.remove_prefix(2);
        return point(*code);
    }
    case 'c': {
        if (rest_.empty() || !is_letter(rest_.front()))
            return wrong("\"\\c\" needs a letter, as in \\cJ");
        auto const code = static_cast<std::uint32_t>(rest_.front()) & 0x1fU;
        rest_.remove_prefix(1);
        return point(code);
    }
    default:
        if (is_letter(c) || is_digit(c))
            return wrong(fmt::format("\"\\{}\" is no escape of ECMA-262; leave the \"\\\" out, or "
                                     "write \"\\\\\" for one that is meant",
                c));
        return point(static_cast<unsigned char>(c));
    }
}

std::optional<std::uint32_t> Translation::four_digits()
{
    auto const code = rest_.size() < 4 ? std::nullopt : hex_of(rest_.substr(0, 4));
    if (code)
        rest_.remove_prefix(4);
    return code;
}

std::expected<Atom, std::string> Translation::unicode_escape()
{
    std::optional<std::uint32_t> code;
    if (takes("{")) {
        auto const end = std::min(rest_.find('}'), rest_.size());
        code = end == rest_.size() ? std::nullopt : hex_of(rest_.substr(0, end));
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
    } else {
        code = four_digits();
        bool const is_high = code && *code >= 0xd800 && *code <= 0xdbff;
        if (is_high && takes("\\u"))
            if (auto const low = four_digits(); low && *low >= 0xdc00 && *low <= 0xdfff)
                code = 0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00);
    }
    if (!code || *code > 0x10ffff)
        return wrong("\"\\u\" needs four hexadecimal digits or {…}, as in \\u00e9 or \\u{1f600}");
    if (is_surrogate(*code))
        return wrong(
            "half of a surrogate pair matches nothing in UTF-8; write the whole character");
    return Atom{.point = code, .set = {}};
}

std::expected<Atom, std::string> Translation::property(bool is_negated)
{
    auto const end = rest_.find('}');
    if (!rest_.starts_with("{") || end == rest_.npos)
        return wrong("\"\\p\" needs a property in braces, as in \\p{L} or \\p{Script=Greek}");
    auto name = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    for (std::string_view const prefix : {"Script=", "sc=", "General_Category=", "gc="})
        if (name.starts_with(prefix))
            name.remove_prefix(prefix.size());
    if (name == "ASCII")
        return Atom{{}, is_negated ? "\\x{80}-\\x{10ffff}" : "\\x{0}-\\x{7f}"};
    for (auto const& [full, brief] : categories)
        name = name == full ? brief : name;
    if (name == "LC") // RE2 has its three parts; what is not in any of them has no short spelling.
        return is_negated ? std::expected<Atom, std::string>(
                   wrong("\\P{LC} is not known; write [^\\p{Lu}\\p{Ll}\\p{Lt}]"))
                          : Atom{{}, "\\p{Lu}\\p{Ll}\\p{Lt}"};
    return Atom{{}, fmt::format("\\{}{{{}}}", is_negated ? 'P' : 'p', name)};
}

} // namespace

std::expected<std::string, std::string> ecma_to_re2(std::string_view pattern)
{
    return Translation(pattern).run();
}

} // namespace gatehouse::schema
