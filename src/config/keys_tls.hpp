// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/note.hpp"
#include "config/settings_tls.hpp"

namespace gatehouse::config {

template <>
struct Keys<Tls> {
    static void each(auto& at, auto&& key)
    {
        key("cert", at.cert,
            Note{.help = "The certificate of listen.https, in PEM, followed by those of its "
                         "issuers. A new one is taken up as soon as the file changes.",
                .example = "/etc/gatehouse/cert.pem"});
        key("key", at.key,
            Note{.help = "Its private key, in PEM, without a passphrase.",
                .example = "/etc/gatehouse/key.pem"});
        key("certificates", at.certificates,
            Note{.help = "More of them, found by the name that a client asks for. Who asks for "
                         "none of their names is shown the first of all."});
        key("min", at.min,
            Note{.help = "The oldest version of TLS. Left out: 1.2.", .example = "\"1.3\""});
        key("client_ca", at.client_ca,
            Note{.help = "Whose certificates clients may show, in PEM. Left out: they are not "
                         "asked.",
                .example = "/etc/gatehouse/clients.pem"});
        key("client", at.client,
            Note{.help = "Whether a client must show one.", .example = "required"});
    }
};

template <>
struct Keys<Certificate> {
    static void each(auto& at, auto&& key)
    {
        key("cert", at.cert,
            Note{.help = "As tls.cert.", .example = "/etc/gatehouse/b.pem", .is_required = true});
        key("key", at.key,
            Note{.help = "As tls.key.", .example = "/etc/gatehouse/b.key", .is_required = true});
        key("names", at.names,
            Note{.help = "Whom it serves; *.b.example is every host right below b.example. Left "
                         "out: the DNS names that it says.",
                .example = "[b.example, \"*.b.example\"]"});
    }
};

} // namespace gatehouse::config
