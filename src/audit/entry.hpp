// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "events/event.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

// What operators had done, and what came of it. Entries are events of streams of their own, one a
// month (trail.hpp): nothing takes one back. They name no player: an id of a person is said by its
// SHA-256, so that who was erased is erased here too.
namespace gatehouse::audit {

// Where an entry stands: "audit.2026-11", 17.
struct Place {
    std::string stream;
    events::Version version = 0;

    bool operator==(Place const&) const = default;
};

// An order was given. It is durable before anything is done.
struct Asked {
    static constexpr std::string_view name = "audit.asked";
    std::string who{};   // As they say: an honest claim, and no proof.
    std::string from{};  // The address that it came from; "here": of the machine with the store.
    std::string what{};  // "room restore"
    std::string about{}; // "k7qxm.9f0c2ab1"
    std::string with{};  // {"version":412}
    static void fields(auto& self, auto&& field)
    {
        field("who", self.who);
        field("from", self.from);
        field("what", self.what);
        field("about", self.about);
        field("with", self.with);
    }
};

// What came of it. An order without one was cut off: by a crash, or because this could not be kept.
struct Ended {
    static constexpr std::string_view name = "audit.ended";
    std::string stream; // The place of the order.
    std::uint64_t version = 0;
    std::string outcome; // "done", or what was wrong.
    static void fields(auto& self, auto&& field)
    {
        field("stream", self.stream);
        field("version", self.version);
        field("outcome", self.outcome);
    }
};

// The first entry of a month: how the month before it ended.
struct Continued {
    static constexpr std::string_view name = "audit.continued";
    std::string stream;
    std::uint64_t version = 0;
    std::string link; // Hex.
    static void fields(auto& self, auto&& field)
    {
        field("stream", self.stream);
        field("version", self.version);
        field("link", self.link);
    }
};

using Entry = std::variant<Asked, Ended, Continued>;

// As it is stored: with type and data, and neither version nor link. What is too long is cut.
[[nodiscard]] events::Event encode(Entry entry);
// Fails with `internal` where it is none, and `unavailable` where a newer server wrote it.
[[nodiscard]] Result<Entry> decode(events::Event const& event);

// How an entry names a person.
[[nodiscard]] std::string digest_of(std::string_view subject);

} // namespace gatehouse::audit
