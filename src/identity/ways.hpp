// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/api_keys.hpp"
#include "identity/certificate.hpp"
#include "identity/claims.hpp"
#include "identity/key_source.hpp"
#include "identity/principal.hpp"
#include "identity/tokens.hpp"
#include "identity/verified_tokens.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace gatehouse::identity {

// What a request shows of who sends it. Lent for one call.
struct Evidence {
    std::optional<std::string_view>
        bearer{}; // Of `Authorization: Bearer`, or of a session's hello.
    std::optional<std::string_view> api_key{};
    Certificate const* certificate = nullptr; // Of the connection.
};

struct Absent { }; // Nothing was shown that this way looks at.
struct Later { };  // Ask again, with the same evidence, when the way's keys came or did not.

using Answer = std::variant<Absent, Verified, Error, Later>;

// One entry of `auth:` in the configuration: how somebody proves who they are. Belongs to one
// shard.
class Way {
public:
    virtual ~Way() = default;
    [[nodiscard]] virtual Answer verify(Evidence const& evidence, Now const& now) = 0;
};

// By the ways that a route names, in their order: the first that verifies counts. Otherwise Later,
// where one of them may yet; otherwise the error that says most: the issuer can't be asked, the
// token has expired, or what the first way said; Absent where nothing was shown to any.
[[nodiscard]] Answer verify_by(
    std::span<Way* const> ways, Evidence const& evidence, Now const& now);

// The field WWW-Authenticate (RFC 9110 §11.6.1, RFC 6750 §3) of the 401 or 403 for that error; of
// one for a request that showed nothing where there is none. `realm` has no quotes.
[[nodiscard]] std::string challenge_of(std::string_view realm, Error const* error);

// Anonymous sessions of this installation.
class GuestWay final : public Way {
public:
    explicit GuestWay(GuestTokens tokens)
        : tokens_(std::move(tokens))
    { }
    [[nodiscard]] Answer verify(Evidence const& evidence, Now const& now) override;

private:
    GuestTokens tokens_;
};

// Tokens of an issuer: players who signed in elsewhere, or services (ServiceTokens).
class JwtWay final : public Way {
public:
    struct Options {
        ClaimRules rules{};
        PrincipalKind kind = PrincipalKind::player;
        // Before `sub` in the principal's id, so that no issuer can name somebody of another.
        std::string prefix{};
        std::size_t remembered_max = 16'384;

        bool operator==(Options const&) const = default;
    };

    // `begin_fetch` is called when the source wants its keys fetched, and leads to fetched() or
    // failed(), not at once.
    JwtWay(Options options, KeySource source, std::move_only_function<void()> begin_fetch);

    [[nodiscard]] Answer verify(Evidence const& evidence, Now const& now) override;

    // See KeySource. What was remembered of tokens is forgotten: their key may be gone.
    [[nodiscard]] Result<void> fetched(
        std::string_view json, std::optional<Duration> max_age, TimePoint now);
    void failed() { source_.failed(); }

private:
    [[nodiscard]] Answer check(std::string_view token, Now const& now);

    Options options_;
    KeySource source_;
    std::move_only_function<void()> begin_fetch_;
    VerifiedTokens verified_;
};

// Keys that the operator made.
class ApiKeyWay final : public Way {
public:
    // What the store has under an id, or null; valid until the next call.
    using Find = std::move_only_function<ApiKey const*(std::string_view id)>;

    ApiKeyWay(std::string pepper, Find find)
        : pepper_(std::move(pepper))
        , find_(std::move(find))
    { }
    [[nodiscard]] Answer verify(Evidence const& evidence, Now const& now) override;

private:
    std::string pepper_;
    Find find_;
};

// Client certificates.
class CertificateWay final : public Way {
public:
    explicit CertificateWay(CertificateRules rules)
        : rules_(std::move(rules))
    { }
    [[nodiscard]] Answer verify(Evidence const& evidence, Now const& now) override;

private:
    CertificateRules rules_;
};

} // namespace gatehouse::identity
