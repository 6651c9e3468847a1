// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace gatehouse::cbor {

// The same messages in CBOR and in JSON (RFC 8949 §6), for those who talk to clients in either.

// Appends to `out` what this one item says, as JSON. Takes whatever encoders write: floats of all
// sizes (whole ones up to 2^53 become integers, for so JavaScript sends large integers), indefinite
// lengths, tags (which are passed over); `undefined` is null. Fails with
// bad_request, and at which byte, for byte strings, keys that are not text, numbers that JSON does
// not have, text that is not UTF-8, what nests deeper than 64, and anything behind the item.
[[nodiscard]] Result<void> append_json(std::string& out, std::string_view item);

// The other way, deterministic (§4.2.1) but for the order of members, which stays as it is: whole
// numbers as integers, others as the shortest float that holds them.
void append_cbor(std::string& out, json::Node value);

} // namespace gatehouse::cbor
