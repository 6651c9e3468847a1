// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/archive/objects.hpp"
#include "storage/archive/s3_call.hpp"
#include "storage/archive/s3_signature.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace gatehouse::storage::archive {

enum class S3Style : std::uint8_t {
    path, // https://endpoint/bucket/name
    host, // https://bucket.endpoint/name
};

struct S3Options {
    std::string endpoint; // "https://s3.eu-central-1.amazonaws.com", with a port if need be.
    std::string bucket;
    std::string prefix{}; // Of all names, without a '/' at its end. Empty: none.
    std::string region;
    S3Style style = S3Style::path;
    S3Keys keys;
    int tries_max = 5;
    std::chrono::seconds call_max{300};
    Milliseconds first_pause{200};       // Twice as long after each try.
    std::function<WallTime()> clock{};   // What time it is.
    std::stop_token stop{};              // Cuts waits and calls short.
};

// Objects in a bucket of an S3-compatible service. What may be passing (a full service, a lost
// connection, half an answer) is tried again, `tries_max` times in all. Bodies are signed, so the
// service refuses those that changed on their way; each object carries its SHA-256, by which what
// comes back is checked.
class S3 : public Objects {
public:
    // Asks nothing yet. `bad_request` where the endpoint is none.
    [[nodiscard]] static Result<std::unique_ptr<S3>> open(S3Options options);

    Result<void> put(std::string_view name, std::string_view bytes) override;
    Result<std::string> get(std::string_view name) override;
    Result<std::vector<ObjectInfo>> list(
        std::string_view prefix, std::string_view after, std::size_t objects_max) override;
    Result<void> remove(std::string_view name) override;

private:
    explicit S3(S3Options options);

    std::string key_of(std::string_view name) const;
    Result<HttpAnswer> ask(S3Request request);
    Result<HttpAnswer> try_once(S3Request request);
    [[nodiscard]] bool pause(Milliseconds duration) const;

    S3Options options_;
    std::string scheme_; // "https://"
    std::string host_;
    std::string root_; // Of the paths: "/" or "/bucket/".
    HttpCaller caller_;
};

} // namespace gatehouse::storage::archive
