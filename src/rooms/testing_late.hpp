// SPDX-License-Identifier: Apache-2.0
#pragma once

// Any game, behind a decider that answers later: for tests of this folder, and for the simulation.

#include "rooms/rules.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace gatehouse::rooms::testing {

// Lets the answer go when it likes, at once or later.
using Later = std::function<void(std::move_only_function<void()> answer)>;

class LatePlay : public Play {
public:
    LatePlay(std::unique_ptr<Play> play, Later const& later)
        : play_(std::move(play))
        , later_(later)
    { }

    bool is_open() const override { return play_->is_open(); }
    void decide(Question const& question, Context const& context,
        std::move_only_function<void(Verdict)> answer) override
    {
        play_->decide(question, context, [&](Verdict verdict) {
            later_([verdict = std::move(verdict), answer = std::move(answer)]() mutable {
                answer(std::move(verdict));
            });
        });
    }
    bool wants_prepare(std::span<Occupant const> seats) const override
    {
        return play_->wants_prepare(seats);
    }
    Result<void> evolve(std::string_view type, std::uint16_t schema, std::string_view data) override
    {
        return play_->evolve(type, schema, data);
    }
    int ticks_per_second() const override { return play_->ticks_per_second(); }
    bool is_ticking() const override { return play_->is_ticking(); }
    void tick() override { play_->tick(); }
    bool is_over() const override { return play_->is_over(); }
    void news(std::string_view type, std::uint16_t schema, std::string_view data,
        std::span<Seat const> audiences, Tell const& tell) const override
    {
        play_->news(type, schema, data, audiences, tell);
    }
    void show(Seat audience, json::Writer& out) override { play_->show(audience, out); }
    bool update(Seat audience, json::Writer& out) override { return play_->update(audience, out); }
    void forget(Seat audience) override { play_->forget(audience); }
    std::optional<BotAction> bot(Seat seat, Rng& rng) const override
    {
        return play_->bot(seat, rng);
    }
    std::optional<std::string> unfair(std::string_view type, std::uint16_t schema,
        std::string_view data, Chance const& chance) const override
    {
        return play_->unfair(type, schema, data, chance);
    }
    std::vector<Standing> results() const override { return play_->results(); }
    void write_state(std::string& out) const override { play_->write_state(out); }

private:
    std::unique_ptr<Play> play_;
    Later const& later_;
};

class LateRules final : public Rules {
public:
    LateRules(std::unique_ptr<Rules> rules, Later later)
        : rules_(std::move(rules))
        , later_(std::move(later))
    { }

    About about() const override { return rules_->about(); }
    Result<std::string> read_options(json::Node options) const override
    {
        return rules_->read_options(options);
    }
    Result<std::unique_ptr<Play>> begin(std::string_view options) const override
    {
        return std::make_unique<LatePlay>(GH_TRY(rules_->begin(options)), later_);
    }
    Result<std::unique_ptr<Play>> resume(std::string_view state) const override
    {
        return std::make_unique<LatePlay>(GH_TRY(rules_->resume(state)), later_);
    }

private:
    std::unique_ptr<Rules> rules_;
    Later later_;
};

}  // namespace gatehouse::rooms::testing
