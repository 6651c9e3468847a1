// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "gateway/config.hpp"
#include "node/node.hpp"
#include "storage/redis/client.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace gatehouse::server {

// Settings → what each module understands. The one place where both are known.

// Reads the folders that routes serve files from. Fails with bad_request where one is missing or
// beyond `folder_bytes_max` and `file_bytes_max`.
inline constexpr std::size_t folder_bytes_max = 64 * 1024 * 1024;
inline constexpr std::size_t file_bytes_max = 8 * 1024 * 1024;
[[nodiscard]] Result<std::shared_ptr<gateway::FileSet const>> read_folder(std::string const& path);

// Tells one store from another: "memory", "sqlite:" and the file's path without links, or the URL
// of a database without its password. The CLI
// compares the one that it was told to look into with the one that a running server holds.
[[nodiscard]] std::string store_name(config::Store const& store);

[[nodiscard]] Result<std::shared_ptr<gateway::Config const>> gateway_config(
    config::Settings const& settings);

// None where the settings name none.
[[nodiscard]] std::optional<storage::redis::Target> redis_target(config::Redis const& redis);

// `key` is the guests'.
[[nodiscard]] std::vector<node::WayOptions> map_auth(
    config::Settings const& settings, identity::SigningKey const& key);
[[nodiscard]] node::Matches matches_of(config::Settings const& settings);
[[nodiscard]] rooms::RoomsOptions rooms_options(
    config::Settings const& settings, std::size_t shards);

// "host:port" of every endpoint of every service.
[[nodiscard]] std::vector<std::string> endpoints_of(config::Settings const& settings);
[[nodiscard]] std::string to_text(config::Address const& address);

}  // namespace gatehouse::server
