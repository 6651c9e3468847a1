// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/event.hpp"

#include <string_view>

// The hash chain of a stream: each event carries a digest of itself and of the link before it, so
// whoever has a link can prove every event up to it, wherever they come from: memory, a store, an
// archive, a backup. Links are made where events are made, and travel with them.
namespace gatehouse::events {

// What the first event of a stream links to: no other stream's events can stand in its place.
[[nodiscard]] Link chain_start(std::string_view stream);

// The first 16 bytes of SHA-256 over: the link before, `version`, `at`, `actor`, `action`, `schema`
// and the size of `type` (each as 8 bytes, big-endian), `type`, `data`. `event.link` is not looked
// at.
[[nodiscard]] Link chain_link(Link const& before, Event const& event);

} // namespace gatehouse::events
