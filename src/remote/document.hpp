// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/tree.hpp"
#include "rooms/rules.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::remote {

// The state of a room whose rules are a process: one JSON object, made by that process alone and
// changed by its merge patches alone. A few of its members gatehouse reads as well, so that it can
// show, replay and list the room without asking anybody: docs/rules-protocol.md, "The state".
// All else it keeps and understands nothing of. What is missing or of another kind than the page
// says is as if nothing stood there.
class Document {
public:
    // As JSON. So a question with the state and what somebody wants fits in a frame, and what
    // operators have stored of it in one event.
    static constexpr std::size_t size_max = 256 * 1024;

    explicit Document(json::Tree object);
    // What write() wrote. Fails with `internal` where it cannot be read.
    [[nodiscard]] static Result<Document> read(std::string_view cbor);
    // Deterministic CBOR, members in the order of their keys: equal states have equal bytes.
    void write(std::string& out) const;

    void merge(json::Tree patch);
    // Fails with `too_large` where it would grow too big by these.
    [[nodiscard]] Result<void> has_place_for(std::span<json::Tree const> patches);
    // As it is now, whatever becomes of it later.
    [[nodiscard]] std::shared_ptr<json::Tree const> lend() const { return tree_; }

    // Of the rules that made it. Empty: none did yet.
    [[nodiscard]] std::optional<std::string_view> tag() const;
    // They made it for those who sit so.
    [[nodiscard]] bool is_for(std::span<rooms::Occupant const> seats) const;
    [[nodiscard]] bool is_open() const;
    // An object.
    [[nodiscard]] json::Tree view(rooms::Seat audience) const;
    [[nodiscard]] std::optional<rooms::BotAction> bot(rooms::Seat seat) const;
    [[nodiscard]] std::vector<rooms::Standing> results() const;

private:
    std::shared_ptr<json::Tree> tree_;
    std::size_t size_max_so_far_; // Of its text: never less than it is.
};

// A value as the store has it, and back, which gives each number its one text. Fails where there is
// none within 64 bits.
[[nodiscard]] std::string to_cbor(std::string_view json);
[[nodiscard]] Result<json::Tree> from_cbor(std::string_view cbor);

} // namespace gatehouse::remote
