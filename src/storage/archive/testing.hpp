// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/archive/objects.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::storage::testing {

using archive::ObjectInfo;
using archive::Objects;

// Objects on which calls fail when told to: `calls` of them are left until then.
class Failing : public Objects {
public:
    explicit Failing(Objects& inner)
        : inner_(inner)
    { }

    Result<void> put(std::string_view name, std::string_view bytes) override
    {
        GH_CHECK(count());
        return inner_.put(name, bytes);
    }
    Result<std::string> get(std::string_view name) override
    {
        GH_CHECK(count());
        auto bytes = inner_.get(name);
        if (bytes && !bytes->empty() && damages && name.starts_with("pa"))
            (*bytes)[bytes->size() / 2] ^= 1;
        return bytes;
    }
    Result<std::vector<ObjectInfo>> list(
        std::string_view prefix, std::string_view after, std::size_t objects_max) override
    {
        GH_CHECK(count());
        lists_[std::string(prefix)]++;
        return inner_.list(prefix, after, objects_max);
    }
    Result<void> remove(std::string_view name) override
    {
        GH_CHECK(count());
        return inner_.remove(name);
    }

    // How many questions for the names that begin so.
    [[nodiscard]] std::size_t lists_of(std::string const& prefix) { return lists_[prefix]; }

    int calls = 1'000'000;
    bool damages = false;

private:
    Result<void> count()
    {
        if (calls-- > 0)
            return {};
        return fail(ErrorCode::unavailable, "The archive is away.");
    }

    Objects& inner_;
    std::map<std::string, std::size_t> lists_{};
};

} // namespace gatehouse::storage::testing
