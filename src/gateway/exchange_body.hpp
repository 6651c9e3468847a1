// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace gatehouse::gateway {

// What becomes of a request's body.
enum class Delivery : std::uint8_t {
    discard,
    stream,    // To the upstream, as it comes.
    collect,   // Whole, for the stage that waits for it.
    hand_over, // There is none, and Local takes the connection.
};

struct ExchangeBody {
    Delivery delivery = Delivery::discard;
    bool is_over = false; // All of the request was read.
    bool is_kept = false; // `collected` is the whole body.
    std::string collected;
    std::uint64_t bytes_in = 0;

    void clear()
    {
        delivery = Delivery::discard;
        is_over = is_kept = false;
        collected.clear();
        bytes_in = 0;
    }
};

} // namespace gatehouse::gateway
