// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/s3_signature.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

namespace gatehouse::storage::archive {

namespace {

std::string hmac(std::string_view key, std::string_view text)
{
    std::string code(32, '\0');
    unsigned size = 0;
    auto const* const bytes = reinterpret_cast<unsigned char const*>(text.data());
    GH_ASSERT(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(),
        reinterpret_cast<unsigned char*>(code.data()), &size));
    return code;
}

// "20261121T140307Z" of "2026-11-21T14:03:07.123Z".
std::string basic_time(WallTime at)
{
    auto text = rfc3339(at.ms).substr(0, 19) + "Z";
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

} // namespace

void sign(S3Request& request, S3Keys const& keys, std::string_view region, WallTime at)
{
    auto const time = basic_time(at);
    auto const day = time.substr(0, 8);
    auto const body_hash = to_hex(sha256(request.body));
    request.headers["x-amz-date"] = time;
    request.headers["x-amz-content-sha256"] = body_hash;

    auto canonical = request.method + "\n" + uri_encoded(request.path, true) + "\n"
        + uri_encoded(request.query) + "\n";
    std::string names;
    for (auto const& [name, value] : request.headers) {
        canonical += name + ":" + value + "\n";
        names += (names.empty() ? "" : ";") + name;
    }
    canonical += "\n" + names + "\n" + body_hash;

    auto const scope = day + "/" + std::string(region) + "/s3/aws4_request";
    auto const text
        = "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" + to_hex(sha256(canonical));
    auto const key
        = hmac(hmac(hmac(hmac("AWS4" + keys.secret, day), region), "s3"), "aws4_request");
    request.headers["authorization"] = "AWS4-HMAC-SHA256 Credential=" + keys.id + "/" + scope
        + ",SignedHeaders=" + names + ",Signature=" + to_hex(hmac(key, text));
}

std::string uri_encoded(std::string_view text, bool is_path)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789-._~";
    std::string out;
    for (auto const c : text) {
        if (plain.contains(c) || (is_path && c == '/')) {
            out += c;
            continue;
        }
        auto const byte = static_cast<unsigned char>(c);
        out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
}

std::string uri_encoded(std::map<std::string, std::string> const& query)
{
    std::string out;
    for (auto const& [name, value] : query)
        out += (out.empty() ? "" : "&") + uri_encoded(name) + "=" + uri_encoded(value);
    return out;
}

} // namespace gatehouse::storage::archive
