// SPDX-License-Identifier: Apache-2.0
#include "identity/certificate.hpp"

#include "base/text.hpp"
#include "identity/claims.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::identity {
namespace {

std::unexpected<Error> refuse(std::string detail)
{
    return fail(ErrorCode::unauthenticated, "the certificate names nobody who may come here",
        std::move(detail));
}

std::string in_small_letters(std::string text)
{
    for (auto& c : text)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return text;
}

std::vector<std::string> names_in(Certificate const& certificate, CertificateName name)
{
    switch (name) {
    case CertificateName::uri: return certificate.uris;
    case CertificateName::email: return certificate.emails;
    case CertificateName::subject: return {certificate.subject};
    case CertificateName::fingerprint: return {certificate.fingerprint};
    case CertificateName::dns: break;
    }
    std::vector<std::string> names;
    for (auto const& each : certificate.dns_names)
        names.push_back(in_small_letters(each));
    return names;
}

bool may_come(CertificateRules const& rules, std::string const& name)
{
    if (rules.name == CertificateName::dns && name.contains('*'))
        return false;
    auto const is_it = [&](std::string const& allowed) {
        return rules.name == CertificateName::dns ? equal_ignoring_case(allowed, name)
                                                  : allowed == name;
    };
    return rules.allowed.empty() || std::ranges::any_of(rules.allowed, is_it);
}

} // namespace

Result<Verified> principal_of(
    Certificate const& certificate, CertificateRules const& rules, WallTime now)
{
    if (now < certificate.not_before || now > certificate.not_after)
        return fail(ErrorCode::unauthenticated, "the certificate is not valid now",
            "from " + rfc3339(certificate.not_before.ms) + " to "
                + rfc3339(certificate.not_after.ms) + ", now it is " + rfc3339(now.ms));
    auto names = names_in(certificate, rules.name);
    std::erase_if(names, [&rules](auto const& each) { return !may_come(rules, each); });
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    auto const shown = "certificate " + certificate.fingerprint;
    if (names.size() != 1)
        return refuse(shown
            + (names.empty() ? " has no name that may come" : " has several names that may come"));
    auto id = rules.prefix + names.front();
    if (names.front().empty() || !is_principal_id(id))
        return refuse(shown + ": its name is no id of 1 to 256 bytes of UTF-8");
    return Verified{{.id = std::move(id), .kind = PrincipalKind::service, .roles = rules.roles},
        certificate.not_after + Milliseconds(1)};
}

} // namespace gatehouse::identity
