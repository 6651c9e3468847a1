// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "events/keys.hpp"
#include "storage/archive/objects.hpp"
#include "storage/backup/key_part.hpp"
#include "storage/backup/names.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Where the keys of stores lie in a target:
//
//     keys/00112233445566778899aabbccddeeff/000000000003/
//         000000000000-000000000120-5feceb66ffc86f38.jsonl.zst
//         complete.json
//
// All keys of one store are a ring; a generation is all of it, in parts. Keys that were forgotten
// leave with the generation that has them.
namespace gatehouse::storage::backup {

inline constexpr std::uint64_t generation_format = 1;

// Without its marker, which is written when all keys of that moment are there, a generation does
// not exist. Parts may follow it.
struct Generation {
    std::string ring{};          // 32 hexadecimal digits.
    std::uint64_t number = 0;    // 1, 2, 3, …: the newest one counts.
    std::uint64_t forgotten = 0; // KeyRing::forgotten before it was begun.
    std::uint64_t last = 0;      // Up to here all keys were there when it was marked.
    WallTime at{};

    bool operator==(Generation const&) const = default;
};

struct KeyPartName {
    std::uint64_t after = 0;
    std::uint64_t last = 0;
    std::string digest; // 16 hexadecimal digits of the object's SHA-256.

    bool operator==(KeyPartName const&) const = default;
};

// What lies there of a ring, as its names tell: of a generation and of those after it.
struct Holdings {
    std::uint64_t last_number = 0;    // The highest that anything has, even what was broken off.
    std::uint64_t newest_marked = 0;  // 0: none of them exists.
    std::vector<KeyPartName> parts{}; // Of the generation, in the keys' order.
};

// Blocks as Objects do; belongs to one thread at a time.
class KeyCatalogue {
public:
    explicit KeyCatalogue(archive::Objects& objects)
        : objects_(objects)
    { }

    [[nodiscard]] Result<std::vector<std::string>> rings();
    // The newest generation that exists, if any.
    [[nodiscard]] Result<std::optional<Generation>> newest(std::string_view ring);
    // Without the parts of keys up to `after`.
    [[nodiscard]] Result<Holdings> holdings(
        std::string_view ring, std::uint64_t generation, std::uint64_t after);
    // In the order of their keys.
    [[nodiscard]] Result<std::vector<KeyPartName>> parts(Generation const& generation);

    // `internal` where it is damaged or missing.
    [[nodiscard]] Result<KeyPart> read(Generation const& generation, KeyPartName const& name);
    // Part by part; `damage` is told, with the object's name, of what cannot be had. Fails where
    // the target cannot be read, or the visitor fails.
    using OnKeys = std::function<Result<void>(std::span<events::Membership const>)>;
    using OnDamage = std::function<void(std::string what)>;
    [[nodiscard]] Result<void> read(
        Generation const& generation, OnKeys const& visit, OnDamage const& damage);

    // A part as it is to lie there.
    struct Packed {
        KeyPartName name;
        std::string bytes;
    };
    [[nodiscard]] static Packed pack(
        KeyPartHeader const& header, std::span<events::Membership const> keys);
    [[nodiscard]] Result<void> put(KeyPartHeader const& header, Packed const& part);
    [[nodiscard]] Result<void> mark(Generation const& generation);

    // Removes all of its ring but this one and the one of the number `spared`. Answers how many
    // objects. `between` runs after each.
    [[nodiscard]] Result<std::size_t> remove_others(
        Generation const& generation, std::uint64_t spared, Between const& between);
    // Removes the rings, but this one, to which nothing was marked since `horizon`; those without a
    // marker where as many objects lay there the time before, as `unmarked` remembers.
    using Unmarked = std::map<std::string, std::size_t>;
    [[nodiscard]] Result<std::size_t> prune(
        std::string_view ring, WallTime horizon, Unmarked& unmarked, Between const& between);

private:
    [[nodiscard]] Result<std::optional<KeyPart>> part(Generation const& generation,
        KeyPartName const& name, std::string const& object, OnDamage const& damage);

    archive::Objects& objects_;
};

} // namespace gatehouse::storage::backup
