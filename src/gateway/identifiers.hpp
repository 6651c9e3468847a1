// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::gateway {

// Makes request, trace and span ids: chance drawn from the dice a few thousand bytes at a time,
// because asking the kernel per request would cost more than the rest of the pipeline.
class Identifiers {
public:
    explicit Identifiers(Dice& dice) : dice_(dice) {}

    // Appends `bytes` random bytes as lower-case hexadecimal digits.
    void append(std::string& out, std::size_t bytes);

private:
    Dice& dice_;
    std::string chance_;
    std::size_t used_ = 0;
};

// The parts of a traceparent field (W3C Trace Context §3.2) that travel on.
struct TraceParent {
    std::string_view trace_id; // 32 digits
    std::string_view flags;    // 2 digits
};

// Nothing where the field is malformed: then a new trace begins.
[[nodiscard]] std::optional<TraceParent> parse_traceparent(std::string_view text);

}  // namespace gatehouse::gateway
