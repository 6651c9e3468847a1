// SPDX-License-Identifier: Apache-2.0
#include "identity/jws.hpp"

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "identity/members.hpp"

#include <algorithm>

namespace gatehouse::identity {
namespace {

std::unexpected<Error> refuse(std::string detail)
{
    return fail(ErrorCode::unauthenticated, "the token is not valid", std::move(detail));
}

Result<void> read_header(std::string_view encoded, Jws& token)
{
    auto const text = from_base64url(encoded);
    if (!text)
        return refuse("the header is not base64url");
    json::Parser parser;
    auto const header = parser.parse(*text);
    if (!header || header->kind() != json::Kind::object || !has_unique_members(*header))
        return refuse("the header is not a JSON object with unique names");
    for (std::string_view const name : {"crit", "b64"})
        if (header->find(name))
            return refuse("the header asks for an extension");
    auto const algorithm = header->find("alg");
    auto const kid = header->find("kid");
    if (!algorithm || !algorithm->text() || (kid && !kid->text()))
        return refuse("alg or kid is missing or no text");
    token.algorithm = *algorithm->text();
    token.kid = kid ? *kid->text() : std::string_view();
    return {};
}

}  // namespace

std::string sign_jws(SigningKey const& key, std::string_view payload, std::string_view kid)
{
    std::string header;
    json::Writer out(header);
    out.object().key("alg").value("EdDSA").key("typ").value("JWT");
    if (!kid.empty())
        out.key("kid").value(kid);
    out.end_object();
    auto token = to_base64url(header);
    token.append(".").append(to_base64url(payload));
    auto const signature = key.sign(token);
    return token.append(".").append(to_base64url(signature));
}

Result<Jws> read_jws(std::string_view token)
{
    if (token.size() > token_bytes_max)
        return refuse("longer than 8 KiB");
    if (std::ranges::count(token, '.') != 2)
        return refuse("not three parts");
    auto const first = token.find('.');
    auto const second = token.rfind('.');
    Jws jws;
    GH_CHECK(read_header(token.substr(0, first), jws));
    auto payload = from_base64url(token.substr(first + 1, second - first - 1));
    auto signature = from_base64url(token.substr(second + 1));
    if (!payload || !signature)
        return refuse("payload or signature is not base64url");
    jws.payload = *std::move(payload);
    jws.signature = *std::move(signature);
    jws.signed_part = token.substr(0, second);
    return jws;
}

Result<void> check_jws(KeySet const& keys, Jws const& token)
{
    auto const* const named = keys.find(token.kid);
    if (!named)
        return refuse("no such key");
    auto const key = keys.for_algorithm(*named, token.algorithm);
    if (!key)
        return refuse("alg is not that of the key");
    if (!key->verifies(token.signed_part, token.signature))
        return refuse("the signature is wrong");
    return {};
}

Result<std::string> verify_jws(KeySet const& keys, std::string_view token)
{
    auto jws = GH_TRY(read_jws(token));
    GH_CHECK(check_jws(keys, jws));
    return std::move(jws.payload);
}

}  // namespace gatehouse::identity
