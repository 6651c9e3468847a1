// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::rooms {

// Chance from a cipher stream: the same draws for the same key and stream number, for ever and on
// every machine (the standard library's distributions and shuffle differ between compilers).
// The stream is ChaCha20 (RFC 8439): 32-byte key, nonce = stream number, block counter from 0, read
// as little-endian 32-bit words.
class Rng {
public:
    Rng(std::string_view key, std::uint64_t stream);

    std::uint32_t next();
    // Uniform in [0, n), n > 0, by rejection: words below 2^32 mod n are thrown away; word mod n.
    std::uint32_t below(std::uint32_t n);
    // Fisher and Yates from the last element down: element i changes places with below(i + 1).
    template <typename Range>
    void shuffle(Range& range)
    {
        for (auto i = static_cast<std::uint32_t>(range.size()); i > 1; i--)
            std::swap(range[i - 1], range[below(i)]);
    }

private:
    void refill();

    std::string key_;
    std::uint64_t stream_;
    std::string block_;
    std::size_t used_ = 0;
    std::size_t blocks_ = 1;
};

// A room's chance: all of it hangs on one secret seed of 32 bytes, which is committed to (SHA-256)
// when the room opens and revealed when it ends, so that anybody can draw again and compare.
// A game numbers its draws and uses each stream once ("deal 1, deal 2, …").
class Chance {
public:
    explicit Chance(std::string seed) : seed_(std::move(seed)) {}

    [[nodiscard]] Rng stream(std::uint64_t number) const { return {seed_, number}; }

private:
    std::string seed_;
};

}  // namespace gatehouse::rooms
