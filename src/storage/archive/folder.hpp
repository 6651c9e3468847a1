// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/archive/objects.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>

namespace gatehouse::storage::archive {

// Objects as files of a folder: written beside their place under a name that no object can have,
// fsynced, renamed, and the folder fsynced. What a crash leaves of that is never listed, and goes
// with the last object beside it. Another folder in its place, as where a disk is mounted no more,
// is `unavailable`: what is not in it says nothing of what was written. One with a `marker` is the
// same, mounted anew.
class Folder : public Objects {
public:
    // Makes the folder where it is not there.
    [[nodiscard]] static Result<std::unique_ptr<Folder>> open(std::filesystem::path root);

    Result<void> put(std::string_view name, std::string_view bytes) override;
    Result<std::string> get(std::string_view name) override;
    Result<std::vector<ObjectInfo>> list(
        std::string_view prefix, std::string_view after, std::size_t objects_max) override;
    Result<void> remove(std::string_view name) override;

    // To the end of the object, which is made where there is none. Durable when it returns; of what
    // was not, there may be a part.
    [[nodiscard]] Result<void> append(std::string_view name, std::string_view bytes);

private:
    explicit Folder(std::filesystem::path root)
        : root_(std::move(root))
        , place_(place())
    { }

    using Place = std::pair<std::uint64_t, std::uint64_t>; // File system, and number there.

    [[nodiscard]] Place place() const;
    [[nodiscard]] Result<void> check_place();

    std::filesystem::path root_;
    Place place_;
};

} // namespace gatehouse::storage::archive
