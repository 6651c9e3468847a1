// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse {

// SHA-256 (FIPS 180-4): 32 bytes.
[[nodiscard]] std::string sha256(std::string_view bytes);

// The same over bytes that come piece by piece.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void add(std::string_view bytes);
    // Of all that was added; once, at the end.
    [[nodiscard]] std::string digest();

private:
    struct State;
    std::unique_ptr<State> state_;
};

// SHA-1: 20 bytes. Broken as a seal; only the WebSocket handshake asks for it (RFC 6455 §4.2.2).
[[nodiscard]] std::string sha1(std::string_view bytes);

// The first `size` bytes of the ChaCha20 key stream (RFC 8439 §2.4) for a 32-byte key, the 96-bit
// nonce `stream` (little-endian, upper four bytes zero) and block counter 0.
[[nodiscard]] std::string chacha20_stream(
    std::string_view key, std::uint64_t stream, std::size_t size);

// Takes the same time wherever the two differ. Unequal sizes are unequal at once.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace gatehouse
