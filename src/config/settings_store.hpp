// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_values.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::config {

// `memory`, `sqlite:PATH`, or `postgresql://USER:SECRET@HOST/DATABASE` with a SECRET by reference.
struct Store {
    enum class Kind : std::uint8_t { memory, sqlite, postgres };

    Kind kind = Kind::sqlite;
    Path path {"data/gatehouse.db"}; // Of sqlite; of postgres, only its folder counts.
    std::string url {};              // Of postgres, without its password.
    Secret password {};

    // Where this node keeps what it must not forget beside the store, such as the key that signs
    // guests' tokens. Empty for a store in memory: such a node forgets.
    [[nodiscard]] std::string data_folder() const;

    bool operator==(Store const&) const = default;
};

// What nodes share for speed, and can do without: `none`, `unix:PATH`, or
// `redis://[USER:SECRET@]HOST[:PORT][/DATABASE]` with a SECRET by reference.
struct Redis {
    enum class Kind : std::uint8_t { none, host, socket };

    Kind kind = Kind::none;
    Address address {};
    Path socket {};
    std::string user {}; // Empty: the default user.
    Secret password {};
    int database = 0;

    bool operator==(Redis const&) const = default;
};

// Where objects are kept: `none`, `file:FOLDER` or `s3://BUCKET/PREFIX`.
struct ObjectStore {
    enum class Kind : std::uint8_t { none, folder, bucket };

    Kind kind = Kind::none;
    Path folder {};
    std::string bucket {};
    std::string prefix {}; // Of all names in the bucket, without a '/' at its end.

    bool operator==(ObjectStore const&) const = default;
};

enum class S3Style : std::uint8_t { path, host };
constexpr std::array<std::string_view, 2> enum_names(S3Style)
{
    return {"path", "host"};
}

// Finished rooms, out of the store.
struct Archive {
    ObjectStore to {};
    std::string endpoint {}; // "https://HOST". Empty: Amazon's of the region.
    std::string region = "us-east-1";
    S3Style style = S3Style::path; // Is the bucket part of the path or of the host?
    Secret access_key {};
    Secret secret_key {};
    Duration after = std::chrono::hours(24);
    std::optional<Duration> keep {}; // Empty: for ever.
    // So many events of a room that is not finished leave the store. Empty: none.
    std::optional<int> compact {};

    bool operator==(Archive const&) const = default;
};

// The embedded store itself, elsewhere: what a lost machine is replaced from. A bucket is asked as
// `archive` says: the same service, the same keys.
struct Backup {
    ObjectStore to {};
    Duration base_every = std::chrono::hours(24);
    Duration keep = std::chrono::hours(14 * 24);

    bool operator==(Backup const&) const = default;
};

// In place of what `archive` says, for the rooms of one game.
struct GameArchive {
    std::optional<Duration> after {};
    std::optional<Duration> keep {};

    bool operator==(GameArchive const&) const = default;
};

} // namespace gatehouse::config
