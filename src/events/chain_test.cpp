// SPDX-License-Identifier: Apache-2.0
#include "events/chain.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <vector>

namespace gatehouse::events {
namespace {

std::string hex(Link const& link)
{
    return to_hex({reinterpret_cast<char const*>(link.data()), link.size()});
}

Event played()
{
    return {.version = 7,
        .type = "played",
        .schema = 2,
        .at = {1'790'000'000'123},
        .cause = {.actor = 3, .action = 41},
        .data = std::string("\xa1\x00\x01", 3)};
}

// Computed apart from this code, by Python's hashlib over the bytes that the header names.
TEST(Chain, gives_the_link_that_its_description_gives)
{
    auto const start = chain_start("k7qxm.9f0c2ab1");
    EXPECT_EQ(hex(start), "cd79040671af5bcf81803d0b75e8fde8");
    EXPECT_EQ(hex(chain_link(start, played())), "b94bfcd05b8ab217a922845bd152817b");
}

TEST(Chain, each_part_of_an_event_and_the_link_before_count)
{
    std::vector<std::function<void(Event&)>> const changes{[](Event&) { },
        [](Event& event) { event.version++; }, [](Event& event) { event.type = "playe"; },
        [](Event& event) { event.schema++; }, [](Event& event) { event.at.ms++; },
        [](Event& event) { event.cause.actor++; }, [](Event& event) { event.cause.action++; },
        [](Event& event) { event.data[2] ^= 1; }, [](Event& event) { event.data.pop_back(); },
        // A byte that moves from the type to the data.
        [](Event& event) {
            event.type = "play";
            event.data.insert(0, "ed");
        }};
    std::set<Link> links{chain_link(chain_start("b"), played())};
    for (auto const& change : changes) {
        auto event = played();
        change(event);
        EXPECT_TRUE(links.insert(chain_link(chain_start("a"), event)).second);
    }
}

TEST(Chain, the_link_that_an_event_carries_is_no_part_of_it)
{
    auto event = played();
    event.link = chain_start("anything");
    EXPECT_EQ(chain_link({}, event), chain_link({}, played()));
}

} // namespace
} // namespace gatehouse::events
