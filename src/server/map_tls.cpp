// SPDX-License-Identifier: Apache-2.0
#include "server/map_tls.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>
#include <vector>

namespace gatehouse::server {
namespace {

net::ClientCheck check_of(config::Tls const& tls)
{
    if (!tls.client_ca)
        return net::ClientCheck::none;
    return tls.client == config::ClientCertificates::required ? net::ClientCheck::required
                                                              : net::ClientCheck::optional;
}

// Which setting names this file.
std::string pointer_to(config::Tls const& tls, std::string const& file)
{
    std::vector<std::pair<std::string, std::string>> named;
    auto const name = [&](std::string pointer, std::optional<config::Path> const& path) {
        if (path)
            named.emplace_back(std::move(pointer), path->text);
    };
    name("/tls/cert", tls.cert);
    name("/tls/key", tls.key);
    name("/tls/client_ca", tls.client_ca);
    for (std::size_t i = 0; i < tls.certificates.size(); i++) {
        auto const at = fmt::format("/tls/certificates/{}", i);
        name(at + "/cert", tls.certificates[i].cert);
        name(at + "/key", tls.certificates[i].key);
    }
    auto const found = std::ranges::find(named, file, &std::pair<std::string, std::string>::second);
    return found == named.end() ? "/tls" : found->first;
}

std::string day_of(WallTime time)
{
    return rfc3339(time.ms).substr(0, 10);
}

} // namespace

std::optional<net::TlsOptions> tls_options(config::Settings const& settings)
{
    auto const& tls = settings.tls;
    if (!settings.listen.https)
        return std::nullopt;
    net::TlsOptions options{.version_min = tls.min && *tls.min == config::TlsVersion::v1_3
            ? net::TlsVersion::tls_1_3
            : net::TlsVersion::tls_1_2,
        .client_ca = tls.client_ca ? tls.client_ca->text : "",
        .client = check_of(tls)};
    if (tls.cert)
        options.certificates.push_back({.certificate = tls.cert->text, .key = tls.key->text});
    for (auto const& [cert, key, names] : tls.certificates)
        options.certificates.push_back({.certificate = cert.text, .key = key.text, .names = names});
    return options;
}

Result<std::shared_ptr<net::TlsContexts const>> load_tls(config::Loaded const& loaded)
{
    auto const options = tls_options(loaded.settings);
    if (!options)
        return nullptr;
    auto contexts = net::TlsContexts::load(*options);
    if (contexts)
        return contexts;
    auto const pointer = pointer_to(loaded.settings.tls, contexts.error().detail);
    config::Problem const problem{.place = config::place_of(loaded.origins, pointer),
        .pointer = pointer,
        .message = contexts.error().message};
    return fail(ErrorCode::bad_request, problem.text());
}

std::optional<std::string> out_of_date(
    net::TlsContexts::Certificate const& certificate, WallTime now)
{
    if (now > certificate.not_after)
        return fmt::format(
            "{} expired on {}: renew it", certificate.file, day_of(certificate.not_after));
    if (now < certificate.not_before)
        return fmt::format("{} is not valid before {}: is this machine's clock right?",
            certificate.file, day_of(certificate.not_before));
    return std::nullopt;
}

Result<void> check_dates(
    net::TlsContexts const& contexts, net::TlsContexts const* before, WallTime now)
{
    for (auto const& each : contexts.certificates()) {
        auto const is_same
            = [&](auto const& other) { return other.fingerprint == each.fingerprint; };
        bool const is_in_force = before && std::ranges::any_of(before->certificates(), is_same);
        if (auto const why = out_of_date(each, now); why && !is_in_force)
            return fail(ErrorCode::bad_request, *why);
    }
    return {};
}

} // namespace gatehouse::server
