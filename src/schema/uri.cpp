// SPDX-License-Identifier: Apache-2.0
#include "schema/uri.hpp"

#include <algorithm>

namespace gatehouse::schema {
namespace {

bool is_scheme(std::string_view text)
{
    auto const is_letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
    if (text.empty() || !is_letter(text.front()))
        return false;
    for (auto const c : text)
        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.')
            return false;
    return true;
}

// RFC 3986 §5.2.4.
std::string without_dots(std::string_view path)
{
    std::string out;
    while (!path.empty()) {
        if (path.starts_with("../")) {
            path.remove_prefix(3);
        } else if (path.starts_with("./") || path.starts_with("/./")) {
            path.remove_prefix(2);
        } else if (path == "/.") {
            path = "/";
        } else if (path.starts_with("/../") || path == "/..") {
            path = path.size() == 3 ? "/" : path.substr(3);
            out.erase(out.find_last_of('/') == out.npos ? 0 : out.find_last_of('/'));
        } else if (path == "." || path == "..") {
            path = {};
        } else {
            auto const end = std::min(path.find('/', 1), path.size());
            out.append(path.substr(0, end));
            path.remove_prefix(end);
        }
    }
    return out;
}

// RFC 3986 §5.2.3.
std::string merge(UriParts const& base, std::string_view path)
{
    if (base.authority && base.path.empty())
        return "/" + std::string(path);
    return std::string(base.path.substr(0, base.path.rfind('/') + 1)).append(path);
}

std::string compose(UriParts const& parts)
{
    std::string text;
    if (parts.scheme)
        text.append(*parts.scheme).append(":");
    if (parts.authority)
        text.append("//").append(*parts.authority);
    text.append(parts.path);
    if (parts.query)
        text.append("?").append(*parts.query);
    if (parts.fragment)
        text.append("#").append(*parts.fragment);
    return text;
}

std::optional<int> hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return std::nullopt;
}

std::string percent_decoded(std::string_view text)
{
    std::string out;
    for (std::size_t at = 0; at < text.size(); at++) {
        auto const high = at + 2 < text.size() ? hex_digit(text[at + 1]) : std::nullopt;
        auto const low = at + 2 < text.size() ? hex_digit(text[at + 2]) : std::nullopt;
        if (text[at] == '%' && high && low) {
            out.push_back(static_cast<char>(*high * 16 + *low));
            at += 2;
        } else {
            out.push_back(text[at]);
        }
    }
    return out;
}

} // namespace

UriParts split_uri(std::string_view text)
{
    UriParts parts{};
    if (auto const hash = text.find('#'); hash != text.npos) {
        parts.fragment = text.substr(hash + 1);
        text = text.substr(0, hash);
    }
    if (auto const mark = text.find('?'); mark != text.npos) {
        parts.query = text.substr(mark + 1);
        text = text.substr(0, mark);
    }
    if (auto const colon = text.find(':'); is_scheme(text.substr(0, colon)) && colon != text.npos) {
        parts.scheme = text.substr(0, colon);
        text = text.substr(colon + 1);
    }
    if (text.starts_with("//")) {
        auto const end = std::min(text.find('/', 2), text.size());
        parts.authority = text.substr(2, end - 2);
        text = text.substr(end);
    }
    parts.path = text;
    return parts;
}

std::string resolve_uri(std::string_view base, std::string_view reference)
{
    auto parts = split_uri(reference);
    auto const from = split_uri(base);
    std::string path;
    if (parts.scheme || parts.authority) {
        path = without_dots(parts.path);
    } else if (parts.path.empty()) {
        path = from.path;
        parts.query = parts.query ? parts.query : from.query;
    } else {
        path = without_dots(
            parts.path.starts_with('/') ? std::string(parts.path) : merge(from, parts.path));
    }
    if (!parts.scheme) {
        parts.authority = parts.authority ? parts.authority : from.authority;
        parts.scheme = from.scheme;
    }
    parts.path = path;
    return compose(parts);
}

Located cut_fragment(std::string_view uri)
{
    auto const hash = std::min(uri.find('#'), uri.size());
    auto const behind = uri.substr(std::min(hash + 1, uri.size()));
    return {std::string(uri.substr(0, hash)), percent_decoded(behind)};
}

} // namespace gatehouse::schema
