// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "events/event.hpp"
#include "storage/archive/compressed_lines.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// What packs and parts are made of: events that follow on each other, a line each, and a last line,
// {"sha256":"…","link":"…"}, that seals all before it.
namespace gatehouse::storage::archive {

inline constexpr std::size_t pack_lines_max = 256 << 20; // Bytes, unpacked.

// Is this the link of an event that follows `before`? Events that were stored before there were
// links have none; once one has a link, all that follow do.
[[nodiscard]] bool is_linked(
    std::string_view room, events::Link const& before, events::Event const& event);

// Where a history has come to.
class ChainEnd {
public:
    ChainEnd(std::string room, events::Version version, events::Link const& link)
        : room_(std::move(room))
        , version_(version)
        , link_(link)
    { }

    // What is wrong with it as the next event; nothing where it is the next one.
    [[nodiscard]] std::optional<std::string> follow(events::Event const& event);

    [[nodiscard]] events::Version version() const { return version_; }
    [[nodiscard]] events::Link const& link() const { return link_; }

private:
    std::string room_;
    events::Version version_;
    events::Link link_;
};

// Lines into a frame; holds them compressed.
class SealedWriter {
public:
    explicit SealedWriter(std::string room)
        : room_(std::move(room))
    { }

    // Takes the line out of `line`, which has no newline. `too_large` beyond pack_lines_max.
    [[nodiscard]] Result<void> add(std::string& line);
    // Once, at the end.
    [[nodiscard]] std::string finish(events::Link const& link);

private:
    std::string room_;
    LineWriter lines_;
    Sha256 hash_;
    std::size_t size_ = 0;
};

// Holds the lines of a frame against their seal.
class SealReader {
public:
    void add(std::string_view line);
    // The digest of all that was added, where this line says the same; else what is wrong with it.
    [[nodiscard]] Result<std::string> check(
        json::Parser& parser, std::string_view line, events::Link const& link);

private:
    Sha256 hash_;
};

[[nodiscard]] std::string hex_of(events::Link const& link);
[[nodiscard]] std::optional<events::Link> link_of(std::string_view hex);

} // namespace gatehouse::storage::archive
