// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checker.hpp"
#include "dialler.hpp"
#include "http_calls.hpp"
#include "run.hpp"
#include "table.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::load {

struct RoomLoadOptions {
    Target target;
    Player const& player;
    std::string game_options = "{}";
    int rooms = 1;
    int seats = 4; // People in a room; bots take the other seats.
    int spectators = 0;
    int logins = 0;
    Duration think{};
    int repeat_one_in = 64;
    int drop_one_in = 0;
    int connections_per_second = 1'000;
    std::uint64_t games_max = ~std::uint64_t{0};
    Duration patience = std::chrono::seconds(60);
    std::uint64_t seed = 1;
    bool keeps_acks = true; // To compare them with history later.
};

// One thread's share of the load: logins, tables, and what they count. Tables begin at the pace
// that `connections_per_second` allows. Belongs to the reactor's thread, but for the results, which
// may be read once that thread has ended.
class RoomLoad : public Load {
public:
    RoomLoad(runtime::Reactor& reactor, RoomLoadOptions options);
    ~RoomLoad() override;

    // Fails where nothing could be begun.
    void begin(std::move_only_function<void(Result<void>)> on_done) override;
    void stop() override;
    [[nodiscard]] Stats take_stats() override;
    [[nodiscard]] Gauges gauges() const override;

    [[nodiscard]] std::vector<std::unique_ptr<RoomRecord>> const& records() const
    {
        return records_;
    }
    [[nodiscard]] Verdict& verdict() { return verdict_; }
    [[nodiscard]] std::vector<std::string> const& complaints() const { return complaints_; }

    // Tables that had to be given up before all their actions were answered and compared.
    [[nodiscard]] std::size_t unfinished() const { return unfinished_; }

    // For the tables.
    [[nodiscard]] RoomLoadOptions const& options() const { return options_; }
    [[nodiscard]] Dialler& dialler() { return dialler_; }
    [[nodiscard]] Stats& stats() { return stats_; }
    [[nodiscard]] Login const& login(int number) const;
    [[nodiscard]] std::uint64_t next_seed() { return chance_.next(); }
    [[nodiscard]] bool takes_a_game();
    void gives_a_game_back() { games_begun_--; }
    void open_room(std::move_only_function<void(Result<std::string>)> done);
    [[nodiscard]] RoomRecord& new_record(std::string room);
    void wants_a_look(Table& table);
    void complain(std::string words);
    void leaves_unfinished() { unfinished_++; }

private:
    void log_in();
    void take_login(Result<HttpCalls::Answer> const& answer);
    void begin_tables();
    void tick();
    void look();
    void finish(Result<void> how);
    [[nodiscard]] TimePoint now() const { return reactor_.now().steady; }

    RoomLoadOptions options_;
    runtime::Reactor& reactor_;
    Dialler dialler_;
    HttpCalls http_;
    Chance chance_;
    Stats stats_;
    json::Parser parser_;
    Verdict verdict_;
    std::vector<std::string> complaints_;
    std::size_t unfinished_ = 0;
    std::vector<std::unique_ptr<RoomRecord>> records_;
    std::vector<Login> logins_;
    std::optional<TimePoint> login_retry_at_;
    std::vector<std::unique_ptr<Table>> tables_;
    std::size_t tables_begun_ = 0;
    double connections_due_ = 0;
    std::uint64_t games_begun_ = 0;
    std::vector<Table*> to_look_at_;
    Timer look_;
    Timer tick_;
    TimePoint looked_at_{};
    TimePoint began_at_{};
    TimePoint stopped_at_{};
    bool is_stopping_ = false;
    std::move_only_function<void(Result<void>)> on_done_;
};

}  // namespace gatehouse::load
