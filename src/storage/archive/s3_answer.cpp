// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/s3_answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace gatehouse::storage::archive {

namespace {

// What stands between the tags, as it is; moves `xml` behind it.
std::optional<std::string_view> take(std::string_view& xml, std::string_view name)
{
    auto const open = "<" + std::string(name) + ">";
    auto const close = "</" + std::string(name) + ">";
    auto const from = xml.find(open);
    if (from == xml.npos)
        return std::nullopt;
    auto const to = xml.find(close, from + open.size());
    if (to == xml.npos)
        return std::nullopt;
    auto const inside = xml.substr(from + open.size(), to - from - open.size());
    xml.remove_prefix(to + close.size());
    return inside;
}

std::string without_entities(std::string_view text)
{
    static constexpr std::array<std::pair<std::string_view, char>, 5> entities{
        {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
    std::string out;
    while (!text.empty()) {
        auto const* const known = std::ranges::find_if(
            entities, [text](auto const& each) { return text.starts_with(each.first); });
        bool const is_entity = known != entities.end();
        out += is_entity ? known->second : text.front();
        text.remove_prefix(is_entity ? known->first.size() : 1);
    }
    return out;
}

struct Meaning {
    std::string_view code;
    ErrorCode error;
    std::string_view message;
};

constexpr std::array meanings{
    Meaning{"NoSuchKey", ErrorCode::not_found, "The archive has no such object."},
    Meaning{"NoSuchBucket", ErrorCode::internal,
        "The archive's bucket does not exist: make it, or name another in archive.to."},
    Meaning{"SignatureDoesNotMatch", ErrorCode::unauthenticated,
        "The archive's service refuses the signature: is archive.secret_key the right one?"},
    Meaning{"InvalidAccessKeyId", ErrorCode::unauthenticated,
        "The archive's service does not know archive.access_key."},
    Meaning{"ExpiredToken", ErrorCode::unauthenticated, "The archive's keys have expired."},
    Meaning{"RequestTimeTooSkewed", ErrorCode::unauthenticated,
        "This machine's clock is too far from that of the archive's service: set it right."},
    Meaning{"AuthorizationHeaderMalformed", ErrorCode::unauthenticated,
        "The archive's service expects another region: see archive.region."},
    Meaning{"PermanentRedirect", ErrorCode::unauthenticated,
        "The archive's bucket is elsewhere: see archive.region and archive.endpoint."},
    Meaning{"AccessDenied", ErrorCode::forbidden,
        "The archive's keys may not do this: they need to put, get, list and delete objects."},
    Meaning{"BadDigest", ErrorCode::unavailable, "Bytes changed on their way to the archive."},
    Meaning{"XAmzContentSHA256Mismatch", ErrorCode::unavailable,
        "Bytes changed on their way to the archive."},
    Meaning{"SlowDown", ErrorCode::unavailable, "The archive's service has too much to do."},
    Meaning{"RequestTimeout", ErrorCode::unavailable, "The archive's service was too slow."},
};

} // namespace

std::optional<std::string> element(std::string_view xml, std::string_view name)
{
    auto const text = take(xml, name);
    return text ? std::optional(without_entities(*text)) : std::nullopt;
}

Result<S3Page> read_page(std::string_view xml)
{
    auto const truncated = element(xml, "IsTruncated");
    if (!xml.contains("<ListBucketResult") || !xml.contains("</ListBucketResult>") || !truncated)
        return fail(ErrorCode::internal, "The archive's service does not list as S3 does.",
            std::string(xml.substr(0, 200)));
    S3Page page{.objects = {}, .is_last = *truncated != "true"};
    while (auto const contents = take(xml, "Contents")) {
        auto const key = element(*contents, "Key");
        auto const size = element(*contents, "Size").value_or("");
        ObjectInfo object{.name = key.value_or("")};
        auto const [end, error]
            = std::from_chars(size.data(), size.data() + size.size(), object.size);
        if (object.name.empty() || error != std::errc() || end != size.data() + size.size())
            return fail(ErrorCode::internal, "The archive's service does not list as S3 does.",
                std::string(contents->substr(0, 200)));
        page.objects.push_back(std::move(object));
    }
    return page;
}

Error error_of(long status, std::string_view xml, std::string_view about)
{
    auto const code = element(xml, "Code").value_or("");
    auto detail = std::string(about) + ": " + std::to_string(status) + " " + code;
    if (auto const message = element(xml, "Message"))
        detail += ": " + message->substr(0, 300);
    auto const* const known = std::ranges::find(meanings, code, &Meaning::code);
    if (known != meanings.end())
        return {known->error, std::string(known->message), std::move(detail)};
    if (status == 404)
        return {ErrorCode::not_found, "The archive has no such object.", std::move(detail)};
    if (status == 401 || status == 403)
        return {ErrorCode::forbidden, "The archive's service refuses us.", std::move(detail)};
    if (status >= 500 || status == 429 || status == 408)
        return {ErrorCode::unavailable, "The archive's service is not well.", std::move(detail)};
    return {ErrorCode::internal, "The archive's service refuses this.", std::move(detail)};
}

} // namespace gatehouse::storage::archive
