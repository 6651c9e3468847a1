// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "rooms/game.hpp"
#include "rooms/game_shape.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::rooms {

// A game behind a border that knows bytes only. `rules_of.hpp` puts a C++ game behind it; a decider
// in another process can stand behind it too, so `decide` may answer later.

struct GameEvent {
    std::string type;
    std::uint16_t schema = 1; // The layout of `data`: schemas.hpp.
    std::string data;         // CBOR.
};

struct Verdict {
    std::vector<GameEvent> events{};
    std::vector<TimerChange> timers{};
    std::optional<Refusal> refusal{};
    bool is_over = false;
    std::string reply{}; // To a query: JSON. Events and timers of such a verdict are passed over.
    // Instead of all that: nobody decided, and why. Whoever acts hears it as a refusal; what the
    // room asked by itself it asks again.
    std::optional<Error> undecided{};
};

struct SeatAction {
    Seat seat;
    std::string_view name;
    json::Node body;
};

struct TimerRang {
    std::string_view name;
};

// Changes nothing, and is answered from what the seat may see.
struct SeatQuery {
    Seat seat;
    std::string_view name;
    json::Node body;
};

// Asked by the room itself where Play::wants_prepare: nobody wants anything.
struct Prepare {};

using Question = std::variant<SeatAction, TimerRang, SeatQuery, Prepare>;

// A bot's wish, in the words of any player.
struct BotAction {
    std::string name;
    std::string body; // JSON.
};

// One running game: its state, and what each audience (a seat, or all spectators) was shown last.
class Play {
public:
    virtual ~Play() = default;

    [[nodiscard]] virtual bool is_open() const = 0;

    // Answers exactly once, at once or later on the same shard; what the question and the context
    // lend lives until this call returns. The room asks one question at a time and evolves nothing
    // meanwhile; what comes later than RoomOptions::decision_max it does not hear.
    virtual void decide(Question const& question, Context const& context,
        std::move_only_function<void(Verdict)> answer)
        = 0;

    // The state is not as the rules would have it where these sit: the room asks them to Prepare
    // before all else. After a verdict on that it is not wanted again until something changes.
    [[nodiscard]] virtual bool wants_prepare(std::span<Occupant const>) const { return false; }

    // Fails with `unavailable` where the game knows no such type or schema, `internal` where the
    // data is broken; the play is then as it was.
    virtual Result<void> evolve(std::string_view type, std::uint16_t schema, std::string_view data)
        = 0;

    // Of a game in fixed steps, how many there are in a second; 0: it takes none. Then the others
    // are not asked.
    [[nodiscard]] virtual int ticks_per_second() const { return 0; }
    [[nodiscard]] virtual bool is_ticking() const { return false; }
    virtual void tick() { }
    [[nodiscard]] virtual bool is_over() const { return false; }

    // What the event that was evolved last is to each of these audiences: `tell` gets {"e","d"} as
    // JSON for those to whom it is something.
    using Tell = std::function<void(Seat audience, std::string_view news)>;
    virtual void news(std::string_view, std::uint16_t, std::string_view, std::span<Seat const>,
        Tell const&) const
    { }

    // Writes the whole view of an audience, and remembers it as shown.
    virtual void show(Seat audience, json::Writer& out) = 0;
    // Writes the merge patch from what the audience was shown last, and remembers the rest. False,
    // and nothing written, where it sees no difference. The audience was shown something before.
    virtual bool update(Seat audience, json::Writer& out) = 0;
    virtual void forget(Seat audience) = 0;

    [[nodiscard]] virtual std::optional<BotAction> bot(Seat seat, Rng& rng) const = 0;
    [[nodiscard]] virtual std::optional<std::string> unfair(std::string_view type,
        std::uint16_t schema, std::string_view data, Chance const& chance) const
        = 0;

    // Of a game that is over.
    [[nodiscard]] virtual std::vector<Standing> results() const { return {}; }

    // The state as deterministic CBOR: equal states have equal bytes.
    virtual void write_state(std::string& out) const = 0;
};

// One kind of game, in one version. Immutable, shared by all shards.
class Rules {
public:
    virtual ~Rules() = default;
    [[nodiscard]] virtual About about() const = 0;
    // Empty where it is known elsewhere: to rules in another process.
    [[nodiscard]] virtual std::optional<GameShape> shape() const { return std::nullopt; }
    // Options as they come in POST /v1/rooms → as they are stored. Fails with bad_request.
    [[nodiscard]] virtual Result<std::string> read_options(json::Node options) const = 0;
    // Fails with `internal` where the stored options are broken.
    [[nodiscard]] virtual Result<std::unique_ptr<Play>> begin(std::string_view options) const = 0;
    // The play whose write_state() gave these bytes. Fails with `internal` where they cannot be
    // read.
    [[nodiscard]] virtual Result<std::unique_ptr<Play>> resume(std::string_view state) const = 0;

    // The older rules whose rooms these can take over, if they have that version among them.
    [[nodiscard]] virtual Rules const* before(int) const { return nullptr; }
    // From what a play of those older rules wrote to what one of these would resume from.
    [[nodiscard]] virtual Result<std::string> upgrade(int version, std::string_view state) const;
};

// The games that a server knows. Rules of several versions may stand side by side: a room is played
// by those that it began with as long as they are here, else by the newest that can take it over.
class Catalogue {
public:
    void add(std::unique_ptr<Rules> rules) { rules_.push_back(std::move(rules)); }
    // The newest rules, which new rooms begin with.
    [[nodiscard]] Rules const* find(std::string_view game) const;
    // The rules of just this version, to replay what they led to.
    [[nodiscard]] Rules const* find(std::string_view game, int version) const;
    // The rules that must take a room of this version over before it is played on. Null where there
    // are none, or none are needed.
    [[nodiscard]] Rules const* successor(std::string_view game, int version) const;
    // Why find() found nothing.
    [[nodiscard]] Error missing(std::string_view game, int version) const;
    // The newest rules of each game.
    [[nodiscard]] std::vector<Rules const*> all() const;

private:
    std::vector<std::unique_ptr<Rules>> rules_;
};

}  // namespace gatehouse::rooms
