// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "events/keys.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Some of a store's keys as one object: zstd over lines of JSON (docs/backup.md):
//
//     {"format":1,"ring":"00112233445566778899aabbccddeeff","generation":3,"after":120,
//      "last":122,"keys":2}
//     {"number":121,"stream":"k7qxm.9f0c2ab1","actor":1,"subject":"guest:7f3a","key":"…"}
//     {"sha256":"…"}
//
// All keys whose numbers come after `after`, up to `last`; the last line seals the others.
namespace gatehouse::storage::backup {

inline constexpr std::uint64_t key_part_format = 1;
inline constexpr std::size_t key_part_max = 16'384;          // Keys,
inline constexpr std::size_t key_part_lines_max = 32 << 20; // and bytes, unpacked.

struct KeyPartHeader {
    std::string ring; // 32 hexadecimal digits.
    std::uint64_t generation = 0;
    std::uint64_t after = 0;
    std::uint64_t last = 0;

    bool operator==(KeyPartHeader const&) const = default;
};

struct KeyPart {
    KeyPartHeader header{};
    std::vector<events::Membership> keys{};
};

[[nodiscard]] std::string write_key_part(
    KeyPartHeader const& header, std::span<events::Membership const> keys);

// Untrusted bytes: `unsupported` where a newer gatehouse wrote them, `internal` and what is wrong
// where they are damaged.
[[nodiscard]] Result<KeyPart> read_key_part(std::string_view bytes);

} // namespace gatehouse::storage::backup
