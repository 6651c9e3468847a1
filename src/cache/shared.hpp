// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "cache/local.hpp"

#include <functional>
#include <optional>
#include <string>

namespace gatehouse::cache {

// The port to a layer that nodes share and that outlives them. Nothing may hang on it: where it is
// away, slow or full, it fails soon, and the one who asked goes on as if nothing were kept. Answers
// come later, or at once where it cannot be asked; in the order of the questions.
class Shared {
public:
    using OnFound = std::move_only_function<void(Result<std::optional<std::string>>)>;
    using OnDropped = std::move_only_function<void(bool dropped)>;

    virtual ~Shared() = default;

    virtual void get(std::string key, OnFound done) = 0;
    // Keeps the value for so long, unless a newer version is kept, or this one was dropped.
    virtual void put(std::string key, Version version, std::string value, Milliseconds ttl) = 0;
    // What is kept is gone, and for some seconds nothing is kept that is not newer.
    virtual void drop(std::string key, Version version, OnDropped done) = 0;

    [[nodiscard]] virtual bool is_up() const = 0;
};

} // namespace gatehouse::cache
