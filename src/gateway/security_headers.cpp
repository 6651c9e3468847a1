// SPDX-License-Identifier: Apache-2.0
#include "gateway/security_headers.hpp"

#include <string_view>

namespace gatehouse::gateway {

void add_security_headers(SecurityOptions const& options, http::Headers& fields)
{
    auto const add = [&fields](std::string_view name, std::string_view value) {
        if (!value.empty() && !fields.find(name))
            fields.add(name, value);
    };
    add("X-Content-Type-Options", options.nosniff ? "nosniff" : "");
    add("X-Frame-Options", options.frame);
    add("Referrer-Policy", options.referrer);
    add("Content-Security-Policy", options.csp);
}

} // namespace gatehouse::gateway
