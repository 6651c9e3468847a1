// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "node/ways.hpp"

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace gatehouse::server {

using node::FetchedKeys;

// Where an issuer's keys are: at a URL, or where he says so himself (OpenID Connect Discovery 1.0).
struct KeyPlace {
    std::string url{};    // Empty: the issuer is asked.
    std::string issuer{}; // As his tokens name him.

    bool operator==(KeyPlace const&) const = default;
};

// Blocking, over libcurl: 5 s and 256 KiB an answer, HTTPS but for this machine, no redirects, 200
// and nothing else. The error's detail says what was asked and what was wrong.
[[nodiscard]] Result<FetchedKeys> fetch_keys(KeyPlace const& place, std::stop_token const& stop);

// How long an answer may be kept, where its Cache-Control says so (RFC 9111 §5.2.2).
[[nodiscard]] std::optional<Duration> max_age_of(std::string_view cache_control);

// Where the configuration of an issuer says that his keys are. Fails where it is none, or
// another's.
[[nodiscard]] Result<std::string> read_discovery(std::string_view json, std::string_view issuer);

} // namespace gatehouse::server
