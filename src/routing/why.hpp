// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "routing/pattern.hpp"

#include <cstdint>
#include <string>

// Of single patterns, one by one: slower than Routes, and able to say why. For people, and a second
// opinion in tests.
namespace gatehouse::routing {

// What of a pattern does not fit a request: the first that does not.
enum class Misfit : std::uint8_t { none, host, path, fields, method };

[[nodiscard]] Misfit misfit_of(RoutePattern const& pattern, Asked const& asked);

// Both fit the request: why `winner` is the more specific one, as the end of "it loses, because
// the other …".
[[nodiscard]] std::string why_before(RoutePattern const& winner, RoutePattern const& other);

} // namespace gatehouse::routing
