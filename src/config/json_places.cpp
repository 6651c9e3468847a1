// SPDX-License-Identifier: Apache-2.0
#include "config/json_places.hpp"

#include "base/json.hpp"
#include "schema/pointer.hpp"

#include <algorithm>
#include <optional>

namespace gatehouse::config {
namespace {

constexpr int depth_max = 64; // As the parser's.

// Walks the text as RFC 8259 cuts it, and remembers the last value on the way of the pointer.
class Walk {
public:
    explicit Walk(std::string_view text)
        : text_(text)
    { }

    // The offset that was looked for.
    std::size_t find(std::string_view pointer)
    {
        bool const is_json = value(pointer, 0);
        skip_blanks();
        return is_json && at_ == text_.size() ? best_ : at_;
    }

private:
    // What is left of the pointer; none beside its way.
    using Way = std::optional<std::string_view>;

    // False where the text stops being JSON: there it stands still.
    bool value(Way way, int depth)
    {
        skip_blanks();
        if (depth > depth_max)
            return false;
        if (way)
            best_ = at_;
        switch (peek()) {
        case '{': return object(way, depth);
        case '[': return array(way, depth);
        case '"': return text().has_value();
        default: return word();
        }
    }

    bool object(Way way, int depth)
    {
        auto const wanted = way ? schema::take_segment(*way) : std::nullopt;
        at_++;
        if (take('}'))
            return true;
        do {
            skip_blanks();
            auto const key = text();
            if (!key || !take(':'))
                return false;
            if (!value(wanted && *key == *wanted ? way : std::nullopt, depth + 1))
                return false;
        } while (take(','));
        return take('}');
    }

    bool array(Way way, int depth)
    {
        auto const wanted = way ? schema::take_segment(*way) : std::nullopt;
        at_++;
        if (take(']'))
            return true;
        std::size_t index = 0;
        do {
            bool const is_it = wanted && *wanted == std::to_string(index++);
            if (!value(is_it ? way : std::nullopt, depth + 1))
                return false;
        } while (take(','));
        return take(']');
    }

    // A string, decoded.
    std::optional<std::string> text()
    {
        if (peek() != '"')
            return std::nullopt;
        auto end = at_ + 1;
        while (end < text_.size() && text_[end] != '"' && text_[end] != '\n')
            end += text_[end] == '\\' ? 2 : 1;
        if (end >= text_.size() || text_[end] != '"')
            return std::nullopt;
        auto const quoted = text_.substr(at_, end + 1 - at_);
        json::Parser parser;
        auto const node = parser.parse(quoted);
        if (!node)
            return std::nullopt;
        at_ = end + 1;
        return std::string(node->text().value_or(""));
    }

    // A number, true, false or null.
    bool word()
    {
        constexpr std::string_view letters
            = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
        auto const end = std::min(text_.find_first_not_of(letters, at_), text_.size());
        json::Parser parser;
        if (end == at_ || !parser.parse(text_.substr(at_, end - at_)))
            return false;
        at_ = end;
        return true;
    }

    bool take(char c)
    {
        skip_blanks();
        if (peek() != c)
            return false;
        at_++;
        return true;
    }
    void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t best_ = 0;
};

} // namespace

Place place_in_json(std::string const& name, std::string_view text, std::string_view pointer)
{
    auto const before = text.substr(0, Walk(text).find(pointer));
    auto const line = before.substr(before.rfind('\n') + 1); // npos + 1 is 0.
    auto const is_first_byte
        = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
    return {.source = name,
        .line = static_cast<int>(std::ranges::count(before, '\n')) + 1,
        .column = static_cast<int>(std::ranges::count_if(line, is_first_byte)) + 1};
}

} // namespace gatehouse::config
