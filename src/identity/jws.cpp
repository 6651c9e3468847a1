// SPDX-License-Identifier: Apache-2.0
#include "identity/jws.hpp"

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::identity {
namespace {

std::unexpected<Error> refuse(std::string detail)
{
    return fail(ErrorCode::unauthenticated, "the token is not valid", std::move(detail));
}

// RFC 7515 §4: a header whose names are not unique is refused; simdjson would show the first.
bool has_repeated_member(json::Node object)
{
    std::vector<std::string_view> names;
    object.each_member([&names](std::string_view name, json::Node) {
        names.push_back(name);
        return true;
    });
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
}

// The key that the header picks (RFC 7515 §4.1).
Result<PublicKey const*> key_for(std::string_view encoded_header, KeySet const& keys)
{
    auto const text = from_base64url(encoded_header);
    if (!text)
        return refuse("the header is not base64url");
    json::Parser parser;
    auto const header = parser.parse(*text);
    if (!header || header->kind() != json::Kind::object || has_repeated_member(*header))
        return refuse("the header is not a JSON object with unique names");
    for (std::string_view const name : {"crit", "b64"})
        if (header->find(name))
            return refuse("the header asks for an extension");
    auto const algorithm = header->find("alg");
    auto const kid = header->find("kid");
    if (!algorithm || !algorithm->text() || (kid && !kid->text()))
        return refuse("alg or kid is missing or no text");
    auto const* const key = keys.find(kid ? *kid->text() : std::string_view());
    if (!key)
        return refuse("no such key");
    if (*algorithm->text() != name_of(key->algorithm()))
        return refuse("alg is not that of the key");
    return key;
}

}  // namespace

std::string sign_jws(SigningKey const& key, std::string_view payload)
{
    auto token = to_base64url(R"({"alg":"EdDSA","typ":"JWT"})");
    token.append(".").append(to_base64url(payload));
    auto const signature = key.sign(token);
    return token.append(".").append(to_base64url(signature));
}

Result<std::string> verify_jws(KeySet const& keys, std::string_view token)
{
    if (token.size() > token_bytes_max)
        return refuse("longer than 8 KiB");
    if (std::ranges::count(token, '.') != 2)
        return refuse("not three parts");
    auto const first = token.find('.');
    auto const second = token.rfind('.');
    auto const* const key = GH_TRY(key_for(token.substr(0, first), keys));
    auto payload = from_base64url(token.substr(first + 1, second - first - 1));
    auto const signature = from_base64url(token.substr(second + 1));
    if (!payload || !signature)
        return refuse("payload or signature is not base64url");
    if (!key->verifies(token.substr(0, second), *signature))
        return refuse("the signature is wrong");
    return *std::move(payload);
}

}  // namespace gatehouse::identity
