// SPDX-License-Identifier: Apache-2.0
#include "config/checking.hpp"
#include "config/values.hpp"

#include <fmt/format.h>

namespace gatehouse::config {

void check_listeners(Checking& check)
{
    auto const& [http, admin] = check.settings().listen;
    if (http.port != 0 && http.port == admin.port && (http.host == admin.host || http.host.empty()))
        check.wrong("/listen/admin",
            fmt::format("{} is taken by listen.http: choose another port", write_value(admin)));
}

} // namespace gatehouse::config
