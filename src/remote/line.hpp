// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "remote/answer.hpp"
#include "remote/question.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace gatehouse::remote {

// Of both sides: four bytes big-endian, and so many of JSON, an array of messages.
inline constexpr std::size_t frame_size_max = 1 << 20;

struct LineOptions {
    Milliseconds deadline{2'000}; // Below RoomOptions::decision_max, so that the room hears why.
    Milliseconds hello_max{5'000};
    std::size_t questions_max = 1'024; // Unanswered ones, else `busy`.
};

// One shard's way to one rules process, over one connection after the other. Each question is
// answered exactly once: by the process, in whatever order it likes, or by an error that says that
// nothing was decided. A question waits for a connection as long as its deadline lets it; one that
// is cut off after it was asked is asked once more, and not again, for it may be what the process
// dies of. That is safe: nothing is stored before there is an answer, and what the first answer
// would have been nobody ever learns.
// Bytes in, bytes out; belongs to one shard.
class Line {
public:
    using OnAnswer = std::move_only_function<void(Result<Answer>)>;

    // `now` is the instant of this turn; whoever drives the line sets it.
    Line(LineOptions const& options, Now const& now);

    // Answers at once, or later out of received(), ring() and disconnected(). Fails with `busy`,
    // `unavailable`, or `internal` where the process answered nonsense.
    void ask(Question question, OnAnswer then);
    // Of the rules that decide this game now. Empty where nobody does.
    [[nodiscard]] std::optional<std::string_view> tag(std::string_view game) const;
    [[nodiscard]] std::size_t questions() const { return pending_.size(); }
    // Hears of each answer how long it took, and of an error; before whoever asked does.
    using OnSettled = std::move_only_function<void(Duration took, std::optional<ErrorCode> error)>;
    void on_settled(OnSettled hook) { on_settled_ = std::move(hook); }

    // ---- The connection. What fails is its end: the process does not speak the protocol.
    void connected();
    // The process has said hello.
    [[nodiscard]] bool is_ready() const { return phase_ == Phase::ready; }
    // So often it did so, over all connections: its games and their tags may be others now.
    [[nodiscard]] std::uint64_t hellos() const { return hellos_; }
    // And so often it answered.
    [[nodiscard]] std::uint64_t answers() const { return answers_; }
    Result<void> received(std::string_view bytes);
    void disconnected();
    // Appends a frame of all that waits and fits in one. False where there is none: then all is
    // said. The next one is asked for when this one has left.
    bool write(std::string& out);

    [[nodiscard]] std::optional<TimePoint> alarm() const;
    // The alarm rang. A process that said nothing since it was asked, for as long as it has to
    // answer, hangs.
    Result<void> ring();

private:
    enum class Phase : std::uint8_t { away, connected, greeted, ready };
    struct Pending {
        Question question;
        OnAnswer then;
        TimePoint until;
        std::uint64_t asked_over = 0; // The last connection that it was written to.
        TimePoint asked_at{};         // Then,
        std::uint64_t heard = 0;      // when so much had been heard.
        int cuts = 0;                 // Connections that ended without an answer.
    };

    Result<void> take(json::Tree const& message);
    Result<void> take(Hello hello);
    Result<void> take(Reply reply);
    void settle(std::uint64_t number, Result<Answer> answer);
    [[nodiscard]] bool is_proof_of_silence(Pending const& late) const;
    void refuse(std::unexpected<Error> error, OnAnswer then);
    [[nodiscard]] bool is_held(Question const& question) const;

    LineOptions const& options_;
    Now const& now_;
    OnSettled on_settled_{};
    Phase phase_ = Phase::away;
    TimePoint hello_until_{};
    std::uint64_t connection_ = 0;
    std::uint64_t hellos_ = 0;
    std::uint64_t answers_ = 0;
    std::uint64_t heard_ = 0; // Bytes.
    std::uint64_t asked_ = 0;                   // The highest number so far; none is used twice.
    std::map<std::uint64_t, Pending> pending_{}; // Their deadlines rise as their numbers do.
    std::set<std::uint64_t> waiting_{};          // To be written.
    std::optional<Hello> hello_{};
    std::string received_{}; // Less than a frame.
};

}  // namespace gatehouse::remote
