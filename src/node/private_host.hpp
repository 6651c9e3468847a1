// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace gatehouse::node {

// Is this Host (with or without a port) an address, or a name that nobody can hold in public: one
// label, or something under localhost, local, internal, svc or home.arpa (RFC 6761, 6762, 8375;
// ICANN's "internal")? Any other name a page that some browser shows can have lead here, and then
// read and order as if it were ours (DNS rebinding).
[[nodiscard]] bool is_private_host(std::string_view host);

} // namespace gatehouse::node
