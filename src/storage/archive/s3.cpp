// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/s3.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "storage/archive/s3_answer.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace gatehouse::storage::archive {

namespace {

constexpr std::size_t page_max = 1000; // As many as S3 lists at once.

} // namespace

Result<std::unique_ptr<S3>> S3::open(S3Options options)
{
    std::string_view const endpoint = options.endpoint;
    auto const colon = endpoint.find("://");
    auto const scheme = endpoint.substr(0, std::min(colon, endpoint.size()));
    auto const host = colon == endpoint.npos ? "" : endpoint.substr(colon + 3);
    if ((scheme != "http" && scheme != "https") || host.empty()
        || host.find_first_of("/?#@ ") != host.npos)
        return fail(ErrorCode::bad_request,
            "An S3 endpoint is written https://HOST or http://HOST:PORT, without a path.",
            options.endpoint);
    return std::unique_ptr<S3>(new S3(std::move(options)));
}

S3::S3(S3Options options)
    : options_(std::move(options))
    , scheme_(options_.endpoint.substr(0, options_.endpoint.find("://") + 3))
    , host_(options_.endpoint.substr(scheme_.size()))
    , root_("/")
    , caller_(options_.stop, options_.call_max)
{
    GH_ASSERT(options_.clock);
    if (options_.style == S3Style::host)
        host_ = options_.bucket + "." + host_;
    else
        root_ += options_.bucket + "/";
}

std::string S3::key_of(std::string_view name) const
{
    return options_.prefix + (options_.prefix.empty() ? "" : "/") + std::string(name);
}

Result<void> S3::put(std::string_view name, std::string_view bytes)
{
    GH_CHECK(check_name(name));
    if (bytes.size() > object_size_max)
        return fail(ErrorCode::too_large, "The archive takes no object of this size.",
            std::string(name) + " has " + std::to_string(bytes.size()) + " bytes");
    GH_CHECK(ask({.method = "PUT", .path = root_ + key_of(name),
        .headers = {{"content-type", "application/octet-stream"},
            {"x-amz-meta-sha256", to_hex(sha256(bytes))}},
        .body = bytes}));
    return {};
}

Result<std::string> S3::get(std::string_view name)
{
    GH_CHECK(check_name(name));
    auto answer = GH_TRY(ask({.method = "GET", .path = root_ + key_of(name), .headers = {}}));
    if (!answer.sha256.empty() && answer.sha256 != to_hex(sha256(answer.body)))
        return fail(ErrorCode::internal, "An object of the archive is damaged.",
            std::string(name) + " has not the SHA-256 that it was put with");
    return std::move(answer.body);
}

Result<std::vector<ObjectInfo>> S3::list(
    std::string_view prefix, std::string_view after, std::size_t objects_max)
{
    auto const root = key_of("");
    std::vector<ObjectInfo> objects;
    auto last = after.empty() ? "" : root + std::string(after);
    for (bool is_last = false; !is_last && objects.size() < objects_max;) {
        auto const count = std::min(objects_max - objects.size(), page_max);
        S3Request request{.method = "GET", .path = root_,
            .query = {{"list-type", "2"}, {"prefix", root + std::string(prefix)},
                {"max-keys", std::to_string(count)}},
            .headers = {}};
        if (!last.empty())
            request.query["start-after"] = last;
        auto const answer = GH_TRY(ask(std::move(request)));
        auto page = GH_TRY(read_page(answer.body));
        is_last = page.is_last || page.objects.empty();
        for (auto& object : page.objects) {
            if (object.name <= last)
                return fail(ErrorCode::internal, "The archive's service does not list as S3 does.",
                    object.name + " is listed after " + last);
            last = object.name;
            if (!object.name.starts_with(root) || !check_name(object.name.substr(root.size())))
                continue; // Not ours.
            objects.push_back({object.name.substr(root.size()), object.size});
        }
    }
    return objects;
}

Result<void> S3::remove(std::string_view name)
{
    GH_CHECK(check_name(name));
    auto const answer = ask({.method = "DELETE", .path = root_ + key_of(name), .headers = {}});
    if (!answer && answer.error().code != ErrorCode::not_found)
        return std::unexpected(answer.error());
    return {};
}

Result<HttpAnswer> S3::ask(S3Request request)
{
    auto wait = options_.first_pause;
    for (int tries = 1;; tries++, wait *= 2) {
        auto answer = try_once(request);
        bool const is_passing = !answer && answer.error().code == ErrorCode::unavailable;
        if (!is_passing || tries >= options_.tries_max || !pause(wait))
            return answer;
    }
}

// Signed anew each time: a signature is good for a quarter of an hour.
Result<HttpAnswer> S3::try_once(S3Request request)
{
    request.headers["host"] = host_;
    sign(request, options_.keys, options_.region, options_.clock());
    auto url = scheme_ + host_ + uri_encoded(request.path, true);
    if (!request.query.empty())
        url += "?" + uri_encoded(request.query);
    auto answer = GH_TRY(caller_.call(
        {request.method, std::move(url), std::move(request.headers), request.body}));
    if (answer.status >= 200 && answer.status < 300)
        return answer;
    return std::unexpected(
        error_of(answer.status, answer.body, request.method + " " + request.path));
}

bool S3::pause(Milliseconds duration) const
{
    constexpr Milliseconds glance{20};
    for (; duration.count() > 0 && !options_.stop.stop_requested(); duration -= glance)
        std::this_thread::sleep_for(std::min(duration, glance));
    return !options_.stop.stop_requested();
}

} // namespace gatehouse::storage::archive
