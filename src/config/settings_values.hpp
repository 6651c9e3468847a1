// SPDX-License-Identifier: Apache-2.0
#pragma once

// What settings are made of: quantities with their units, addresses, references to secrets.

#include "base/time.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace gatehouse::config {

template <typename T> using Named = std::map<std::string, T, std::less<>>;

// "host:port". An empty host listens on all addresses; port 0 lets the system choose (listeners
// only).
struct Address {
    std::string host {}; // IPv6 without its brackets.
    std::uint16_t port = 0;

    bool operator==(Address const&) const = default;
};

struct Size {
    std::uint64_t bytes = 0;

    bool operator==(Size const&) const = default;
};

struct Percent {
    int value = 0;

    bool operator==(Percent const&) const = default;
};

struct Rate {
    int count = 0;
    Duration period {};

    bool operator==(Rate const&) const = default;
};

// A folder or file; absolute, or relative to the working directory as the main file's folder is.
struct Path {
    std::string text {};

    bool operator==(Path const&) const = default;
};

// The value of an `env:NAME` or `file:PATH` reference. The reference may be shown, the value never.
struct Secret {
    std::string reference {}; // Empty: none given.
    std::string value {};

    bool operator==(Secret const&) const = default;
};

} // namespace gatehouse::config
