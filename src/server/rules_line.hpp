// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/timers.hpp"
#include "observe/metrics.hpp"
#include "remote/line.hpp"
#include "runtime/descriptor.hpp"
#include "runtime/reactor.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::server {

struct RulesLineOptions {
    std::string socket;             // A path.
    std::vector<std::string> games; // That the process has to decide.
    remote::LineOptions line{};
    Milliseconds pause_min{50}; // Before it is dialled again; doubles up to …
    Milliseconds pause_max{1'000};
};

// The socket of a shard's line to one rules process. While the process is away it is dialled after
// a pause that doubles, with jitter; what is asked meanwhile waits in the line, as long as that
// lets it. What a turn asks leaves at its end, in flush(); at most one frame is unsent, and the
// next is made when it has left. Belongs to the thread of its reactor.
class RulesLine final : runtime::Watcher {
public:
    // When the process has said hello, or is away: empty where it is there, else why it is not.
    // Told once for each reason, and when it says hello with other games that it does not know.
    using OnChange = std::function<void(std::string_view why)>;

    RulesLine(RulesLineOptions options, runtime::Reactor& reactor, Dice& dice);
    ~RulesLine();

    [[nodiscard]] remote::Line& line() { return line_; }
    [[nodiscard]] RulesLineOptions const& options() const { return options_; }
    [[nodiscard]] bool is_up() const { return line_.is_ready(); }
    // Games that a process which is there does not know.
    [[nodiscard]] std::vector<std::string> unknown() const;

    void on_change(OnChange hook) { on_change_ = std::move(hook); }
    // Whenever the process says hello: it may be another one, with other rules.
    void on_hello(std::function<void()> hook) { on_hello_ = std::move(hook); }
    // Counts what is asked from now on.
    void count_in(observe::Metrics& metrics);
    // At the end of a turn.
    void flush();

private:
    void ready(std::uint32_t tag, std::uint32_t events) override;
    void dial();
    void receive();
    void send();
    void note_hello();
    void note_life();
    void give_up(std::string const& why);
    void give_up_soon(std::string why);
    void set_alarm();

    RulesLineOptions options_;
    runtime::Reactor& reactor_;
    Dice& dice_;
    remote::Line line_;
    OnChange on_change_{};
    std::function<void()> on_hello_{};
    std::uint64_t hellos_ = 0;
    std::uint64_t answers_ = 0;
    std::optional<TimePoint> up_since_{}; // It said hello.
    std::vector<std::string> told_unknown_{};
    observe::Gauge* connections_ = nullptr;
    runtime::Descriptor socket_{};
    std::string unsent_{}; // Of one frame.
    bool waits_to_write_ = false;
    std::uint32_t failures_ = 0;          // In a row.
    std::optional<std::string> told_{};   // What on_change heard last.
    std::optional<std::string> broken_{}; // Found out in flush().
    std::optional<TimePoint> alarm_at_{};
    Timer alarm_;
    Timer dial_again_;
    Timer give_up_;
};

}  // namespace gatehouse::server
