// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/testing/play.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"

#include <string>

namespace gatehouse::testing {

namespace testing_detail {

template <rooms::Game G>
class Determinism {
public:
    Determinism(Table<G> const&, PlayOptions<G> const&, Sha256& states) : states_(states) {}

    void see(Step<G> const& step, Report& report, auto const& find)
    {
        if (step.action
            && !is_equal(G::decide(step.before, step.seat, *step.action, step.context),
                step.decision))
            return find("decided again, it is decided otherwise");
        auto once = step.before;
        auto twice = step.before;
        for (auto const& event : step.decision.events) {
            auto const kept = testing::stored(event);
            auto const read = rooms::read_event<G>(kept.type, kept.schema, kept.data);
            if (!read)
                return find(std::string(kept.type) + " cannot be read again");
            G::evolve(once, event);
            G::evolve(twice, *read);
            report.compared++;
            if (sha256(testing::cbor_of(once)) != sha256(testing::cbor_of(twice)))
                return find("evolve of " + std::string(kept.type) + " leads elsewhere each time");
        }
        auto const bytes = testing::cbor_of(step.after);
        if (bytes != testing::cbor_of(once))
            return find("the same events lead to another state");
        states_.add(bytes);
    }

private:
    static bool is_equal(rooms::Decision<typename G::Event> const& a,
        rooms::Decision<typename G::Event> const& b)
    {
        auto const bytes = [](rooms::Decision<typename G::Event> const& decision) {
            std::string all = decision.refusal ? decision.refusal->message : "";
            for (auto const& event : decision.events)
                all += testing::stored(event).data;
            for (auto const& [name, after] : decision.timers)
                all += name + std::to_string(after ? after->count() : -1);
            return all + (decision.is_over ? "." : "");
        };
        return bytes(a) == bytes(b);
    }

    Sha256& states_;
};

}  // namespace testing_detail

// The same games twice: what is decided twice is decided alike, an event that is evolved twice
// (as it was decided, and as it was stored) leads to the same, and the states of the second run are
// those of the first. The report's fingerprint may be held against that of another machine.
template <rooms::Game G>
[[nodiscard]] Report determinism(PlayOptions<G> const& given = {})
{
    using Follower = testing_detail::Determinism<G>;
    Sha256 first;
    Sha256 second;
    auto report = testing_detail::play<Follower>(given, first);
    report.fingerprint = to_hex(first.digest());
    if (report && testing_detail::play<Follower>(given, second)
        && to_hex(second.digest()) != report.fingerprint)
        report.find("the same games, played again, lead to other states");
    return report;
}

}  // namespace gatehouse::testing
