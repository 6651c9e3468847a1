// SPDX-License-Identifier: Apache-2.0
#include "config/checking.hpp"
#include "config/values.hpp"

#include <array>
#include <fmt/format.h>
#include <string>
#include <string_view>

namespace gatehouse::config {
namespace {

// Does a listener on `one` take what comes for `other`?
bool is_taken(Address const& one, Address const& other)
{
    return one.port != 0 && one.port == other.port && (one.host == other.host || one.host.empty());
}

void check_apart(Checking& check, std::string_view name, Address const& one,
    std::string_view other_name, Address const& other)
{
    if (is_taken(one, other) || is_taken(other, one))
        check.wrong(fmt::format("/listen/{}", other_name),
            fmt::format("{} is taken by listen.{}: choose another port", write_value(other), name));
}

// A host name, or one whose first label is a star.
bool is_name(std::string_view name)
{
    if (name.starts_with("*."))
        name.remove_prefix(2);
    constexpr std::string_view known
        = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return !name.empty() && name.size() <= 253 && !name.starts_with('.')
        && name.find_first_not_of(known) == std::string_view::npos;
}

void check_names(Checking& check, Certificate const& certificate, std::string const& pointer)
{
    for (std::size_t i = 0; i < certificate.names.size(); i++)
        if (!is_name(certificate.names[i]))
            check.wrong(fmt::format("{}/names/{}", pointer, i),
                fmt::format("{} is no host name: write one such as b.example or *.b.example",
                    quote(certificate.names[i])));
}

} // namespace

void check_listeners(Checking& check)
{
    auto const& [http, https, admin] = check.settings().listen;
    check_apart(check, "http", http, "admin", admin);
    if (!https)
        return;
    if (https->proxy_protocol && check.settings().trusted_proxies.empty())
        check.wrong("/listen/https/proxy_protocol",
            "nobody could connect: name the balancers, trusted_proxies: [10.0.0.0/8]");
    check_apart(check, "http", http, "https", https->address);
    check_apart(check, "https", https->address, "admin", admin);
    if (check.settings().tls == Tls{})
        check.wrong("/listen/https",
            "TLS needs a certificate: write tls: { cert: cert.pem, key: key.pem }");
}

void check_tls(Checking& check)
{
    auto const& tls = check.settings().tls;
    if (tls == Tls{})
        return;
    if (!check.settings().listen.https)
        check.wrong("/tls", "nobody speaks TLS: write listen: { https: \":8443\" }, or remove it");
    if (tls.cert && !tls.key)
        check.wrong("/tls/cert", "a certificate needs its key: write key: key.pem");
    else if (tls.key && !tls.cert)
        check.wrong("/tls/key", "a key needs its certificate: write cert: cert.pem");
    else if (!tls.cert && tls.certificates.empty())
        check.wrong("/tls", "TLS needs a certificate: write cert: cert.pem and key: key.pem");
    for (std::size_t i = 0; i < tls.certificates.size(); i++)
        check_names(check, tls.certificates[i], fmt::format("/tls/certificates/{}", i));
    if (tls.client && !tls.client_ca)
        check.wrong(
            "/tls/client", "nobody vouches for clients: name their CA, client_ca: clients.pem");
}

} // namespace gatehouse::config
