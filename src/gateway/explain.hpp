// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/config.hpp"
#include "gateway/ports.hpp"
#include "http/message.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::gateway {

// A request that nobody sent.
struct Question {
    std::string method = "GET";
    std::string host{};
    std::string path = "/"; // As sent.
    std::string query{};
    http::Headers headers{};
    Listener listener = Listener::front;
};

// What would become of it.
struct Explanation {
    struct Considered {
        std::size_t route; // Its index in the options.
        std::string why;   // It does not take the request.
    };
    struct Step {
        std::string_view stage;
        std::string what;
    };
    std::string path{}; // Normalised. Empty: malformed.
    std::optional<std::size_t> route{};
    std::vector<Considered> others{}; // That have its host and path; no more than `others_max`.
    std::size_t elsewhere = 0;        // How many have another host or path.
    std::vector<Step> steps{}; // By stage, in their order; stages with nothing to do are left out.

    static constexpr std::size_t others_max = 20;
};

// Of the same router and the same options that requests follow. Decides nothing, asks nobody.
[[nodiscard]] Explanation explain(Config const& config, Question const& question);

} // namespace gatehouse::gateway
