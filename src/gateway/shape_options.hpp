// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::gateway {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

// In this order: what is removed, what is set in place of all of that name, what is added.
struct HeaderEdits {
    std::vector<std::string> remove{};
    NamedValues set{};
    NamedValues add{};

    [[nodiscard]] bool is_empty() const { return remove.empty() && set.empty() && add.empty(); }
};

struct RedirectOptions {
    std::string to{}; // See routing/rewrite.hpp.
    int status = 308; // 301, 302, 303, 307 or 308.
};

// Which pages of other origins may read answers (the Fetch standard, "CORS protocol").
struct CorsOptions {
    std::vector<std::string> origins{}; // "https://a.example", "https://*.a.example", or "*".
    std::vector<std::string> headers{}; // That they may send; "*": whatever they ask for.
    std::vector<std::string> expose{};  // Of answers, that they may read.
    bool credentials = false;           // Cookies and the like are sent along.
    Duration max_age = std::chrono::minutes(10); // A browser asks once in so long.
};

// What browsers are told about a page, where the answer does not say it itself. Empty: nothing.
struct SecurityOptions {
    bool nosniff = true;
    std::string frame = "DENY";
    std::string referrer = "strict-origin-when-cross-origin";
    std::string csp{};
};

struct ShapeOptions {
    std::string rewrite{}; // The path that the target sees (routing/rewrite.hpp). Empty: as it is.
    std::optional<RedirectOptions> redirect{}; // Of Target::redirect.
    HeaderEdits request{};
    HeaderEdits response{};
    std::optional<CorsOptions> cors{};
    std::optional<SecurityOptions> security{};
};

} // namespace gatehouse::gateway
