// SPDX-License-Identifier: Apache-2.0
#include "config/checking.hpp"

namespace gatehouse::config {

void check_auth(Checking& check)
{
    for (auto const& [name, auth] : check.settings().auth)
        if (!auth.anonymous && !check.is_blamed(member_pointer("/auth", name)))
            check.wrong(
                member_pointer("/auth", name), "names no kind of identity: write anonymous: {}");
}

} // namespace gatehouse::config
