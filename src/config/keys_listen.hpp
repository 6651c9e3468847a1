// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/note.hpp"
#include "config/settings_listen.hpp"

namespace gatehouse::config {

template <>
struct Keys<Listen> {
    static void each(auto& at, auto&& key)
    {
        key("http", at.http,
            Note{.help = "The public listener. Without a host: all addresses.",
                .example = "\":8080\""});
        key("https", at.https,
            Note{.help = "The public listener over TLS, for the same routes. Short form: the "
                         "address alone. Left out: none. See tls.",
                .example = "\":8443\""});
        key("admin", at.admin,
            Note{.help = "The operators' listener: health, metrics, rooms. Keep it private.",
                .example = "127.0.0.1:9901"});
    }
};

template <>
struct Keys<Https> {
    static void each(auto& at, auto&& key)
    {
        key("address", at.address,
            Note{.help = "Where. Without a host: all addresses.", .example = "\":8443\""});
        key("proxy_protocol", at.proxy_protocol,
            Note{.help = "Whether each connection begins with a header of the PROXY protocol, "
                         "version 2, as balancers send it that pass TLS on. Only trusted_proxies "
                         "may connect then.",
                .example = "on"});
    }
};

} // namespace gatehouse::config
