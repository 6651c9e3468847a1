// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"
#include "identity/api_keys.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::node {

// The API keys of an installation, as the events of one stream tell them (decision 0050): each is a
// whole key as it was then, so the last one of an id counts. They are kept, backed up, restored and
// repaired as rooms are. Belongs to the shard that has the stream's slot.
//
// It reads the stream when it is first asked, and anew whenever it is unknown what was kept. Writes
// go one after the other. Bounds: `waiting_max` writes wait, `busy` beyond; `keys_max` keys are
// ever made, `unavailable` beyond.
class KeyRing {
public:
    static constexpr std::size_t keys_max = 20'000;
    static constexpr std::size_t waiting_max = 64;
    static constexpr std::size_t page = 500;

    using Keys = std::map<std::string, identity::ApiKey, std::less<>>; // By their ids.

    explicit KeyRing(events::EventStore& store)
        : store_(store)
    { }

    // All there are; valid within the call.
    using OnRead = std::move_only_function<void(Result<Keys const*>)>;
    void read(OnRead done);

    // As it is kept, durably.
    using OnKept = std::move_only_function<void(Result<identity::ApiKey>)>;
    void add(identity::ApiKey key, WallTime now, OnKept done);
    // One that is revoked stays so. Fails with not_found.
    void revoke(std::string id, WallTime now, OnKept done);

private:
    struct Write {
        std::optional<identity::ApiKey> key; // To add,
        std::string id;                      // or whose id to revoke.
        WallTime now;
        OnKept done;
    };

    void submit(Write write);
    void go_on();
    void read_page();
    [[nodiscard]] Result<void> take(events::Event const& event);
    void finish_reading(Result<void> const& how);
    void begin(Write write);
    void append(identity::ApiKey key, std::string_view type, Write write);

    events::EventStore& store_;
    Keys keys_{};
    events::Version version_ = 0; // Of the stream, as far as it was read.
    events::Link link_{};
    bool is_known_ = false;
    bool is_asking_ = false;
    std::vector<OnRead> readers_{};
    std::deque<Write> writes_{};
};

} // namespace gatehouse::node
