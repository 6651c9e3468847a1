// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "identity/principal.hpp"

#include <cstddef>
#include <string>
#include <unordered_map>

namespace gatehouse::identity {

// Remembers tokens whose signature was found good, by the SHA-256 of their text, so that a token in
// use is checked once. Two generations: the young one takes newcomers and whatever is asked for;
// when it holds half of `tokens_max`, it grows old and the former old one is dropped whole. So a
// token in use stays, and one that nobody shows for a while costs nothing but another check. Only
// good tokens come in, so forgeries can't push them out. Belongs to one shard.
class VerifiedTokens {
public:
    explicit VerifiedTokens(std::size_t tokens_max) : generation_max_(tokens_max / 2) {}

    // Null where the token is not remembered. Valid until the next call.
    [[nodiscard]] Verified const* find(std::string const& digest);
    void remember(std::string digest, Verified login);
    [[nodiscard]] std::size_t size() const { return young_.size() + old_.size(); }

private:
    using Generation = std::unordered_map<std::string, Verified>;

    void make_room();

    std::size_t generation_max_;
    Generation young_;
    Generation old_;
};

}  // namespace gatehouse::identity
