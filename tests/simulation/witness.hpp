// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/chain.hpp"
#include "events/store.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::simulation {

// Stands beside the store and remembers what was given to it, whatever the store forgets: events
// whose first ones a repair had to leave to a snapshot, and keys of persons who were erased. Whom
// it serves believes an event only where the hash chain of what is kept leads back to it.
class Witness {
public:
    void see(events::StreamAppend const& append);

    // All up to the one whose link this is; none where one was never seen here.
    [[nodiscard]] std::optional<std::vector<events::Event>> events_up_to(
        std::string_view stream, events::Version version, events::Link link) const;
    // Those that came to the stream with events of this history.
    [[nodiscard]] std::vector<events::MemberKey> keys_of(std::string_view stream,
        std::span<events::Event const> history, std::string_view subject) const;
    // All of this person so far.
    [[nodiscard]] std::vector<std::string> keys_of(std::string_view subject) const;

private:
    // By version and link: of what was tried twice, one is in history.
    using Seen = std::map<std::pair<events::Version, events::Link>, events::Event>;

    std::map<std::string, Seen, std::less<>> events_;
    struct Key {
        events::MemberKey member;
        events::Version version; // Of the first event that it came with.
        events::Link link;
    };
    std::map<std::string, std::vector<Key>, std::less<>> keys_;
};

}  // namespace gatehouse::simulation
