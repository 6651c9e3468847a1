// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "events/store.hpp"

#include <optional>
#include <string>

namespace gatehouse::admin {

// Stored things as JSON, and back: what the admin API writes and the CLI reads.
void write_head(json::Writer& out, events::StreamHead const& head);
void write_event(json::Writer& out, events::Event const& event,
    events::PositionedEvent const* where = nullptr);

void write_key(json::Writer& out, events::MemberKey const& key);

// Empty where it is none.
[[nodiscard]] std::optional<events::StreamHead> read_head(json::Node node);
[[nodiscard]] std::optional<events::Event> read_event(json::Node node);
[[nodiscard]] std::optional<events::MemberKey> read_key(json::Node node);

}  // namespace gatehouse::admin
