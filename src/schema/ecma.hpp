// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace gatehouse::schema {

// A regular expression of ECMA-262 with the flag `u` (what JSON Schema asks for, 2020-12 core §6.4)
// in RE2's syntax, where it means the same: \d and \w are ASCII, \s and "." know Unicode's spaces
// and line ends, groups capture nothing. Escapes of punctuation that need none are let pass.
//
// The error is for people: lookaround and backreferences, which no engine runs in linear time, and
// what is no ECMA-262 at all.
[[nodiscard]] std::expected<std::string, std::string> ecma_to_re2(std::string_view pattern);

} // namespace gatehouse::schema
