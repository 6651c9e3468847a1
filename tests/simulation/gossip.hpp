// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan.hpp"
#include "rooms/rules.hpp"

#include <memory>
#include <utility>
#include <variant>

namespace gatehouse::simulation {

// Any game, with the planted bugs of what it tells beside its views: Bug::tells_neighbours and
// Bug::repeats_news.
class GossipPlay final : public rooms::Play {
public:
    GossipPlay(std::unique_ptr<Play> play, Bug bug)
        : play_(std::move(play))
        , bug_(bug)
    { }

    bool is_open() const override { return play_->is_open(); }
    void decide(rooms::Question const& question, rooms::Context const& context,
        std::move_only_function<void(rooms::Verdict)> answer) override
    {
        auto asked = question;
        auto* const query = std::get_if<rooms::SeatQuery>(&asked);
        if (query && query->seat != rooms::spectator && bug_ == Bug::tells_neighbours)
            query->seat = (query->seat + 1) % static_cast<int>(context.seats.size());
        play_->decide(asked, context, std::move(answer));
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
        std::span<rooms::Seat const> audiences, Tell const& tell) const override
    {
        for (int i = 0; i < (bug_ == Bug::repeats_news ? 2 : 1); i++)
            play_->news(type, schema, data, audiences, tell);
    }
    void show(rooms::Seat audience, json::Writer& out) override { play_->show(audience, out); }
    bool update(rooms::Seat audience, json::Writer& out) override
    {
        return play_->update(audience, out);
    }
    void forget(rooms::Seat audience) override { play_->forget(audience); }
    std::optional<rooms::BotAction> bot(rooms::Seat seat, rooms::Rng& rng) const override
    {
        return play_->bot(seat, rng);
    }
    std::optional<std::string> unfair(std::string_view type, std::uint16_t schema,
        std::string_view data, rooms::Chance const& chance) const override
    {
        return play_->unfair(type, schema, data, chance);
    }
    std::vector<rooms::Standing> results() const override { return play_->results(); }
    void write_state(std::string& out) const override { play_->write_state(out); }

private:
    std::unique_ptr<Play> play_;
    Bug bug_;
};

class GossipRules final : public rooms::Rules {
public:
    GossipRules(std::unique_ptr<rooms::Rules> rules, Bug bug)
        : rules_(std::move(rules))
        , bug_(bug)
    { }

    rooms::About about() const override { return rules_->about(); }
    Result<std::string> read_options(json::Node options) const override
    {
        return rules_->read_options(options);
    }
    Result<std::unique_ptr<rooms::Play>> begin(std::string_view options) const override
    {
        return std::make_unique<GossipPlay>(GH_TRY(rules_->begin(options)), bug_);
    }
    Result<std::unique_ptr<rooms::Play>> resume(std::string_view state) const override
    {
        return std::make_unique<GossipPlay>(GH_TRY(rules_->resume(state)), bug_);
    }

private:
    std::unique_ptr<rooms::Rules> rules_;
    Bug bug_;
};

}  // namespace gatehouse::simulation
