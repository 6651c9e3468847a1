// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "cache/local.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::cache {

// The port to a layer that nodes share and that outlives them. Nothing may hang on it: where it is
// away, slow or full, it fails soon, and the one who asked goes on as if nothing were kept. Answers
// come later, or at once where it cannot be asked; in the order of the questions.
class Shared {
public:
    struct Found {
        std::optional<std::string> value{};
        std::optional<WallTime> void_until{}; // What was made then or before does not count.
    };
    using OnFound = std::move_only_function<void(Result<Found>)>;
    using OnDropped = std::move_only_function<void(bool dropped)>;

    // A space holds the keys of one cache.
    struct Name {
        std::string_view space;
        std::string_view key;
    };

    virtual ~Shared() = default;

    virtual void get(Name name, OnFound done) = 0;
    // Keeps the value for so long, unless a newer version is kept, or this one was dropped.
    virtual void put(Name name, Version version, std::string_view value, Milliseconds ttl) = 0;
    // What is kept is gone, and for some seconds nothing is kept that is not newer.
    virtual void drop(Name name, Version version, OnDropped done) = 0;
    // Whatever was made until then is void, for so long.
    virtual void clear(std::string_view space, WallTime until, Milliseconds ttl) = 0;

    [[nodiscard]] virtual bool is_up() const = 0;
};

} // namespace gatehouse::cache
