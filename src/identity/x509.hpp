// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "identity/certificate.hpp"

#include <string_view>

namespace gatehouse::identity {

// What a certificate in DER says (RFC 5280 §4). Nothing is verified: that is done where it came
// from. A name that holds a NUL is left out, for others would read it up to there; so is what comes
// behind `names_max` names of one kind. Fails with bad_request where it is no certificate.
inline constexpr std::size_t names_max = 64;
[[nodiscard]] Result<Certificate> read_certificate(std::string_view der);

} // namespace gatehouse::identity
