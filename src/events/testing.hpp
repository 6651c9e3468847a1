// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"

#include <string>
#include <vector>

namespace gatehouse::events::testing {

// For tests: a store that can do nothing, at once. Theirs overrides what they ask for.
class UnableStore : public EventStore {
public:
    void append(std::vector<StreamAppend> batch, OnAppended done) override
    {
        done(std::vector<Result<Appended>>(batch.size(), unable()));
    }
    void read(std::string, Version, std::size_t, OnEvents done) override { done(unable()); }
    void hydrate(std::string, std::size_t, OnHistory done) override { done(unable()); }
    void keep(StreamSnapshot, OnKept done) override { done(unable()); }
    void heads(Slot, OnHeads done) override { done(unable()); }
    void find(std::string, OnHeads done) override { done(unable()); }
    void streams(std::string, std::size_t, OnHeads done) override { done(unable()); }
    void memberships(std::string, std::string, std::size_t, OnMemberships done) override
    {
        done(unable());
    }
    void forget(std::string, OnForgotten done) override { done(unable()); }
    void log(LogCursor, std::size_t, OnPage done) override { done(unable()); }

private:
    static std::unexpected<Error> unable()
    {
        return fail(ErrorCode::unsupported, "This store can do nothing.");
    }
};

} // namespace gatehouse::events::testing
