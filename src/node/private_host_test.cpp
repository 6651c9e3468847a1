// SPDX-License-Identifier: Apache-2.0
#include "node/private_host.hpp"

#include <gtest/gtest.h>

namespace gatehouse::node {
namespace {

TEST(PrivateHost, is_an_address_or_a_name_that_nobody_can_hold_in_public)
{
    for (auto const* const host : {"127.0.0.1:9901", "10.0.0.7", "[::1]:9901", "[fe80::1]",
             "localhost:9901", "LOCALHOST", "gatehouse", "gatehouse:9901", "a.localhost",
             "game1.local", "game1.internal.", "gatehouse.games.svc",
             "g.games.svc.cluster.local:9901", "box.home.arpa", ""})
        EXPECT_TRUE(is_private_host(host)) << host;
    for (auto const* const host : {"evil.example", "evil.example:9901", "127.0.0.1.evil.example",
             "local.evil.example", "evillocal.example", "notlocal.com.", "[evil.example]", "[::1",
             "1.2.3.4.5", "x.arpa"})
        EXPECT_FALSE(is_private_host(host)) << host;
}

} // namespace
} // namespace gatehouse::node
