// SPDX-License-Identifier: Apache-2.0
#include "identity/verified_tokens.hpp"

#include <utility>

namespace gatehouse::identity {

Verified const* VerifiedTokens::find(std::string const& digest)
{
    if (auto const found = young_.find(digest); found != young_.end())
        return &found->second;
    auto kept = old_.extract(digest);
    if (!kept)
        return nullptr;
    make_room();
    return &young_.insert(std::move(kept)).position->second;
}

void VerifiedTokens::remember(std::string digest, Verified login)
{
    if (generation_max_ == 0)
        return;
    make_room();
    young_.insert_or_assign(std::move(digest), std::move(login));
}

void VerifiedTokens::make_room()
{
    if (young_.size() >= generation_max_)
        old_ = std::exchange(young_, {});
}

}  // namespace gatehouse::identity
