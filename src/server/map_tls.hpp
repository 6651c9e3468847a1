// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/load.hpp"
#include "net/tls_contexts.hpp"

#include <memory>
#include <optional>
#include <string>

namespace gatehouse::server {

// None where nobody speaks TLS.
[[nodiscard]] std::optional<net::TlsOptions> tls_options(config::Settings const& settings);

// Reads the files; null where nobody speaks TLS. An error begins with the place that names the
// file: "gatehouse.yaml:2:14: /tls/key: …".
[[nodiscard]] Result<std::shared_ptr<net::TlsContexts const>> load_tls(
    config::Loaded const& loaded);

// Why a certificate is good for nobody now, if so: "FILE expired on 2026-11-21: …".
[[nodiscard]] std::optional<std::string> out_of_date(
    net::TlsContexts::Certificate const& certificate, WallTime now);
// That none of these is, but those that were in force before: these are to be renewed, and nothing
// is won by refusing all else that has changed.
[[nodiscard]] Result<void> check_dates(
    net::TlsContexts const& contexts, net::TlsContexts const* before, WallTime now);

} // namespace gatehouse::server
