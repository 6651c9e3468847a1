// SPDX-License-Identifier: Apache-2.0
#include "http/negotiation.hpp"

#include "base/text.hpp"
#include "http/grammar.hpp"

namespace gatehouse::http {
namespace {

constexpr int whole = 1000;

// "1", "0.25": up to three digits behind the dot (RFC 9110 §12.4.2). What is none counts as 1.
int weight_of(std::string_view text)
{
    if (text.empty() || (text[0] != '0' && text[0] != '1') || text.size() > 5)
        return whole;
    int weight = text[0] == '1' ? whole : 0;
    int digit_worth = 100;
    for (char const c : text.substr(text.size() > 1 && text[1] == '.' ? 2 : 1)) {
        if (!is_digit(c))
            return whole;
        weight += (c - '0') * digit_worth;
        digit_worth /= 10;
    }
    return weight < whole ? weight : whole;
}

// Takes what stands before the next semicolon.
std::string_view take_part(std::string_view& rest)
{
    auto const end = rest.find(';');
    auto const part = trim(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    return part;
}

// 0: not taken; 1: by "*/*"; 2: by "type/*"; 3: named.
int specificity_of(std::string_view range, std::string_view type)
{
    if (equal_ignoring_case(range, type))
        return 3;
    auto const slash = type.find('/');
    if (range.ends_with("/*")
        && equal_ignoring_case(range.substr(0, range.size() - 2), type.substr(0, slash)))
        return 2;
    return range == "*/*" ? 1 : 0;
}

} // namespace

int quality_of(std::string_view accept, std::string_view type)
{
    if (trim(accept).empty())
        return whole;
    int quality = 0;
    int best = 0;
    for_each_element(accept, [&](std::string_view element) {
        auto const specificity = specificity_of(take_part(element), type);
        int weight = whole;
        while (!element.empty()) {
            auto const parameter = take_part(element);
            if (parameter.size() > 2 && (parameter[0] | 0x20) == 'q' && parameter[1] == '=')
                weight = weight_of(parameter.substr(2));
        }
        if (specificity > best) {
            best = specificity;
            quality = weight;
        }
    });
    return quality;
}

} // namespace gatehouse::http
