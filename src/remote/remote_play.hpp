// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/document.hpp"
#include "remote/line.hpp"
#include "rooms/rules.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::remote {

// One room's game. It asks the line, turns what is answered into events that carry merge patches,
// and does all else from the document that those make: replay, views, bots and results need no
// process. A stored event is the word that the process gave it and {d, p} in CBOR: what it told,
// and its patch.
// It remembers which question left the process with the state that the room has, so that the state
// need not be sent again; and forgets that as soon as anything went otherwise.
class RemotePlay final : public rooms::Play {
public:
    // Of one event, as it is stored: beside it there is place for timers.
    static constexpr std::size_t event_size_max = 768 * 1024;

    // Neither is owned; both outlive it.
    RemotePlay(std::string const& game, Line& line, Document document);

    [[nodiscard]] bool is_open() const override { return document_.is_open(); }
    void decide(rooms::Question const& question, rooms::Context const& context,
        std::move_only_function<void(rooms::Verdict)> answer) override;
    [[nodiscard]] bool wants_prepare(std::span<rooms::Occupant const> seats) const override;
    Result<void> evolve(
        std::string_view type, std::uint16_t schema, std::string_view data) override;
    void show(rooms::Seat audience, json::Writer& out) override;
    bool update(rooms::Seat audience, json::Writer& out) override;
    void forget(rooms::Seat audience) override { shown_.erase(audience); }
    [[nodiscard]] std::optional<rooms::BotAction> bot(rooms::Seat seat, rooms::Rng&) const override
    {
        return document_.bot(seat);
    }
    // What chance led to stands in the document as the process wrote it; nobody else can say.
    [[nodiscard]] std::optional<std::string> unfair(
        std::string_view, std::uint16_t, std::string_view, rooms::Chance const&) const override
    {
        return std::nullopt;
    }
    [[nodiscard]] std::vector<rooms::Standing> results() const override
    {
        return document_.results();
    }
    void write_state(std::string& out) const override { document_.write(out); }

private:
    // What the rules were last asked to prepare for, and answered.
    struct Prepared {
        std::string tag;
        std::vector<rooms::Occupant> seats;
        std::optional<rooms::Refusal> refusal{};
    };
    // The process has this state once so many events more are evolved.
    struct Ahead {
        Held held;
        std::size_t events;
    };

    [[nodiscard]] std::optional<rooms::Verdict> answer_at_once(
        rooms::Question const& question) const;
    [[nodiscard]] rooms::Verdict hear(Result<Answer> answer);
    [[nodiscard]] rooms::Verdict accept(Answer answer);
    [[nodiscard]] std::string tag() const;

    std::string const& game_;
    Line& line_;
    Document document_;
    std::map<rooms::Seat, json::Tree> shown_{};
    std::optional<Held> held_{};
    std::optional<Ahead> ahead_{};
    std::optional<Prepared> prepared_{};
    // Answers find the play by it, if it is there and waits for just this one.
    std::shared_ptr<RemotePlay*> asked_{};
};

} // namespace gatehouse::remote
