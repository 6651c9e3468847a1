// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "gateway/files.hpp"
#include "gateway/texts.hpp"
#include "http/message.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace gatehouse::gateway {

// The answer: an error, one made here, a file, or an upstream's.
struct ExchangeAnswer {
    struct Refusal {
        ErrorCode code;
        std::string message;
        int status; // 0: the code's own.
        std::string details{}; // JSON; empty: none.
    };
    std::optional<Refusal> refusal;
    std::optional<http::Response> made;
    File const* file = nullptr;
    http::ResponseHead const* upstream = nullptr; // Lent by the call while `shape` runs.

    std::string allowed;  // The Allow field of a 405.
    http::Headers fields; // Of the head, as they are sent.
    Texts texts;          // What is said of them here.

    bool is_head_sent = false;
    bool is_last = false; // Nobody can tell where a next request would begin.
    int status = 0;
    std::uint64_t bytes_out = 0;

    void clear()
    {
        refusal.reset();
        made.reset();
        file = nullptr;
        upstream = nullptr;
        allowed.clear();
        fields.clear();
        texts.clear();
        is_head_sent = is_last = false;
        status = 0;
        bytes_out = 0;
    }
};

} // namespace gatehouse::gateway
