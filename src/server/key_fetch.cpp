// SPDX-License-Identifier: Apache-2.0
#include "server/key_fetch.hpp"

#include "base/assert.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "config/values_auth.hpp"
#include "http/grammar.hpp"
#include "identity/jwks.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <utility>

namespace gatehouse::server {
namespace {

constexpr long answer_ms_max = 5'000;
constexpr std::size_t answer_bytes_max = identity::KeySet::json_bytes_max;
constexpr std::string_view discovery_path = "/.well-known/openid-configuration";

struct Answer {
    std::string body{};
    std::string cache_control{};
    bool is_too_long = false;
};

struct FreeCurl {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* into)
{
    auto& answer = *static_cast<Answer*>(into);
    answer.is_too_long = answer.body.size() + size > answer_bytes_max;
    if (answer.is_too_long)
        return 0;
    answer.body.append(bytes, size);
    return size;
}

std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* into)
{
    constexpr std::string_view name = "cache-control:";
    std::string_view const line(bytes, size);
    if (equal_ignoring_case(line.substr(0, name.size()), name))
        static_cast<Answer*>(into)->cache_control = line.substr(name.size());
    return size;
}

int is_stopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<std::stop_token const*>(stop)->stop_requested() ? 1 : 0;
}

std::unexpected<Error> trouble(std::string const& url, std::string_view what)
{
    return fail(ErrorCode::unavailable, "the issuer's keys cannot be fetched",
        url + ": " + std::string(what));
}

Result<Answer> get(std::string const& url, std::stop_token const& stop)
{
    if (auto const wrong = config::check_key_url(url))
        return trouble(url, *wrong);
    std::unique_ptr<CURL, FreeCurl> const curl(curl_easy_init());
    std::unique_ptr<curl_slist, FreeList> const fields(
        curl_slist_append(nullptr, "Accept: application/json"));
    GH_ASSERT(curl && fields);
    auto const set = [&curl](CURLoption option, auto value) {
        auto const done = curl_easy_setopt(curl.get(), option, value);
        GH_ASSERT(done == CURLE_OK);
    };
    Answer answer;
    std::string reason(CURL_ERROR_SIZE, '\0');
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, answer_ms_max);
    set(CURLOPT_USERAGENT, "gatehouse");
    set(CURLOPT_HTTPHEADER, fields.get());
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, &answer);
    set(CURLOPT_HEADERFUNCTION, &take_header);
    set(CURLOPT_HEADERDATA, &answer);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &is_stopped);
    set(CURLOPT_XFERINFODATA, &stop);
    set(CURLOPT_ERRORBUFFER, reason.data());
    auto const code = curl_easy_perform(curl.get());
    if (answer.is_too_long)
        return trouble(url, "the answer is longer than 256 KiB");
    if (code != CURLE_OK)
        return trouble(url, reason[0] ? reason.c_str() : curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        return trouble(url,
            "it answers " + std::to_string(status)
                + (status / 100 == 3 ? ", and redirects are not followed" : ""));
    return answer;
}

} // namespace

std::optional<Duration> max_age_of(std::string_view cache_control)
{
    constexpr std::string_view name = "max-age=";
    for (std::size_t at = 0; at < cache_control.size();) {
        auto const end = std::min(cache_control.find(',', at), cache_control.size());
        auto const directive = http::trim(cache_control.substr(at, end - at));
        at = end + 1;
        if (!equal_ignoring_case(directive.substr(0, name.size()), name))
            continue;
        auto const digits = directive.substr(name.size());
        std::uint32_t seconds = 0;
        auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
        if (read.ec == std::errc() && read.ptr == digits.data() + digits.size())
            return std::chrono::seconds(seconds);
    }
    return std::nullopt;
}

Result<std::string> read_discovery(std::string_view json, std::string_view issuer)
{
    json::Parser parser;
    auto const root = parser.parse(json);
    auto const text = [&root](std::string_view name) {
        auto const member = root ? root->find(name) : std::nullopt;
        return std::string(member ? member->text().value_or("") : std::string_view());
    };
    // §4.3: it must be just the one who was asked.
    if (auto const named = text("issuer"); named != issuer)
        return fail(ErrorCode::unavailable, "the issuer's keys cannot be fetched",
            "the configuration of " + std::string(issuer) + " names another issuer: " + named);
    auto uri = text("jwks_uri");
    if (uri.empty())
        return fail(ErrorCode::unavailable, "the issuer's keys cannot be fetched",
            "the configuration of " + std::string(issuer) + " has no jwks_uri");
    return uri;
}

Result<FetchedKeys> fetch_keys(KeyPlace const& place, std::stop_token const& stop)
{
    auto url = place.url;
    if (url.empty()) {
        auto issuer = place.issuer;
        while (issuer.ends_with('/')) // §4.1
            issuer.pop_back();
        auto const said = GH_TRY(get(issuer + std::string(discovery_path), stop));
        url = GH_TRY(read_discovery(said.body, place.issuer));
    }
    auto answer = GH_TRY(get(url, stop));
    return FetchedKeys{std::move(answer.body), max_age_of(answer.cache_control)};
}

} // namespace gatehouse::server
