// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace gatehouse::events {

inline constexpr std::size_t key_size = 32;          // Bytes of a key: AES-256.
inline constexpr std::size_t subject_size_max = 256; // Bytes of a principal's id.

// Who somebody is in one stream, and the key with which the stream's events seal what they say of
// them. It lies beside the events and never in them: without it they tell of an actor with a number
// and of nobody in particular, wherever they were copied.
struct MemberKey {
    std::string subject; // The principal's id.
    std::uint32_t actor = 0;
    std::string key; // `key_size` bytes.

    bool operator==(MemberKey const&) const = default;
};

// A key as the store keeps it. Stores number them from 1 in the order in which they came, with
// gaps; one that takes the place of another has a number of its own.
struct Membership {
    std::uint64_t number = 0;
    std::string stream;
    MemberKey member{};

    bool operator==(Membership const&) const = default;
};

} // namespace gatehouse::events
