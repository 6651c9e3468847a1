// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/owned.hpp"

#include <openssl/ssl.h>
#include <string>

// What of OpenSSL has one owner, and what it says went wrong.
namespace gatehouse::net {

using SslContext = Owned<SSL_CTX, SSL_CTX_free>;
using Ssl = Owned<SSL, SSL_free>;
using X509Certificate = Owned<X509, X509_free>;
using PrivateKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using Bio = Owned<BIO, BIO_free>;

// The last error of this thread in a few words ("no shared cipher"); forgets all of them.
[[nodiscard]] std::string take_openssl_error();

} // namespace gatehouse::net
