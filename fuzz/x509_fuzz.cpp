// SPDX-License-Identifier: Apache-2.0

// Whatever a client shows as its certificate: it is none, or its names hold no NUL, are not too
// many, and say who it is or that it is nobody.

#include "base/assert.hpp"
#include "identity/x509.hpp"

#include <cstdint>
#include <string_view>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const der(reinterpret_cast<char const*>(data), size);
    auto const read = identity::read_certificate(der);
    if (!read)
        return 0;
    GH_ASSERT(read->fingerprint.size() == 64);
    for (auto const* names : {&read->uris, &read->dns_names, &read->emails}) {
        GH_ASSERT(names->size() <= identity::names_max);
        for (auto const& name : *names)
            GH_ASSERT(!name.contains('\0'));
    }
    using enum identity::CertificateName;
    for (auto const name : {uri, dns, email, subject, fingerprint})
        static_cast<void>(identity::principal_of(*read, {.name = name}, read->not_after));
    return 0;
}
