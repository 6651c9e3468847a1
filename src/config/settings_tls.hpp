// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_values.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config {

enum class TlsVersion : std::uint8_t { v1_2, v1_3 };
constexpr std::array<std::string_view, 2> enum_names(TlsVersion)
{
    return {"1.2", "1.3"};
}

enum class ClientCertificates : std::uint8_t { optional, required };
constexpr std::array<std::string_view, 2> enum_names(ClientCertificates)
{
    return {"optional", "required"};
}

struct Certificate {
    Path cert{};
    Path key{};
    std::vector<std::string> names{}; // Empty: those that the certificate says.

    bool operator==(Certificate const&) const = default;
};

struct Tls {
    // Of the first certificate, which serves whoever asks for no other's name.
    std::optional<Path> cert{};
    std::optional<Path> key{};
    std::vector<Certificate> certificates{};
    std::optional<TlsVersion> min{};            // Empty: 1.2.
    std::optional<Path> client_ca{};            // Empty: clients are asked for no certificate.
    std::optional<ClientCertificates> client{}; // Empty: optional.

    bool operator==(Tls const&) const = default;
};

} // namespace gatehouse::config
