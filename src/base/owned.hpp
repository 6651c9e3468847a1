// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace gatehouse {

template <auto release>
struct Release {
    void operator()(auto* object) const { release(object); }
};

// An object of a C library with one owner, who gives it back by the library's own function:
// Owned<EVP_MD_CTX, EVP_MD_CTX_free>.
template <typename T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

} // namespace gatehouse
